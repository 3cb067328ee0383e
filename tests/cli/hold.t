#!/bin/sh
# hold, restore, and what filter keeps: the original, bit for bit, or the
# message goes on its way.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1
unset XDG_DATA_HOME SENDER RECIPIENT

mkdir r any
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
sed 's/promo cut/promo hold/' r/own.cf >any/own.cf
printf 'meta ANY 1\nscore ANY 5\nifplugin Simsift\n%s\nendif\n' \
	'category ANY promo.any' >>any/own.cf
printf 'From: ann@news.example\nSubject: Moving\n\n%s\n' \
	'The office moves next week, ask [TG @shop88] for the keys.' >m
printf 'Subject: a\n\nThe office moves next week.\n' >clean

status() { # command...: its status; its words are in out and err
	"$@" >out 2>err
	echo $?
}
files() { # folder: how many files are in a vault
	find "$1" -type f ! -name secret 2>/dev/null | wc -l
}
said() { # pattern: standard error says so
	grep -q "$1" err && return
	sed 's/^/# said: /' err
	return 1
}
on_terminal() { # command...: standard error is one
	"$PTY" 2 "$@" >out 2>/dev/null
}

# ---- hold ----
is 'hold, clean: 1' "$(status "$SIMSIFT" hold -C any \
	-c 'score ANY 0' -V v <clean)" 1
ok 'no vault is made for it' test ! -e v
is 'hold, promotion that is cut by policy: 1' \
	"$(status "$SIMSIFT" hold -C r -V v <m)" 1
is 'hold: 0' "$(status "$SIMSIFT" hold -C any -V v <m)" 0
is 'it prints nothing' "$(cat out err)" ''
is 'one file' "$(files v)" 1
is 'the first one makes the secret' "$(stat -c '%s %a' v/secret)" '32 600'
cp v/secret secret
is 'again: 0' "$(status "$SIMSIFT" hold -C any -V v <m)" 0
is 'the same original is stored once' "$(files v)" 1
ok 'and the secret stays' cmp -s secret v/secret
chmod 644 v/secret
is 'a secret that is none: held all the same' \
	"$(status on_terminal "$SIMSIFT" hold -C any -V v <m)" 0
ok 'it is said' grep -q 'held, but what is released will have no token: v/sec' out
chmod 600 v/secret
is 'only we may read it' "$(find v -perm /077)" ''
is 'a folder is 700, a file 600' "$(find v -printf '%y%m\n' | sort -u)" \
	"$(printf 'd700\nf600')"
