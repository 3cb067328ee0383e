#!/bin/sh
# allow: a sender is always wanted from now on.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

OWN=$XDG_CONFIG_HOME/simsift/90_allow.cf
allow() { # what: with the user's own rules
	"$SIMSIFT" allow -V "$V" "$@"
}
block() {
	printf 'ifplugin Simsift\nwelcomelist_from %s\nendif\n' "$1"
}
intro='# Written by simsift allow.  Take a welcomelist_from line out, and mail from
# that address is judged again.'

# An address needs no vault.
is 'allow: 0' "$(status allow ann@news.example)" 0
is 'it says what it did, and how to undo it' "$(cat out)" \
	"mail with ann@news.example as its sender is let through from now on, whoever sent it
to undo: take that line out of $OWN"
is 'the line' "$(cat "$OWN")" "$intro
$(block ann@news.example)"
is 'its mode' "$(stat -c %a "$OWN")" 600
is 'the folder has nothing else' "$(ls -A "${OWN%/*}")" 90_allow.cf
is 'lint takes it' "$(status "$SIMSIFT" rules lint "$OWN")" 0

# It counts.  (The shipped rules may not be installed: -c ones are enough.)
judge() {
	"$SIMSIFT" check -v -c 'body BULK /cards in bulk/' -c 'score BULK 9' 2>/dev/null
}
is 'it counts' "$(sed 's/^From:.*/From: Ann <Ann@News.example>/' mail.held |
	judge | grep -o 'verdict=[a-z]*')" verdict=clean
is 'for nobody else' "$(judge <mail.held | grep -o 'verdict=[a-z]*')" \
	verdict=promo

# Again.
cp "$OWN" before
is 'again: 0' "$(status allow ANN@news.example)" 0
is 'it says so' "$(cat out)" "ANN@news.example is allowed already: $OWN"
ok 'nothing changed' cmp -s "$OWN" before

# By id.
s hold <mail.held
id=$(sha256sum <mail.held | cut -c1-5)
is 'by id: 0' "$(status allow "$id")" 0
is 'another line' "$(cat "$OWN")" "$(cat before)
$(block sales@bulk.example)"

# What the user wrote himself stays, whatever it is.
printf '# mine\nbody MY /x/' >"$OWN"
allow b@x.example >/dev/null
is 'an unfinished last line' "$(cat "$OWN")" "# mine
body MY /x/
$(block b@x.example)"

# Several writers at once.
rm "$OWN"
for i in 1 2 3 4 5 6 7 8 9; do
	allow "a$i@x.example" >/dev/null &
done
wait
is 'nine at once' "$(grep -c '^welcomelist_from a[1-9]@x.example$' "$OWN")" 9

# No other rule gets in, neither by hand nor from a stranger's From.
cp "$OWN" before
odd() { # address
	is "refused: 64" "$(status allow "$1")" 64
	ok 'nothing changed' cmp -s "$OWN" before
}
odd 'a@x.example
score BULK 0'
odd 'a@x.example b@y.example'
odd '*@x.example'
odd 'a?@x.example'
odd 'a@x.example#'
odd '@x.example'
odd 'a@'
odd 'a@example'
odd 'a@x..example'
odd '.a@x.example'
odd 'a@-x.example'
odd 'a@x.example\n'
odd '"a b"@x.example'
odd 'a@x.example@y.example'
odd 'a|b@x.example'
odd "a@$(printf 'x%.0s' 1 2 3 4 5 6 7 8 9)$(printf '.xxxxxxxxx%.0s' 1 2 3 4 5 6 7 8 \
	9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26)"
odd "näher@x.example"
from() { # From value: what allow says of such a message
	printf 'From: %s\nSubject: f\n\ncards in bulk\n' "$1" >f
	s hold <f
	status allow "$(sha256sum <f | cut -c1-12)"
}
for v in '"ann@good.example" <evil@x.example>' \
	'=?utf-8?q?=3Cann=40good.example=3E?= <evil@x.example>' \
	'a@x.example, b@x.example' '=?utf-8?q?a=40x.example=0Ascore_BULK_0?=' \
	'*@x.example' 'nobody' ''; do
	is 'a From of that kind: 65' "$(from "$v")" 65
	ok 'nothing changed' cmp -s "$OWN" before
	ok 'it says what to do' grep -q 'no single plain address' err
done
# One that is too long for the vault, cut in its address or before it.
long=$(printf 'x%.0s' $(seq 378))
for v in "$long <ann@good.example.evil.example>" \
	"ann@good.example $long <eve@evil.example>"; do
	is 'a From that is cut: 65' "$(from "$v")" 65
	ok 'nothing changed' cmp -s "$OWN" before
done
is 'a comment behind it does not matter' "$(from 'c@x.example (Carl)')" 0
is 'the address twice' "$(from '"d@x.example" <d@x.example>')" 0
is 'two lines more' "$(($(grep -c welcome "$OWN") - $(grep -c welcome before)))" 2

# Within a block it would count only where its condition holds.
for block in 'ifplugin Simsift' '  if (version >= 9)' \
	'ifplugin Other # mine
endif
ifplugin X'; do
	printf '%s\nbody MY /x/\n' "$block" >"$OWN"
	cp "$OWN" before
	is 'an open block: 74' "$(status allow e@x.example)" 74
	ok 'it says so' grep -q 'has no .endif.' err
	ok 'nothing changed' cmp -s "$OWN" before
done
printf 'if (1)\nelse\nendif\niffy\n#if\n' >"$OWN"
is 'a closed one: 0' "$(status allow e@x.example)" 0

# Files that are not ours to write.
rm "$OWN"
mkfifo "$OWN"
is 'a fifo: 74' "$(status timeout 5 "$SIMSIFT" allow e@x.example)" 74
rm "$OWN"
: >elsewhere
ln -s "$TMP/elsewhere" "$OWN"
is 'a link: 74' "$(status allow e@x.example)" 74
is 'it is not followed' "$(cat elsewhere)" ''
rm "$OWN"
mkdir "$OWN"
is 'a folder: 74' "$(status allow e@x.example)" 74
rmdir "$OWN"
if [ "$(id -u)" != 0 ]; then
	chmod 500 "${OWN%/*}"
	is 'a folder that may not be written: 74' "$(status allow e@x.example)" 74
	chmod 700 "${OWN%/*}"
fi
is 'no home: 74' "$(status env -u HOME -u XDG_CONFIG_HOME "$SIMSIFT" \
	allow e@x.example)" 74
is 'below HOME' "$(env -u XDG_CONFIG_HOME "$SIMSIFT" allow e@x.example |
	grep -c "$HOME/.config/simsift/90_allow.cf")" 1
is 'its folder is ours alone' "$(stat -c %a "$HOME/.config/simsift")" 700

is 'unknown id: 66' "$(status allow 0123456789ab)" 66
is 'no id: 65' "$(status allow nonsense)" 65
for o in '' 'a@x.example b@x.example' '--yes a@x.example'; do
	# shellcheck disable=SC2086
	is "allow $o: 64" "$(status allow $o)" 64
done
done_testing
