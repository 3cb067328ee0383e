#!/bin/sh
# doctor: each trap is named with its file and line; a right set-up gives 0.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1

unset XDG_DATA_HOME
H=$TMP/h E=$TMP/etc
mkdir bin
for f in simsift simsift-700; do
	printf '#!/bin/sh\n' >bin/$f
done
chmod 755 bin/simsift
P=$TMP/bin/simsift
mkdir rules
printf 'body SHOP /shop1234/\n' >rules/own.cf

fresh() { # nothing is set up
	rm -rf "$H" "$E"
	mkdir -p "$H/sieve" "$E/dovecot/conf.d" "$E/postfix"
	chmod 755 "$H"
}

put() { # FILE: standard input, with @P for the program, and @H, @E, @B
	sed "s|@P|$P|g; s|@H|$H|g; s|@E|$E|g; s|@B|$TMP/bin|g" >"$1"
	chmod 600 "$1"
}

doctor() { # its status; what it printed is in out
	"$SIMSIFT" doctor -C rules --home "$H" --etc "$E" "$@" >out 2>err
	echo $?
}

# A right line, and what else stands in `out` is ok, too.
right() { # what TEXT
	is "$1: 0" "$(doctor)" 0
	ok "$1: said" grep -qF -e "$2" out
	is "$1: all is ok" "$(grep -v -e '^ok ' -e '^nothing to do' out)" ''
}

# Below the line with TEXT stands an indented one.
# shellcheck disable=SC2317 # called by ok
way_out() { # TEXT
	grep -F -A1 -e "$1" out | grep -q '^      [^ ]'
}

# A trap: the status, its line, and a way out below it.
trap_is() { # grade TEXT
	is "$2: 1" "$(doctor)" 1
	ok "$2" grep -qF -e "$(printf '%-4s  %s' "$1" "$2")" out
	ok "$2: the way out" way_out "$2"
	is "$2: nothing on standard error" "$(cat err)" ''
}

# ---- nobody calls it ----
fresh
trap_is warn 'no mail program was found that calls simsift'

# ---- procmail ----
procmail() { # standard input: the recipes, below what is right
	fresh
	{
		printf 'SHELL=/bin/sh\nTIMEOUT=30\n'
		cat
	} | put "$H/.procmailrc"
}
RC=$H/.procmailrc

procmail <<'X'
# A recipe as the manual has it.
:0HBr
* ? @P hold
/dev/null

:0fwr
| @P filter

:0e
{ EXITCODE=75
  HOST }

:0
* ^X-Simsift: .*action=hold
.Quarantine/
X
right 'procmail' "$RC:9: procmail calls $P filter"
ok 'procmail, hold' grep -qF "$RC:5: procmail calls $P hold" out
ok 'procmail, with :0e' sh -c '! grep -q ":0e" out'
procmail <<'X'
:0fw r
| /usr/bin/nice -n 5 \
  @P filter -c 'action promo mark'
X
right 'procmail, joined lines' "$RC:5: procmail calls $P filter"
ok 'without :0e it is said what happens' grep -qF \
	"ok    $RC:5: no recipe :0e behind it" out
procmail <<'X'
:0fw
| @P filter
X
trap_is warn "$RC:3: no flag r"
procmail <<'X'
:0fr
| @P filter
X
trap_is fail "$RC:3: no flag w"
procmail <<'X'
:0wr
| @P filter
X
trap_is fail "$RC:3: no flag f"
procmail <<'X'
:0fhwr
| @P filter
X
trap_is fail "$RC:3: flag h: simsift gets only the header"
procmail <<'X'
:0fwr:
| @P filter
X
trap_is warn "$RC:3: a lock file for a filter"
procmail <<'X'
:0fwr
| @P check
X
trap_is fail "$RC:4: simsift check in a pipe"
procmail <<'X'
:0HB
* ! ? @P check
.Inbox/
X
trap_is fail "$RC:4: * ! ? is also true"
procmail <<'X'
:0
* ? @P check
.Quarantine/
X
trap_is fail "$RC:3: without the flags HB"
procmail <<'X'
:0HB
* ? @P filter
.Quarantine/
X
trap_is fail "$RC:4: simsift filter in a condition"
procmail <<'X'
:0fwr
| simsift filter
X
trap_is warn "$RC:4: simsift: no whole path"
procmail <<'X'
:0fwr
| /nowhere/simsift filter
X
trap_is fail "$RC:4: /nowhere/simsift: No such file or directory"
procmail <<'X'
:0
* ^X-Simsift: .*action=hold
.Quarantine/