sha=$(sha256sum <m | cut -c 1-64)
ok 'the id is the sum' grep -q "^X-Simsift-Vault-Sha256: $sha" v/new/*
ok 'the rule, its place, what it found' grep -q \
	'^ TOKEN 5 any/own.cf:1 "\[TG @shop88\]"' v/new/*
ok 'the subject' grep -q '^X-Simsift-Vault-Subject: Moving$' v/new/*
is 'a mail program reads it' "$(python3 - v <<'END'
import mailbox, sys
m, = mailbox.Maildir(sys.argv[1])
print(m["Subject"], m["X-Simsift-Vault-Action"], m.get_payload(), end="")
END
)" 'Moving hold The office moves next week, ask [TG @shop88] for the keys.'
SENDER=s@x.example RECIPIENT=r@y.example "$SIMSIFT" hold -C any -V env <m
ok 'the envelope' grep -q '^X-Simsift-Vault-Envelope: <s@x.example> <r@y' \
	env/new/*
is 'hold, an argument: 75' "$(status "$SIMSIFT" hold -C any -V v x <m)" 75
is 'hold, an option of another command: 75' \
	"$(status "$SIMSIFT" hold -C any -V v --no-vault <m)" 75

# A new vault: each new folder's name is on disk, before the message is; then
# the secret.
if command -v strace >/dev/null; then
	strace -y -e trace=fsync,renameat -o trace \
		"$SIMSIFT" hold -C any -V made/here <m
	grep -o 'fsync([0-9]*<[^>]*' trace | sed "s|.*<$TMP||" >synced
	is 'what reaches the disk' "$(grep -v simsift- synced)" '
/made
/made/here
/made/here/new
/made/here'
fi

# What is old goes while the same message comes again: 0 means it is there.
cat >race.py <<'END'
import os, subprocess, sys, time
simsift, v = sys.argv[1], "race"
args = [simsift, "hold", "-C", "any", "-V", v]
purge = [simsift, "purge", "-C", "any", "-V", v, "--older-than", "30d", "--yes"]
lost = 0
for _ in range(60):
    with open("m", "rb") as m:
        subprocess.run(args, stdin=m, check=True)
    for d in "new", "cur":
        for f in os.listdir(f"{v}/{d}"):
            old = "%d.%s" % (time.time() - 40 * 86400, f.split(".", 1)[1])
            os.rename(f"{v}/{d}/{f}", f"{v}/{d}/{old}")
    with open("m", "rb") as m:
        h = subprocess.Popen(args, stdin=m)
    p = subprocess.Popen(purge, stdout=subprocess.DEVNULL)
    rc = h.wait()
    p.wait()
    lost += rc == 0 and not os.listdir(v + "/new") + os.listdir(v + "/cur")
print(lost)
END
is 'held while it is purged: never lost' "$(python3 race.py "$SIMSIFT")" 0

# ---- restore ----
"$SIMSIFT" restore -C any -V v "$sha" >out
ok 'restore, by the whole id' cmp out m
"$SIMSIFT" restore -C any -V v "$(echo "$sha" | cut -c 1-5)" >out
ok 'restore, by five digits' cmp out m
"$SIMSIFT" hold -C any -V v <clean
id=$(sha256sum <clean | cut -c 1-8)
"$SIMSIFT" restore -C any -V v "$id" "$sha" >out
cat clean m | cmp -s - out
is 'two of them, in order' $? 0
is 'unknown: 66' "$(status "$SIMSIFT" restore -C any -V v 0123456789)" 66
is 'nothing is printed' "$(cat out)" ''
ok 'it says so' said '0123456789: no such message'
is 'no id: 65' "$(status "$SIMSIFT" restore -C any -V v hello)" 65
is 'an unknown one beside a known one: 66' \
	"$(status "$SIMSIFT" restore -C any -V v 0123456789 "$sha")" 66
ok 'the known one is printed' cmp out m
is 'no vault: 66' "$(status "$SIMSIFT" restore -C any -V none 01234)" 66
ok 'it says where' said 'no vault at none'
is 'a terminal and no id: 64' \
	"$(status "$PTY" 0 "$SIMSIFT" restore -C any -V v)" 64
is 'a message without a token: 65' \
	"$(status "$SIMSIFT" restore -C any -V v <m)" 65
is 'nobody takes it: 74' "$("$SIMSIFT" restore -C any -V v "$sha" \
	>/dev/full 2>/dev/null; echo $?)" 74

# ---- filter keeps what it cuts ----
is 'cut: 0' "$(status "$SIMSIFT" filter -C r -V cut <m)" 0
cp out once
ok 'it is cut' grep -q 'action=cut' once
is 'the original is kept' "$(files cut)" 1
"$SIMSIFT" restore -C r -V cut <once >back
ok 'restore < cut message' cmp back m
"$SIMSIFT" filter -C r --no-vault -V none <m >out
ok '--no-vault: it is cut' grep -q 'action=cut' out
ok 'and nothing is kept' test ! -e none
is 'nor has it a token' "$(grep -c X-Simsift-Token out)" 0
"$SIMSIFT" filter -C any -V none <m >out
ok 'what is held in a pipe is marked' grep -q 'action=hold' out
ok 'and not kept' test ! -e none
"$SIMSIFT" filter -C r -V none <clean >out
ok 'clean mail makes no vault' test ! -e none

# An MTA that tries again writes another date: the second has the first's id.
(printf 'From a@x Mon Nov  2 10:11:12 2026\n' && cat m) >first
(printf 'From a@x Mon Nov  2 10:22:22 2026\n' && cat m) >second
"$SIMSIFT" filter -C r -V again <first >out1
"$SIMSIFT" filter -C r -V again <second >out2
is 'a second try: stored once' "$(files again)" 1
is 'a second try: the same field and token' "$(sed 1d out2)" "$(sed 1d out1)"
"$SIMSIFT" restore -C r -V again <out2 >back
ok 'a second try: the original of the first' cmp back first

# ---- where it is ----
"$SIMSIFT" filter -C r <m >out
is 'the usual place' "$(files "$HOME/.local/share/simsift/vault")" 1
XDG_DATA_HOME=$TMP/data "$SIMSIFT" filter -C r <m >out
is 'XDG_DATA_HOME' "$(files data/simsift/vault)" 1
"$SIMSIFT" filter -C r -c "vault $TMP/set" <m >out
is 'vault DIR' "$(files set)" 1
# shellcheck disable=SC2088 # simsift knows ~/
"$SIMSIFT" filter -C r -c 'vault ~/home set' <m >out
is 'vault ~/DIR' "$(files "$HOME/home set")" 1
"$SIMSIFT" filter -C r -c "vault $TMP/set2" -V opt <m >out
is '-V goes before it' "$(files opt) $(files set2)" '1 0'
ok 'the setting is listed' sh -c "'$SIMSIFT' rules list --settings -C r \
	-c 'vault /some/where' | grep -q '^vault .*/some/where'"
