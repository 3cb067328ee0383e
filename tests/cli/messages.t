#!/bin/sh
# What the program says when something is wrong: the thing, the place and the
# way out, in one line; tried as a new user would.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

unset XDG_DATA_HOME XDG_CONFIG_HOME
echo '# no rule' >r/empty.cf
s hold <mail.held
s filter <mail.cut >cut.eml
id=$(s list --held --json | sed 's/.*"short":"\([0-9a-f]*\)".*/\1/')
printf 'LIST' >list.mbox
mkdir Maildir Maildir/cur Maildir/new Maildir/tmp
mkdir bad odd odd/own.cf
printf 'body A /(/\nscore A\n' >bad/own.cf

# Exit status, what its last line says, and the words of the command line: the
# line begins with the program's name, and holds no character that a terminal
# would obey.
says() { # STATUS TEXT arguments...
	want=$1 text=$2
	shift 2
	is "$*: $want" "$(status "$SIMSIFT" "$@" </dev/null)" "$want"
	is "$*: what is wrong, and the way out" "$(tail -n 1 err |
		grep -cF -e "$text")" 1
	is "$*: how it is said" "$(grep -cv '^simsift: [ -~]*$' err)" 0
}

# ---- words of the command line ----
says 64 'hepl: no such command; help? (see simsift --help)' hepl
says 64 'lst: no such command; list? (see simsift --help)' lst
says 64 'sieve: no such command (see simsift --help)' sieve
says 64 'nonsense: no such command (see simsift --help)' help nonsense
says 64 '--sinse: no such option; --since? (see simsift list --help)' \
	list --sinse 2d
says 64 '--jsn: no such option; --json? (see simsift list --help)' --jsn list
says 64 '-x: no such option (see simsift list --help)' list -x
says 64 '--json=1: this option takes no value (see' list --json=1
says 64 '-C: this option needs a value: -C DIR (see' explain -C
says 64 '--max: this option needs a value: --max N (see' list --max
says 64 '--raw: no option of list (see simsift list --help)' list --raw
says 64 'x: list takes no argument (see simsift list --help)' list x
says 64 'x: purge takes no argument (see' purge --older-than 30d x
says 64 'x: report takes no argument (see' report x
says 64 'x: doctor takes no argument (see' doctor x
says 64 '\x1b[31m: no such command' "$(printf '\033[31m')"
long=$(head -c 3000 /dev/zero | tr '\0' x)
says 64 ': no such command (see simsift --help)' "$long"

# ---- values of options ----
says 64 '--max -1: a whole number, as in 20; 0 shows all' list --max -1
says 64 'yesterday: a time is a number with s, m (minutes), h, d or w (weeks)' \
	list --since yesterday
says 64 '--type foo: this takes auto, mbox, maildir, mh, folder or file' \
	scan --type foo list.mbox
says 64 '-j 0: this takes a number from 1 to 256' scan -j 0 list.mbox
says 64 '--range 5: this takes OFFSET:LENGTH in bytes, as in 0:1000000' \
	scan --range 5 list.mbox
says 64 'purge needs --older-than, as in 30d' purge
says 64 '--older-than 30: a number with h, d or w (weeks) behind it' \
	purge --older-than 30
says 64 '(m is minutes: write 90d)' purge --older-than 3m
says 64 '--mail x y: not an address to send mail to: write ann@' \
	report --mail 'x y'
says 64 '--to x y: not an address to send mail to: write ann@' \
	release --to 'x y' "$id"
says 64 '--to, --maildir and --stdout: one of them' \
	release --to a@b.example --stdout "$id"
says 64 '--tree and --json: one of them' explain --tree --json mail.cut

# ---- what is to be looked at ----
says 64 'scan needs a mailbox, a file or a folder' scan
is 'scan, no such box: 66' "$(status "$SIMSIFT" scan -C r nowhere)" 66
ok 'it is named' grep -q '^simsift: nowhere: No such file or directory$' err
says 66 'nowhere: No such file or directory' explain -C r nowhere
says 66 'Maildir: cannot read the message: Is a directory (simsift scan Mail' \
	explain -C r Maildir
says 64 'one message at a time (scan reads many)' diff -C r mail.cut mail.held
says 64 'rules needs lint, test or list (see simsift rules --help)' rules
says 64 'rules lnt: no such command; lint, test or list' rules lnt
says 64 'own.cf: rules list takes no name' rules list own.cf

# ---- rules ----
says 75 'not judged: there are no rules' explain -C nowhere mail.cut
ok 'the folder, and what -C takes' grep -q \
	'^simsift: nowhere: no rules from there: No such.*-C names the folder' err
says 75 'not judged: there are no rules' explain -C mail.cut mail.cut
ok 'a file is no folder' grep -q '^simsift: mail.cut: .*Not a directory' err
says 75 'not judged: there are no rules' explain -C Maildir mail.cut
ok 'a folder without rules' grep -q \
	'^simsift: Maildir: no rule file (\*.cf) in this folder' err
says 75 'not judged: there are no rules' explain -C odd mail.cut
ok 'a folder that is called a rule file' grep -q \
	'^simsift: odd/own.cf: refused: it is not a regular file' err