:0fwr
| @P filter
X
trap_is warn "$RC:4: a condition asks for X-Simsift before"
procmail <<'X'
:0
.Inbox/

:0fwr
| @P filter
X
trap_is fail "$RC:7: it is never called"
procmail <<'X'
:0
* ^List-Id:
{
  :0
  .Lists/
}
:0fwr
| @P filter
X
right 'procmail, a delivery in a block' "$RC:10: procmail calls"
for t in '3 fail TIMEOUT=3' '1000 warn TIMEOUT=1000'; do
	fresh
	# shellcheck disable=SC2086
	set -- $t
	printf '%s\n:0fwr\n| @P filter\n' "$3" | put "$RC"
	trap_is "$2" "$RC:1: TIMEOUT is $1 s"
done
fresh
printf ':0fwr\n| @P filter\n' | put "$RC"
trap_is warn "$RC: no TIMEOUT"
procmail <<'X'
SHELL=/usr/bin/fish
:0fwr
| @P filter
X
trap_is warn "$RC:3: SHELL is /usr/bin/fish"
procmail <<'X'
:0fwr
| @P filter
X
chmod 664 "$RC"
trap_is fail "$RC: others may write into it"
chmod 600 "$RC"
chmod 777 "$H"
trap_is fail "$RC: others may write into $H"

# What it includes, and what includes itself.
procmail <<'X'
PMDIR=$HOME/pm
INCLUDERC=$PMDIR/a.rc
X
mkdir "$H/pm"
printf 'INCLUDERC=@H/.procmailrc\n:0fw\n| @P filter\n' | put "$H/pm/a.rc"
trap_is warn "$H/pm/a.rc:2: no flag r"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "INCLUDERC=@H/pm/$((i + 1)).rc" | put "$H/pm/$i.rc"
done
procmail <<'X'
INCLUDERC=$HOME/pm/1.rc
X
mkdir "$H/pm"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "INCLUDERC=@H/pm/$((i + 1)).rc" | put "$H/pm/$i.rc"
done
trap_is warn "$H/pm/8.rc:1: INCLUDERC=$H/pm/9.rc is not followed"

fresh
printf 'SHELL=/bin/sh\nTIMEOUT=30\n:0fwr\n| @P filter\n' | put "$E/procmailrc"
trap_is fail "$E/procmailrc:4: /etc/procmailrc runs as root"
sed -i '1i DROPPRIVS=yes' "$E/procmailrc"
right 'DROPPRIVS' "$E/procmailrc:5: procmail calls"

# ---- the program ----
procmail <<'X'
:0fwr
| @P filter
X
chmod 700 bin/simsift
trap_is warn "$RC:4: $P: not every user may start it"
chmod 644 bin/simsift
trap_is fail "$RC:4: $P is no program"
chmod 755 bin/simsift

# ---- maildrop ----
M=$H/.mailfilter
fresh
put "$M" <<'X'
xfilter "@P filter"
if (/^X-Simsift:.*action=hold/)
{
	to "$HOME/Maildir/.Quarantine"
}
X
right 'maildrop' "$M:1: maildrop calls $P filter"
ok 'without an exception block it is said what happens' grep -qF \
	"ok    $M:1: no exception block round it" out
chmod 644 "$M"
trap_is fail "$M: others may read or write it"
fresh
printf 'exception {\n\txfilter "@P filter"\n}\n' | put "$M"
right 'maildrop, exception' "$M:2: maildrop calls"
ok 'with an exception block nothing is said of it' sh -c \
	'! grep -q "no exception block" out'
fresh
printf 'xfilter "@P check"\n' | put "$M"
trap_is fail "$M:1: xfilter with simsift check"
fresh
printf 'to "| @P filter"\n' | put "$M"
trap_is fail "$M:1: \`to\` delivers the mail to simsift"
fresh
printf 'if (/^X-Simsift:/)\n{\n}\nxfilter "@P filter"\n' | put "$M"
trap_is warn "$M:1: a condition asks for X-Simsift before"

