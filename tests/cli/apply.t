#!/bin/sh
# scan --apply and --undo: what they say, what becomes of each kind of box, and
# what they leave alone.  tests/fault/apply.t kills them.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
body BULK /cards in bulk/
score BULK 8
body MILD /cheap data/
score MILD 6
body CODE /code is \d+/
score CODE 0.1
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo.telegram cut
category BULK promo.bulk
action promo.bulk hold
category MILD promo.mild
action promo.mild mark
category CODE keep.otp
endif
END
message() { # number, text
	printf 'From: a@b.example\nSubject: %s\n\nThe office moves next week.\n%s\nThat is all.\n' \
		"$1" "$2"
}
from='From a@b.example Mon Nov  2 10:11:12 2026'
mbox() {
	echo "$from"
	message 1 'Nothing.'
	printf '\n%s\n' "$from"
	message 2 'Ask [TG @shop88] for keys.'
	printf '\n%s\n' "$from"
	message 3 'We sell cards in bulk.'
	printf '\n%s\n' "$from"
	message 4 'There is cheap data.'
	echo
}
scan() {
	"$SIMSIFT" scan -q -C r -V v "$@"
}
third=$(message 3 'We sell cards in bulk.' | sha256sum | cut -d ' ' -f 1)
sums() {
	find "$@" -type f -exec sha256sum {} + | sort
}

# ---- what it says ----
mbox >box
cp box old
scan box >out 2>err
ok 'without --apply nothing changes' cmp box old
ok 'and no vault is made' test ! -e v
scan --apply box >out 2>err
is 'done: 0' $? 0
is 'no words' "$(cat err)" ''
is 'what was done is summed up' "$(tail -n 1 out)" '1 cut, 1 held'
is 'the rows say what was found' "$(grep -c -e ' cut$' -e ' hold$' -e ' mark$' \
	out)" 3
is 'cut, held, marked, clean' "$(grep '^Subject' box | tr '\n' ' ')" \
	'Subject: 1 Subject: 2 Subject: 4 '
is 'the field is on the cut one only' "$(grep -c '^X-Simsift:' box)" 1
is 'the token too' "$(grep -c '^X-Simsift-Token:' box)" 1
is 'the vault has both' "$("$SIMSIFT" list -C r -V v | grep -c -e ' cut ' \
	-e ' hold ')" 2
scan --apply box >out 2>err
is 'nothing more to do' "$(tail -n 1 out)" '0 cut, 0 held'
ok 'a cut message is restored by its token' sh -c "
	sed -n '/^X-Simsift:/,/^That/p' box |
	'$SIMSIFT' restore -C r -V v | grep -q 'TG @shop88'"

# ---- undo ----
scan --undo >out 2>err
is 'undo: 0' $? 0
is 'undo is summed up' "$(cat out err)" ''
ok 'the box is as it was' cmp box old
is 'what was held counts as released' "$("$SIMSIFT" list -C r -V v |
	grep ' hold ' | cut -c 1-9 | grep -c R)" 1
"$SIMSIFT" scan --undo -C r -V v >out 2>err
is 'nothing to undo: 1' $? 1
is 'that is said' "$(cat err)" 'simsift: nothing to undo'

# ---- rows ----
scan --apply --json --timing box >out 2>err
is 'sha256 of those acted on only' "$(grep -c '"sha256"' out)" 2
is 'it is the id in the vault' "$(sed -n 's/.*"action":"hold".*"sha256":"\([0-9a-f]*\)".*/\1/p' \
	out)" "$third"
scan --undo

# ---- --action ----
scan --apply --action hold box >out 2>err
is '--action hold' "$(tail -n 1 out)" '0 cut, 2 held'
scan --undo
ok 'and back' cmp box old
scan --apply --action cut box >out 2>err
is '--action cut: 0' $? 0
is '--action cut' "$(tail -n 1 out)" '1 cut, 0 held, 1 left as they are'
scan --undo
"$SIMSIFT" scan -C r -V v --apply --action cut box 2>&1 >/dev/null |
	grep -v ' MB/s$' >err
is 'what cannot be cut is named' "$(cut -d: -f 1-3 err)" \
	"simsift: box@$(grep -b '^From: ' old | sed -n '3s/:.*//p'): left as it is, it cannot be cut"
scan --undo
ok 'and back again' cmp box old
{
	echo "$from"
	message 5 'Your code is 123456. Ask [TG @shop88].'
	echo
} >otp
cp otp old.otp
scan --apply --action hold otp >out 2>err
ok 'what carries a code is never held' cmp otp old.otp

# ---- what is released stays ----
"$SIMSIFT" release -q -C r -V v --again --stdout "$third" >released
cp released old.released
scan --apply released >out 2>err
is 'a token of ours holds' "$(cat err; tail -n 1 out)" '0 cut, 0 held'
ok 'it is not touched' cmp released old.released

