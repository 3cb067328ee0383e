#!/bin/sh
# show and diff: one message of the vault.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

s hold <mail.held
s filter <mail.cut >/dev/null
id=$(s list --held --json | sed 's/.*"short":"\([0-9a-f]*\)".*/\1/')
cut=$(s list --cut --json | sed 's/.*"short":"\([0-9a-f]*\)".*/\1/')
full=$(sha256sum <mail.held | cut -c1-64)

is 'show: 0' "$(status s show "$id")" 0
is 'reasons, then the text' "$(sed 's/^stored .*/stored T/' out)" "id       $full
stored T
from     \"Sales\" <sales@bulk.example>
subject  An offer
verdict  promo (promo.wholesale)
score    11.0/5.0
action   hold
   5.0 TOKEN  r/own.cf:1  «TG @eshop88»
   6.0 BULK  r/own.cf:3  «cards in bulk»

part 1/subject subject
An offer

part 1 text/plain
We have «cards in bulk», ask «TG @eshop88».
LPA:1\$******************* is yours. Your PIN is ****."
is 'no words' "$(cat err)" ''
is 'a longer prefix' "$(s show "$(echo "$full" | cut -c1-20)" | head -n 1)" \
	"id       $full"
is 'capitals' "$(s show "$(echo "$id" | tr a-f A-F)" | head -n 1)" \
	"id       $full"
e=$(printf '\033')
ok 'colours on a terminal' sh -c "'$PTY' 1 '$SIMSIFT' show $id -C r -V '$V' |
	grep -q '$e\\[31m«cards in bulk»'"
s show --raw "$id" >raw
ok '--raw: the bytes' cmp -s raw mail.held

# A text in another charset, an HTML part, an attachment: decoded.
cat >html <<'END'
From: b@x.example
Subject: =?utf-8?q?caf=C3=A9?=
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

END
printf '门卫 cards in bulk\n' | iconv -f UTF-8 -t GB18030 | base64 >>html
cat >>html <<'END'
--b
Content-Type: text/html

<p>We have <b>cards</b> in&#32;bulk.</p>
--b--
END
s hold <html
is 'held' $? 0
h=$(sha256sum <html | cut -c1-12)
s show "$h" | sed -n '/^part/,$p' >out
is 'decoded' "$(cat out)" 'part 1/subject subject
café

part 1.1 text/plain
门卫 «cards in bulk»

part 1.2 text/html
We have «cards in bulk».'

# Of a digest, the text, then each entry in which something was found.
cat >digest <<'END'
From: list@walkers.example
Subject: Walkers Digest, Vol 3, Issue 7

Today's Topics:

   1. Boots (Ann)
   2. Offer (Sales)

----------------------------------------------------------------------

Message: 1
From: Ann <ann@walkers.example>
Subject: Boots

My boots leak after two seasons. What do you do with yours?

------------------------------

Message: 2
From: Sales <sales@walkers.example>
Subject: Offer

We have cards in bulk.

------------------------------

End of Walkers Digest, Vol 3, Issue 7
*************************************
END
s filter <digest >/dev/null
s show "$(sha256sum <digest | cut -c1-12)" | sed -n '/^part 1#/,$p' >out
is 'an entry of a digest' "$(grep -A1 '^part 1#2 text' out)" \
	'part 1#2 text/plain
We have «cards in bulk».'
is 'no other entry' "$(grep -c 'boots leak' out)" 0

# Whatever the message does, the terminal is safe.
printf 'From: x@x.example\nSubject: a\033[31mb\n\ncards in bulk \033]0;x\007 \342\200\256 \377\n' \
	>evil
s hold <evil
is 'no controls' "$(s show "$(sha256sum <evil | cut -c1-12)" |
	LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177\377]')")" 0
printf 'From ann Sat Nov 28 10:00:00 2026\n' >mbox
cat mail.held >>mbox
sed 's/An offer/Other/' mbox >mbox2
s hold <mbox2
s show --raw "$(sha256sum <mbox2 | cut -c1-12)" >raw
ok '--raw: the From_ line too' cmp -s raw mbox2

# diff
is 'diff of an id: 0' "$(status s diff "$cut")" 0
is 'diff' "$(cat out)" 'part 1 text/plain
@@ line 2 @@
-Ask the porter for the keys and the boxes. Or ask TG @eshop88.
+Ask the porter for the keys and the boxes.'
is 'diff of a file' "$(s diff ./mail.cut)" "$(cat out)"
cp mail.held "$cut"
is 'an id that is a file is a file' "$(s diff "$cut")" \
	'promo, action hold: nothing is cut'
rm "$cut"
is 'explain of an id' "$(s explain "$cut" | head -n 1)" \
	'verdict  promo (promo.telegram)'

# What cannot be shown.
for c in show diff; do
	is "$c, unknown id: 66" "$(status s $c 0123456789ab)" 66
	ok "$c names it" grep -q '0123456789ab: no such message' err
	is "$c, no vault: 66" "$(status "$SIMSIFT" $c -C r -V none abcde)" 66
done
is 'show, no id at all: 65' "$(status s show nonsense)" 65
is 'diff, neither file nor id: 66' "$(status s diff nonsense)" 66
is 'show, ambiguous: 66' "$(status s show "$(
	i=0
	while :; do
		i=$((i + 1))
		h=$(printf 'm%s\n\n' $i | sha256sum | cut -c1)
		[ "$h" = "$(echo "$id" | cut -c1)" ] && break
	done
	printf 'm%s\n\n' $i | put age=0 >/dev/null
	echo "$id" | cut -c1)")" 66
ok 'both are named' grep -q "several ids begin so.*$id" err
for o in '' "$id $id" "--max 3 $id"; do
	# shellcheck disable=SC2086
	is "show $o: 64" "$(status s show $o)" 64
done

# Damage.
f=$(grep -l "Sha256: $full" "$V"/new/*)
cp "$f" keep
printf X | dd of="$f" bs=1 seek=$(($(wc -c <"$f") - 3)) conv=notrunc 2>/dev/null
for c in show 'show --raw' diff; do
	# shellcheck disable=SC2086
	is "$c, a changed byte: 65" "$(status s $c "$id")" 65
	is "$c prints nothing of it" "$(cat out)" ''
	ok "$c says why" grep -q "$id is damaged: its sum" err
done
: >"$f"
is 'empty: 65' "$(status s show "$id")" 65
rm "$f"
ln -s "$TMP/mail.held" "$f"
is 'a link: 65' "$(status s show "$id")" 65
ok 'it says so' grep -q 'is a symbolic link' err
ok 'it stays' test -L "$f"
rm "$f"
mkfifo "$f"
is 'a pipe: 65' "$(status s show "$id")" 65
is 'no id and no vault: 65' "$(status "$SIMSIFT" show zzz -C r -V none)" 65
ok 'it speaks of the id' grep -q 'zzz: no id' err
done_testing