# ---- fdm ----
F=$H/.fdm.conf
fresh
printf 'match pipe "@P check" returns (0,) action "q"\n' | put "$F"
right 'fdm' "$F:1: fdm calls $P check"
fresh
printf 'action "s" rewrite "@P filter"\n' | put "$F"
trap_is warn "$F:1: fdm loses a message whose rewrite fails"
fresh
printf 'match pipe "@P check" returns (1,) action "q"\n' | put "$F"
trap_is fail "$F:1: simsift check and hold say yes with 0"
fresh
printf 'match exec "@P filter" returns (0,) action "q"\n' | put "$F"
trap_is fail "$F:1: what simsift filter prints goes nowhere"

# ---- mutt ----
fresh
mkdir -p "$H/.config/neomutt"
N=$H/.config/neomutt/neomuttrc
printf 'set display_filter="simsift filter --no-vault"\n' | put "$N"
right 'neomutt' "$N:1: mutt calls simsift filter"
printf 'set display_filter="simsift filter"\n' | put "$H/.muttrc"
trap_is warn "$H/.muttrc:1: each message that is looked at is stored"
# shellcheck disable=SC2016
printf 'set pipe_decode\nmacro index E "<pipe-message>simsift explain"\n' |
	put "$H/.muttrc"
trap_is warn "$H/.muttrc:1: pipe_decode: simsift is not given the message"

# ---- Sieve and Dovecot ----
S=$H/.dovecot.sieve D=$E/dovecot/dovecot.conf L=$E/dovecot/conf.d/90-s.conf
sieve() { # standard input: a script, with a Dovecot that is right
	fresh
	put "$S"
	echo '# nothing' | put "$D"
	put "$L" <<'X'
protocol lmtp {
  mail_plugins = $mail_plugins sieve
}
plugin {
  sieve_plugins = sieve_extprograms
  sieve_extensions = +vnd.dovecot.filter +vnd.dovecot.execute +vnd.dovecot.pipe
  sieve_filter_bin_dir = @B
  sieve_execute_bin_dir = @B
  sieve_pipe_bin_dir = @B
  sieve_filter_exec_timeout = 30s
}
X
}

good='require ["vnd.dovecot.filter", "fileinto", "mailbox"];
redirect "a@b.example"; # filter "simsift";
/* pipe :try "simsift" */
filter "simsift" ["filter"];
if header :contains "X-Simsift" "action=hold" {
  fileinto :create "Quarantine";
}'
echo "$good" | sieve
right 'Sieve' "$S:4: Sieve calls simsift filter"
ok 'Dovecot' grep -q '^ok    Dovecot lets Sieve scripts call simsift (2 ' out
sieve <<'X'
require ["vnd.dovecot.execute", "fileinto", "mailbox"];
if execute :pipe :output "v" "simsift" ["check", "-q"] { discard; stop; }
X
right 'Sieve, execute' "$S:2: Sieve calls simsift check"
ln -s ../.dovecot.sieve "$H/sieve/active.sieve"
right 'a script with two names is read once' "$S:2: Sieve calls simsift check"
ok 'so it is' sh -c '! grep -q active.sieve out'
sieve <<'X'
require "vnd.dovecot.pipe";
pipe :try "simsift" ["hold"];
X
trap_is fail "$S:2: pipe :try: when simsift fails the mail is lost"
sieve <<'X'
require "vnd.dovecot.pipe";
pipe "simsift" ["filter"];
X
trap_is fail "$S:2: pipe gives the mail away"
sieve <<'X'
require "vnd.dovecot.execute";
if not execute :pipe "simsift" ["check"] { keep; }
X
trap_is fail "$S:2: not execute is also true"
sieve <<'X'
require "vnd.dovecot.execute";
execute :pipe "simsift" ["check"];
X
trap_is fail "$S:2: nothing follows from what execute says"
sieve <<'X'
require "vnd.dovecot.execute";
if execute "simsift" ["check"] { stop; }
X
trap_is fail "$S:2: execute without :pipe"
sieve <<'X'
require "vnd.dovecot.execute";
if execute :pipe "simsift" ["filter"] { stop; }
X
trap_is fail "$S:2: execute needs a command that answers by its status"
sieve <<'X'
require "vnd.dovecot.filter";
filter "simsift" ["check"];
X
trap_is fail "$S:2: the message becomes what simsift prints"
sieve <<'X'
require "vnd.dovecot.filter";
filter "simsift";
X
trap_is fail "$S:2: filter without an argument"
sieve <<'X'
require "vnd.dovecot.filter";
filter "/usr/local/bin/simsift" ["filter"];
X
trap_is fail "$S:2: Dovecot takes no path here"
sieve <<'X'
filter "simsift" ["filter"];
X
trap_is fail "$S:1: filter without require \"vnd.dovecot.filter\""
sieve <<'X'
require ["vnd.dovecot.filter", "fileinto"];
filter "simsift" ["filter"];
if header :contains "X-Simsift" "action=hold" { fileinto :create "Q"; }
X
trap_is fail "$S:3: :create without require \"mailbox\""
sieve <<'X'
require "vnd.dovecot.filter";
if header :contains "X-Simsift" "action=hold" { discard; }
filter "simsift" ["filter"];
X
trap_is warn "$S:2: a test asks for X-Simsift before"
sieve <<'X'
require "vnd.dovecot.filter";
filter "simsift" ["filter"];
redirect "a@b.example";
X
trap_is warn "$S:3: redirect behind the filter"