ok 'a relative setting is refused' sh -c "'$SIMSIFT' rules lint -C r \
	-c 'vault here' 2>&1 | grep -q 'with / or ~/'"

# ---- what can be wrong with it ----
# The cut becomes a mark, and the message goes on, whole.
refused() { # what pattern arguments...
	what=$1 pattern=$2
	shift 2
	"$SIMSIFT" filter -C r "$@" <m >out 2>err
	is "$what: filter 0" $? 0
	is "$what: marked" "$(grep -c 'action=mark' out)" 1
	sed '1,/id=/d' out >rest
	cmp rest m
	is "$what: whole" $? 0
	"$SIMSIFT" hold -C any "$@" <m >out 2>/dev/null
	is "$what: hold 75" $? 75
	on_terminal "$SIMSIFT" hold -C any "$@" <m
	grep -q "not held: .*$pattern" out || cat out
	is "$what: it says why" $? 0
	on_terminal "$SIMSIFT" filter -C r "$@" <m
	grep -q "cannot be kept: .*$pattern" out
	is "$what: so does filter" $? 0
}
: >file
refused 'a file' 'file is not a folder' -V file
refused 'below a file' 'file/v' -V file/v
mkdir open
chmod 777 open
refused 'open to others' 'others may write into the vault open' -V open
mkdir -p link other
ln -s ../other link/new
refused 'a linked folder' 'link/new is not a folder' -V link
is 'nothing in the other folder' "$(ls other)" ''
home=$HOME
HOME=
refused 'no home' 'HOME is not set'
HOME=$home
refused 'an empty name' 'is empty' -V ''
if [ "$(id -u)" = 0 ]; then
	mkdir their
	chown 12345 their
	refused "somebody else's" 'belongs to somebody else' -V their
fi
mkdir -p inner/new inner/cur inner/tmp
chmod 700 inner inner/*
chmod 770 inner/cur
refused 'a folder of it open to others' 'others may write into the vault inner/cur' \
	-V inner
if [ "$(id -u)" = 0 ]; then
	chmod 700 inner/cur
	chown 12345 inner/tmp
	refused "a folder of it somebody else's" 'inner/tmp belongs to' -V inner
fi
refused 'a folder that cannot be made' '/proc/vault' -V /proc/vault

# ---- files that are not as we made them ----
damage() { # what status pattern shell-command
	rm -rf d
	"$SIMSIFT" hold -C any -V d <m
	f=$(ls d/new/*)
	export f
	sh -c "$4"
	find d -printf '%p %s %i %T@\n' >before
	is "$1: $2" "$(status "$SIMSIFT" restore -C any -V d "$sha")" "$2"
	is "$1: nothing is printed" "$(cat out)" ''
	said "$3"
	is "$1: it says why" $? 0
	is "$1: nothing is touched" "$(find d -printf '%p %s %i %T@\n' |
		diff - before)" ''
	"$SIMSIFT" hold -C any -V d <m
	is "$1: then it is stored anew" \
		"$("$SIMSIFT" restore -C any -V d "$sha" 2>&1 | cmp - m)" ''
}
# shellcheck disable=SC2016 # $f is the inner shell's
{
	damage 'a bit' 65 'damaged' 'sed -i s/office/offise/ "$f"'
	damage 'cut short' 65 'damaged' 'truncate -s -3 "$f"'
	damage 'empty' 65 'damaged' ': >"$f"'
	damage 'something behind it' 65 'damaged' 'echo >>"$f"'
	damage 'its fields' 65 'damaged' 'sed -i 1s/^/x/ "$f"'
	damage 'a symbolic link' 65 'symbolic link' \
		'mv "$f" aside; ln -s "$PWD/aside" "$f"'
	damage 'a fifo' 65 'not a file' 'rm "$f"; mkfifo "$f"'
	[ "$(id -u)" != 0 ] ||
		damage "somebody else's" 65 'belongs to' 'chown 12345 "$f"'
}
rm -rf d aside
"$SIMSIFT" hold -C any -V d <m
for f in d/new/*; do
	mv "$f" "d/cur/${f##*/}:2,FRS"