# ---- folders ----
folder() {
	mkdir -p "$1"
	i=1
	for text in 'Nothing.' 'Ask [TG @shop88] for keys.' \
		'We sell cards in bulk.'; do
		message $i "$text" >"$1/$i"
		touch -d @170000000$i "$1/$i"
		i=$((i + 1))
	done
}
folder mh
folder plain/deep
chmod 640 mh/2
: >mh/.mh_sequences
cp -a mh mh.old
cp -a plain plain.old
scan --apply mh plain >out 2>err
is 'MH and a plain folder' "$(tail -n 1 out)" '2 cut, 2 held'
is 'the same names' "$(cd mh && ls) $(cd plain/deep && ls)" '1
2 1
2'
is 'the same time and mode' "$(stat -c '%Y %a' mh/2)" '1700000002 640'
scan --undo mh
ok 'undo of one of them' diff -r mh mh.old
is 'with its times' "$(stat -c %Y mh/3)" 1700000003
is 'the other one stays as it is' "$(cd plain/deep && ls)" '1
2'
echo more >>plain/deep/2
scan --undo 2>err
is 'what changed since: 1' $? 1
is 'it is named' "$(cat err)" "simsift: $TMP/plain/deep/2: not brought back: it was changed since"
ok 'the held one is back all the same' cmp plain/deep/3 plain.old/deep/3
scan --undo nowhere 2>err
is 'a box that the run did not change: 1' $? 1

# ---- Maildir ----
mkdir -p md/cur md/new md/tmp
message 1 'Ask [TG @shop88] for keys.' >md/cur/1700000000.M1P1.host:2,FS
message 2 'We sell cards in bulk.' >md/new/1700000001.M1P1.host
message 3 'We sell cards in bulk, too.' >md/cur/1700000002.M1P1.host:2,S
sums md >before
scan --apply --move Quarantine md >out 2>err
is '--move' "$(tail -n 1 out)" '1 cut, 2 moved to Quarantine'
is 'the folder is a Maildir++ one, and flags stay' \
	"$(cd md/.Quarantine && find . -type f | sort)" \
	'./cur/1700000002.M1P1.host:2,S
./maildirfolder
./new/1700000001.M1P1.host'
is 'the vault has what was cut only' "$(sed -n 's/^move\t.*/move/p' v/undo |
	wc -l)" 2
is 'flags of the cut one' "$(find md/cur -name '*,S=*' | sed 's/.*://')" '2,FS'
mv "md/.Quarantine/new/1700000001.M1P1.host" \
	"md/.Quarantine/cur/1700000001.M1P1.host:2,S"
scan --undo 2>err
is 'undo: 0, flags may have changed' $?"$(cat err)" 0
is 'all are back' "$(cd md && find cur new -type f | sort)" \
	'cur/1700000000.M1P1.host:2,FS
cur/1700000001.M1P1.host:2,S
cur/1700000002.M1P1.host:2,S'
is 'byte for byte' "$(sums md/cur | cut -c 1-64)" "$(cut -c 1-64 before)"
scan --apply md >/dev/null
rm md/cur/*,S=*
scan --undo 2>err
is 'what was removed since is named: 1' $? 1
is 'in one line' "$(sed 's/.*: not/not/' err)" \
	'not brought back: it was removed since'
is 'and what was held is back' "$(find md/cur -type f | wc -l)" 2

# ---- an mbox whose messages came and went since ----
mbox >box
scan --apply box >/dev/null
{
	cat box
	printf '%s\n' "$from"
	message 9 'Late.'
	echo
} | sed '1,/^That/d' | sed 1d >box.new
cat box.new >box
scan --undo 2>err
is 'the neighbours moved' $? 0
is 'in their order all the same' "$(grep '^Subject' box | tr '\n' ' ')" \
	'Subject: 2 Subject: 3 Subject: 4 Subject: 9 '
ok 'and no field of ours' sh -c '! grep -q X-Simsift box'

# ---- one at a time; what waits ----
mbox >box
(
	flock 9
	scan --apply box 2>err
	echo $? >status
) 9<v/tmp
is 'another run is at work: 1' "$(cat status)" 1
ok 'that is said' grep -q 'another run of scan' err
: >.box.simsift-journal
"$SIMSIFT" scan -q -C r box >/dev/null 2>err
is 'a dry run over half a change: 1' $? 1
is 'it says so' "$(cat err)" \
	'simsift: box: a change of it is not finished: scan --apply does that'
ok 'and leaves it' test -e .box.simsift-journal
scan --apply box >/dev/null 2>err
is 'the next one removes what was not begun' "$?$(cat err; find . \
	-name '*.simsift-*')" 0
done_testing