says 0 '-c:1:1: unknown: boddy; body?' explain -C r -c 'boddy A /x/' mail.cut
says 0 'nothing is cut or held (simsift rules lint)' explain -C bad mail.cut
ok 'the line' grep -q '^simsift: bad/own.cf:2:[0-9]*: a score is missing' err
if [ "$(id -u)" != 0 ]; then
	cp -r r locked
	chmod 0 locked/own.cf
	says 0 'nothing is cut or held' explain -C locked mail.cut
	ok 'a rule file that cannot be read' grep -q \
		'^simsift: locked/own.cf: Permission denied' err
fi

# ---- the vault ----
says 64 'show needs one id (simsift list shows them)' show -V v -C r
says 64 'release needs an id (simsift list shows them)' release -V v -C r
says 64 'allow takes one id or address (simsift list shows both)' allow
for c in show release restore allow; do
	says 65 'zz: no id: the first digits of a SHA-256 sum, as simsift list' \
		$c -V v -C r zz
	says 66 'fffff: no such message in the vault v' $c -V v -C r fffff
	says 66 'there is no vault at nowhere: nothing was stored there yet (-V' \
		$c -V nowhere -C r fffff
done
says 65 '"": no id: the first digits' show -V v -C r ''
says 65 'no X-Simsift-Token in the message' restore -V v -C r
says 65 'the vault mail.cut is not a folder: move what is there away, or' \
	list -V mail.cut -C r
# shellcheck disable=SC2016 # no command
says 66 'r is no vault: it has no folder `tmp` (-V DIR names another one)' \
	list -V r -C r
chmod 770 v
says 65 'others may write into the vault v (mode 770): chmod 700 it' \
	list -V v -C r
chmod 700 v
# Two ids that begin with the same digit: of 17 messages two must.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
	printf 'From: a@b.example\nSubject: %s\n\nWe have cards in bulk.\n' $i |
		s hold
done
digit=$(s list --json | sed 's/.*"id":"\(.\).*/\1/' | sort | uniq -d | head -n 1)
says 66 "$digit: several ids begin so (" show -V v -C r "$digit"
says 66 'give more digits' restore -V v -C r "$digit"

# ---- sendmail ----
says 74 'sendmail /nowhere: No such file or directory' \
	release -V v -C r -c 'sendmail /nowhere' "$id"
says 74 'ended with status 75 (it could not take it now: try again later)' \
	release -V v -C r -c "sendmail $TMP/sendmail-fails" --to a@b.example "$id"
says 74 'nowhere: No such file or directory' \
	release -V v -C r --maildir nowhere "$id"
says 74 'v/cur is no Maildir (tmp and new in it)' \
	release -V v -C r --maildir v/cur "$id"

# ---- a terminal that is waited for ----
for c in filter check hold 'explain -' diff; do
	# shellcheck disable=SC2086
	"$PTY" 02 "$SIMSIFT" $c -C r -V v >out 2>err
	ok "$c: a message that is typed is waited for with a word" grep -q \
		'^simsift: reading a message from the terminal; Ctrl-D ends it' out
done
is 'restore waits for none: 64' "$("$PTY" 02 "$SIMSIFT" restore -V v -C r \
	>out 2>err; echo $?)" 64
ok 'restore says what it needs' grep -q \
	'^simsift: restore needs an id (simsift list shows them), or the' out

# ---- help ----
is 'help' "$("$SIMSIFT" help)" "$("$SIMSIFT" --help)"
for c in $("$SIMSIFT" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	is "help $c" "$("$SIMSIFT" help "$c" <mail.cut | head -n 1 |
		cut -d' ' -f1-3)" "usage: simsift $c"
	is "help $c: no line over 80, none with a blank at its end" \
		"$("$SIMSIFT" help "$c" | grep -e '.\{81\}' -e ' $')" ''
done
is 'list --help' "$("$SIMSIFT" list --help)" "$("$SIMSIFT" help list)"
is 'version' "$("$SIMSIFT" version)" "$("$SIMSIFT" --version)"
is 'no command: 64' "$(status "$SIMSIFT" </dev/null)" 64
is 'no command: usage' "$(head -n 1 err)" \
	'usage: simsift COMMAND [OPTION...] [ARGUMENT...]'

# ---- a full disk is said; a reader that goes away is not ----
{
	cat mail.held
	for i in 1 2 3 4 5 6 7 8 9; do cat "$TOP"/filters/*.cf; done
} >large
s hold <large
large=$(s list --max 1 --json | sed 's/.*"short":"\([0-9a-f]*\)".*/\1/')
cat >unread.sh <<'X'
# The exit status of a command whose output nobody reads.
{ sleep 0.1; "$@" 2>err; echo $? >rc; } | true
cat rc
X
while read -r c; do
	# shellcheck disable=SC2086
	"$SIMSIFT" $c -C r </dev/null >/dev/full 2>err
	is "$c, a full disk: 74" $? 74
	ok "$c, a full disk: said" grep -q '^simsift: cannot write .*No space' err
	[ "$c" = report ] && continue
	# shellcheck disable=SC2086
	is "$c, not read: 74" "$(sh unread.sh "$SIMSIFT" $c -C r)" 74
	is "$c, not read: nothing is said" "$(cat err)" ''
done <<X
restore -V v $large
show -V v $large
show -V v --raw $large
explain large
diff large
rules list -C $FILTERS
X
"$SIMSIFT" --help >/dev/full 2>err
is '--help, a full disk: 74' $? 74
ok '--help, a full disk: said' grep -q '^simsift: cannot write' err
done_testing