conf() { # s/…/…/: of Dovecot's configuration
	echo "$good" | sieve
	sed -i "$1" "$L"
}
conf 's/exec_timeout = 30s/exec_timeout = 5s/'
trap_is fail "$L:10: sieve_filter_exec_timeout is 5 s"
conf 's/exec_timeout = 30s/exec_timeout = 4000 msecs/'
trap_is fail "$L:10: sieve_filter_exec_timeout is 4 s"
conf 's/exec_timeout = 30s/exec_timeout = 1 min/'
right 'a minute' "$S:4: Sieve calls"
conf '/exec_timeout/d'
right 'the 10 seconds that are usual' "$S:4: Sieve calls"
conf 's/+vnd.dovecot.filter//'
trap_is fail "$S: the extension vnd.dovecot.filter is not enabled"
conf '/sieve_plugins/d'
trap_is fail "$S: Dovecot's plugin sieve_extprograms is not loaded"
conf '/mail_plugins/d'
trap_is fail "$S: Dovecot runs no Sieve scripts on delivery"
conf '/filter_bin_dir/d'
trap_is fail "$S: sieve_filter_bin_dir is not set"
conf 's|filter_bin_dir = .*|filter_bin_dir = /nowhere|'
trap_is fail "$L:7: there is no simsift in /nowhere"
ok 'with the command that links it' grep -qF \
	'ln -s /usr/local/bin/simsift /nowhere/simsift' out
conf ''
mv "$L" "$E/dovecot/mine.conf"
# Dovecot's own patterns are not followed twice.
printf '!include conf.d/*.conf\n!include mine.conf\n!include_try none\n' >"$D"
right 'Dovecot, !include' "$S:4: Sieve calls"

# ---- what we tell people to write ----
for f in "$TOP"/filters/examples/procmailrc.* "$TOP"/filters/examples/sieve.*; do
	case $f in
	*/procmailrc.*) to=$RC who=procmail ;;
	*) to=$S who=Sieve ;;
	esac
	[ -f "$f" ] || continue
	echo "$good" | sieve
	rm "$S"
	sed "s|/usr/local/bin/simsift|$P|" "$f" | put "$to"
	right "${f##*/}" ": $who calls"
done

