#!/bin/sh
# diff: of each text what goes, as a reader sees it.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /TG @shop88/
score TOKEN 5
body BULK /cards in bulk/
score BULK 6
ifplugin Simsift
category TOKEN promo.telegram
category BULK promo.wholesale
action promo cut
action promo.wholesale hold
endif
END
cuts() { # unit message
	"$SIMSIFT" diff -C r -c "cut TOKEN $1" "$2"
}

cat >alternatives <<'END'
Subject: Moving day TG @shop88
Content-Type: multipart/alternative; boundary=b

--b

The office moves to the second floor next week.
The porter (TG @shop88) has the keys and the boxes.
Tea is at four, in the hall.
--b
Content-Type: text/html

<p>The office moves to the second floor next week.<br>
The porter (<b>TG&#32;@shop88</b>) has the keys and the boxes.</p>
<ul><li>Tea is at four, in the hall.</li></ul>
--b--
END
# The value of a field may begin with its blank.
is 'each text' "$(cuts clause alternatives | sed 's/^\([-+]\) /\1/')" 'part 1/subject subject
@@ line 1 @@
-Moving day TG @shop88
+Moving day
part 1.1 text/plain
@@ line 2 @@
-The porter (TG @shop88) has the keys and the boxes.
+The porter has the keys and the boxes.
part 1.2 text/html
@@ line 2 @@
-The porter (TG @shop88) has the keys and the boxes.
+The porter has the keys and the boxes.'

cat >plain <<'END'
Subject: Moving day

The office moves to the second floor next week.

- Ask the porter for the keys and the boxes.
- Cards of all countries are here,
  ask TG @shop88 for them.
- Tea is at four, in the hall.

The lift is out of order until the end of the month.
END
is 'an item: its lines have no + line' "$(cuts item plain)" \
	'part 1 text/plain
@@ line 4 @@
-- Cards of all countries are here,
@@ line 5 @@
-  ask TG @shop88 for them.'
is 'a sentence on two lines' "$(sed 's/^- Cards/- Well. Cards/' plain >two
	cuts sentence two)" 'part 1 text/plain
@@ line 4 @@
-- Well. Cards of all countries are here,
+- Well.
@@ line 5 @@
-  ask TG @shop88 for them.'

cat >base64 <<'END'
Subject: Moving day
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

END
{
	printf '办公室下周搬到二楼，请在星期四晚上之前收拾好桌子。\n'
	printf '门卫（TG @shop88）有钥匙。\n'
} | iconv -f UTF-8 -t GB18030 | base64 >text
cat text >>base64
is 'decoded' "$(cuts clause base64)" 'part 1 text/plain
@@ line 2 @@
-门卫（TG @shop88）有钥匙。
+门卫有钥匙。'

cat >digest <<'END'
Subject: Walkers Digest, Vol 3, Issue 7

Today's Topics:

   1. Boots (Ann)
   2. Phones (Max)
   3. Offer (Sales)


----------------------------------------------------------------------

Message: 1
From: Ann <ann@walkers.example>
Subject: Boots

My boots leak after two seasons. What do you do with yours?

------------------------------

Message: 2
From: Max <max@walkers.example>
Subject: Phones

For the tour in June you will want a phone that works. TG @shop88

------------------------------

Message: 3
From: Sales <sales@walkers.example>
Subject: Offer

We have cards in bulk.
Write to us.

------------------------------

End of Walkers Digest, Vol 3, Issue 7
*************************************
END
is 'entries' "$(cuts match digest)" 'part 1#2 text/plain
@@ line 1 @@
-For the tour in June you will want a phone that works. TG @shop88
+For the tour in June you will want a phone that works.
part 1#3 text/plain
@@ line 1 @@
-We have cards in bulk.
@@ line 2 @@
-Write to us.'

# why not
is 'refused' "$(sed 's/^The porter/> The porter/' alternatives |
	cuts match -)" "promo, action mark: nothing is cut: it stands in \
quoted text, code, a signature or footer, or a guarded passage"
is 'held' "$(printf '\nTG @shop88 sells cards.\n' | cuts line -)" \
	"promo, action hold: nothing is cut: too much of the text would go \
(cut_max_percent)"
done_testing
