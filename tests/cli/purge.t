#!/bin/sh
# purge: what is old goes, and nothing else.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

DAY=86400
message() { # number age action
	printf 'From: a%s@x.example\n\nm%s\n' "$1" "$1" |
		put age="$2" action="$3" "subject=Message $1" >/dev/null
}
message 1 $((29 * DAY)) hold
message 2 $((30 * DAY - 60)) cut
message 3 $((30 * DAY + 60)) hold
message 4 $((31 * DAY)) cut
message 5 $((400 * DAY)) hold
cp mail.held "$V/cur/not-ours"
touch -d '400 days ago' "$V/cur/not-ours"
files >before

# A dry run, where nobody can be asked.
is 'dry: 0' "$(status s purge --older-than 30d </dev/null)" 0
is 'what would go' "$(grep -c 'Message [345]$' out)" 3
is 'nothing newer' "$(grep -c 'Message [12]$' out)" 0
is 'in one line' "$(grep -c '^3 messages (2 held, 1 cut), stored' out)" 1
is 'how to do it' "$(tail -n 1 out)" 'nothing was removed: --yes does it'
files >after
ok 'nothing was touched' cmp -s before after

# On a terminal it asks.
# shellcheck disable=SC2317 # called by status
ask() { # answer: pty with it as input
	python3 - "$1" "$SIMSIFT" purge --older-than 30d -C r -V "$V" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
out = b""
try: # it may be gone already
    os.write(fd, sys.argv[1].encode() + b"\n")
    while chunk := os.read(fd, 4096):
        out += chunk
except OSError:
    pass
print(out.decode().replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}
for no in n '' nonsense; do
	is "the answer '$no': 0" "$(status ask "$no")" 0
	ok 'it asked' grep -q 'Remove them for good? \[y/N\]' out
	files >after
	ok 'nothing was touched' cmp -s before after
done
is 'yes: 0' "$(status ask y)" 0
ok 'what was done' grep -q 'removed: 3$' out
is 'the old ones are gone' "$(s list 2>/dev/null | grep -o 'Message.*' | tr '\n' ' ')" \
	'Message 1 Message 2 '
ok "somebody else's file stays" test -f "$V/cur/not-ours"
is 'on a terminal with nothing to do: 0' "$(status ask y)" 0
is 'it says so' "$(grep -v '^y*$' out)" 'nothing is that old'

# Without a terminal.
message 6 $((31 * DAY)) hold
is '--yes: 0' "$(status s purge --older-than 30d --yes </dev/null)" 0
is 'its words' "$(sed 's/stored.*/T/' out)" '1 message (1 held, 0 cut), T
removed: 1'
is 'nothing to do: no words' "$(s purge --older-than 30d --yes 2>&1)" ''
is '-q' "$(message 7 $((31 * DAY)) cut; s purge --older-than 30d --yes -q 2>&1)" ''
is 'and it is gone' "$(s list 2>/dev/null | wc -l)" 2

# The newest of them all, the future, damage.
message 8 $((-9 * DAY)) hold
s purge --older-than 0h --yes >/dev/null 2>&1
is 'what comes from the future stays' \
	"$(s list 2>/dev/null | grep -o 'Message.*')" 'Message 8'
message 9 $((31 * DAY)) hold
f=$(grep -l 'Message 9' "$V"/new/*)
: >"$f"
is 'a damaged file goes, too' "$(status s purge --older-than 30d --yes)" 0
ok 'it is gone' test ! -e "$f"
printf 'From: b@x.example\n\nb\n' | put age=$((31 * DAY)) many=30 >/dev/null
is 'many: 20 lines and a word' "$(s purge --older-than 30d 2>/dev/null |
	sed -n 21p)" '... and 10 more'

# What is no file of ours stays, whatever its name.
ours() { # name: of an old message
	printf '%s.%064d.%016d.hold' "$(($(date +%s) - 40 * DAY))" "$1" "$1"
}
message 10 $((31 * DAY)) hold
ln -s "$TMP/mail.held" "$V/new/$(ours 1)"
mkfifo "$V/cur/$(ours 2):2,S"
mkdir "$V/new/$(ours 3)"
theirs=3
if [ "$(id -u)" = 0 ]; then
	: >"$V/new/$(ours 4)"
	chown 12345 "$V/new/$(ours 4)"
	theirs=4
fi
is 'not ours: 65' "$(status s purge --older-than 35d --yes)" 65
is 'it says so' "$(grep -c 'no file of ours: left alone' err)" "$theirs"
is 'it stays' "$(find "$V" -name '*.0000*' | wc -l)" "$theirs"
rm -rf "$V"/*/*.0000*

# No vault: a timer does not complain; who names one does.
is 'no vault yet: 0' "$(status "$SIMSIFT" purge --older-than 30d --yes \
	-C r)" 0
is 'no words' "$(cat out err)" ''
is 'no vault of that name: 66' \
	"$(status "$SIMSIFT" purge --older-than 30d -C r -V none)" 66

for o in '' '--older-than' '--older-than 30' '--older-than x' \
	'--older-than -1d' '--older-than 3m --yes' '--older-than 90s --yes' '--older-than 30d abcde' '--since 2d --older-than 3d'; do
	# shellcheck disable=SC2086
	is "purge $o: 64" "$(status s purge $o)" 64
done
# Who types 3m means months.
message 10 $((2 * DAY)) hold
status s purge --older-than 3m --yes >/dev/null
ok 'minutes: it says so' grep -q '3m: .*(m is minutes: write 90d)' err
ok 'nothing was removed' grep -q 'Message 10' "$V"/new/*
is 'weeks' "$(status s purge --older-than 1w)" 0
done_testing