# ---- Postfix ----
PM=$E/postfix/master.cf PC=$E/postfix/main.cf
postfix() { # sed script: what is wrong with it
	fresh
	put "$H/script" <<'X'
#!/bin/sh
set -e
@P filter <"$1" | /usr/sbin/sendmail -G -i "$@"
X
	put "$PM" <<'X'
# service
smtp      inet  n - y - - smtpd
    -o content_filter=simsift:
pickup    unix  n - y 60 1 pickup
uucp      unix  - n n - - pipe
    flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!sendmail
simsift   unix  - n n - 4 pipe
# the script hands it back
    flags=Rq user=filter null_sender=
    argv=@H/script -f ${sender} -- ${recipient}
X
	echo 'myhostname = a.example' | put "$PC"
	sed -i "$1" "$PM" "$H/script"
}
postfix ''
right 'Postfix' "$PM:7: Postfix calls simsift as a content filter"
postfix 's/ -G -i/ -i/'
trap_is warn "$H/script:3: sendmail without -G"
postfix 's/ -G -i/ -G/'
trap_is fail "$H/script:3: sendmail without -i"
postfix 's/flags=Rq/flags=R/'
trap_is warn "$PM:7: flags= without q"
postfix 's/flags=Rq/flags=FRq/'
trap_is warn "$PM:7: flags= with F"
postfix 's/null_sender=//'
trap_is warn "$PM:7: no empty null_sender="
postfix 's/user=filter/user=root/'
trap_is fail "$PM:7: user= is missing, root or postfix"
postfix 's|argv=.*/script.*|argv=@P filter|'
sed -i "s|@P|$P|" "$PM"
trap_is fail "$PM:7: nobody takes what simsift prints"
postfix ''
echo 'content_filter = simsift:dummy' >>"$PC"
trap_is fail "$PC:2: a loop"
sed -i '/^pickup/a\    -o content_filter=' "$PM"
right 'Postfix, pickup is exempt' "$PM:8: Postfix calls"
fresh
echo 'mailbox_command = @P filter' | put "$PC"
trap_is fail "$PC:1: mailbox_command delivers the mail to simsift"

# ---- what is no file, too large, or made to confuse ----
procmail <<'X'
:0fwr
| @P filter
X
mkfifo "$H/.mailfilter"
trap_is warn "$H/.mailfilter: not looked at: it is no file"
rm "$H/.mailfilter"
mkdir "$H/.fdm.conf"
trap_is warn "$H/.fdm.conf: not looked at: it is no file"
rmdir "$H/.fdm.conf"
head -c 1100000 /dev/zero >"$H/.muttrc"
trap_is warn "$H/.muttrc: not looked at: it is larger than 1 MB"
rm "$H/.muttrc"
ln -s /dev/zero "$H/.muttrc"
trap_is warn "$H/.muttrc: not looked at: it is no file"
rm "$H/.muttrc"
ln -s .muttrc "$H/.muttrc"
trap_is warn "$H/.muttrc: not looked at: Too many levels of symbolic links"
procmail <<'X'
:0fwr
| /nowhere/$(touch ran)`touch ran`/simsift filter
X
printf 'TIMEOUT=1\033[31m\n:0fwr\n| /\033x\007/simsift filter\n' >>"$RC"
trap_is fail "$RC:7: /\\x1bx\\x07/simsift: No such"
ok 'no control character is printed' sh -c \
	'! LC_ALL=C grep -q "[[:cntrl:]]" out'
ok 'nothing of it is run' test ! -e ran
procmail <<'X'
:0fwr
X
yes ':0fw
| @P filter' | head -n 2000 | put "$H/pm.rc"
printf 'INCLUDERC=@H/pm.rc\n' | put "$RC"
is 'a thousand findings: 1' "$(doctor)" 1
ok 'not all are shown' test "$(grep -c '^warn' out)" -le 200
ok 'but how many' grep -q '^1[0-9][0-9][0-9] things to do$' out

# ---- rules, settings, vault ----
procmail <<'X'
:0fwr
| @P filter
X
right 'rules' '1 rules in 1 files, no errors; a score of 5 is promotion'
is 'the shipped rules: 0' "$(doctor -C "$FILTERS")" 0
mkdir r
printf 'body A /(/\nbody B /b/\nscore B\n' >r/own.cf
is 'broken rules: 1' "$("$SIMSIFT" doctor -C r --home "$H" --etc "$E" >out 2>&1
	echo $?)" 1
ok 'the one that does not compile' grep -q '^fail  r/own.cf:1: A does not' out
ok 'and what that means' grep -q 'nothing is cut or held$' out
is 'no rules: 1' "$("$SIMSIFT" doctor -C nowhere --home "$H" --etc "$E" >out
	echo $?)" 1