done
"$SIMSIFT" restore -C any -V d "$sha" >out
ok 'read by a mail program' cmp out m
"$SIMSIFT" hold -C any -V d <m
is 'and still the same' "$(files d)" 1
: >d/new/hello
: >"d/cur/1.M1P1.host:2,S"
is 'files of others are no trouble' \
	"$(status "$SIMSIFT" restore -C any -V d "$sha")" 0
touch -d '2 days ago' d/tmp/simsift-old d/tmp/theirs
touch d/tmp/simsift-new
"$SIMSIFT" hold -C any -V d <clean
is 'old files in tmp are swept' "$(echo d/tmp/*)" \
	'd/tmp/simsift-new d/tmp/theirs'

# ---- nasty messages, there and back ----
cat >nasty.py <<'END'
import hashlib, random, subprocess, sys
simsift = sys.argv[1]
random.seed(3)
plain = [b"Subject: Roof garden\n\nThe tomatoes are ripe.\n",
    b"Subject: x\r\n\r\nTwo lines\r\nwith CRLF\r\n", b"", b"\n", b"\r\n", b"a",
    b"Subject: no end", b"\n\nbody after empty lines\n",
    b" begins with a fold\nSubject: x\n\nb\n", b"\tfold\r\n\r\n",
    b"no field at all, just words\n", b"Subject: NUL \0 here\n\n\0\0\0",
    b"\0", b"Subject: 8 bit \xff\xfe\n\n\x80\x81\n", b"A: b\r\rC: d\r\r\re",
    b"X-Simsift-Vault-Length: 10\nX-Simsift-Vault-Id: 1\n\nbody\n",
    b"X-Simsift: verdict=clean\nSubject: a\n\nb\n",
    b"Subject: lines\n\n" + b"y" * 100000, b"x" * 9000 + b"\n" + b": z",
    b"From: a\nFrom x\n\nb\n", b"Subject: a\n\nFrom here on\n\nFrom there\n"]
fromline = [b"From ann@x.example Mon Nov  2 10:11:12 2026\n",
    b"From x\r\n", b"From \n", b"From a%0Ab\xff\0\x1b c\n", b"From",
    b"From " + b"long" * 2000 + b"\n", b"From no end"]
all = plain + [f + p for f in fromline for p in plain]
for i in range(100):
    all.append(bytes(random.choice(b"a:\n\r \t\0\xffF") for _ in
               range(random.randrange(60))))
wrong = held = 0
for m in all:
    p = subprocess.run([simsift, "hold", "-C", "any", "-V", "nasty"], input=m)
    if m.startswith(b"From ") and b"\n" not in m:
        wrong += p.returncode != 75 # not judged: no place for our field
        continue
    r = subprocess.run([simsift, "restore", "-C", "any", "-V", "nasty",
                        hashlib.sha256(m).hexdigest()], capture_output=True)
    held += p.returncode == 0
    if p.returncode or r.returncode or r.stdout != m:
        wrong += 1
        print("#", p.returncode, r.returncode, m[:60], r.stdout[:60], r.stderr)
print("%d wrong, %s held" % (wrong, "enough" if held > 200 else held))
END
is 'nasty messages come back as they were' "$(python3 nasty.py "$SIMSIFT")" \
	'0 wrong, enough held'
# ---- a folder of somebody's own does not become a vault ----
mkdir own empty
echo text >own/notes
is 'a folder with files of its own: 75' \
	"$(status on_terminal "$SIMSIFT" hold -C any -V own <m)" 75
is 'it is as it was' "$(ls own)" notes
is 'filter passes the message: 0' \
	"$(status "$SIMSIFT" filter -C r -V own <m)" 0
is 'nothing is cut' "$(grep -c '\[TG @shop88\]' out)" 1
is 'it is as it was' "$(ls own)" notes
is 'an empty folder: 0' "$(status "$SIMSIFT" hold -C any -V empty <m)" 0
done_testing