ok 'it is said' grep -q '^fail  there are no rules' out
is 'a score of 0: 1' "$(doctor -c 'required_score 0')" 1
ok 'it is said that all is promotion' grep -q '^warn  required_score is 0' out
is 'a sendmail that is not there: 1' "$(doctor -c 'sendmail /nowhere')" 1
ok 'it is said that nothing can be sent' grep -q '^fail  the setting sendm' out
is 'a limit_time above TIMEOUT: 1' "$(doctor -c 'limit_time 60000')" 1
ok 'it is said that procmail is faster' grep -q 'TIMEOUT is 30 s, and simsift' out

right 'no vault yet' "$H/.local/share/simsift/vault: no vault yet"
is 'a vault: 0' "$(doctor -V v)" 0
mkdir -m 700 v v/tmp v/new v/cur
is 'an empty vault: 0' "$(doctor -V v)" 0
ok 'it is in order' grep -q '^ok    v: the vault is in order, with 0 mess' out
chmod 750 v
is 'others may look into it: 1' "$(doctor -V v)" 1
ok 'chmod 700' grep -q '^      chmod 700 v$' out
chmod 770 v
is 'others may write into it: 1' "$(doctor -V v)" 1
ok 'it is said, too' grep -q '^fail  others may write into the vault v' out
chmod 700 v
echo short >v/secret
is 'a secret that is none: 1' "$(doctor -V v)" 1
ok 'it is named' grep -q '^fail  v/secret: not a secret of 32 bytes' out
rm v/secret
echo >v/cur/stranger
is 'a file that is not ours: 1' "$(doctor -V v)" 1
ok 'it is counted' grep -q '^warn  v: 1 files in the vault' out
rm v/cur/stranger
: >v.file
is 'a file in its place: 1' "$(doctor -V v.file)" 1
if [ "$(id -u)" != 0 ]; then
	chmod 500 v/new
	is 'a folder that cannot be written: 1' "$(doctor -V v)" 1
	ok 'it is named' grep -q '^fail  v/new: the vault cannot be written' out
fi

# ---- walls ----
WITHOUT=$TOP/tests/fault/without.py
printf 'Subject: a\n\nThe office moves.\n' >m
for wall in landlock seccomp; do
	python3 "$WITHOUT" $wall "$SIMSIFT" doctor -C rules --home "$H" \
		--etc "$E" >out
	is "no $wall: 1" $? 1
	ok "no $wall: doctor says so" grep -qi "the kernel has no $wall" out
	python3 "$WITHOUT" $wall "$SIMSIFT" filter -C rules <m >got
	is "no $wall: filter works" "$? $(cmp got m)" '0 '
	ok "no $wall: filter says so" sh -c "'$PTY' 2 python3 '$WITHOUT' $wall \
		'$SIMSIFT' filter -v -C rules <m 2>/dev/null |
		grep -qi 'the kernel has no $wall'"
done
ok 'with them it says nothing' sh -c "! '$PTY' 2 '$SIMSIFT' filter -v \
	-C rules <m 2>/dev/null | grep -q kernel"

# A variable that doubles, or is long and named often, costs no time.
mkdir -p "$TMP/long/etc"
awk 'BEGIN { s = "x"; while (length(s) < 400000) s = s s
	print "A=" s; for (i = 0; i < 60000; i++) print "B=$A$A" }' \
	>"$TMP/long/.procmailrc"
chmod 600 "$TMP/long/.procmailrc"
ok 'long variables' test "$(timeout 20 "$SIMSIFT" doctor -C rules \
	--home "$TMP/long" --etc "$TMP/long/etc" >out 2>&1; echo $?)" != 124

# ---- usage, and a terminal ----
is 'an argument: 64' "$(doctor now)" 64
is 'a reader that goes away: 74, without a word' "$(
	{ doctor; } 2>err | : ; "$SIMSIFT" doctor 2>err >/dev/full; echo $?)" 74
"$PTY" 12 "$SIMSIFT" doctor -C rules --home "$H" --etc "$E" >out
ok 'in colour on a terminal' grep -q "$(printf '^\033')\[32mok" out
NO_COLOR=1 "$PTY" 12 "$SIMSIFT" doctor -C rules --home "$H" --etc "$E" >out
ok 'but not with NO_COLOR' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]\[" out'
done_testing
