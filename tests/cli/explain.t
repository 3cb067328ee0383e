#!/bin/sh
# explain, diff, check -v: what they print, to the letter.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
# A comment
body TOKEN /\[TG @shop88\]/
describe TOKEN A token of the trade
score TOKEN 4.5
body __KEYS /keys/
header NEWS Subject =~ /^moving/i
score NEWS 1.25
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
cat >m <<'END'
From: ann@news.example
Subject: Moving day

The office moves to the second floor next week.
Ask the porter [TG @shop88] for the keys.
END
cat >clean <<'END'
From: ann@news.example
Subject: Next week

The office moves to the second floor.
END

cat >want <<'END'
verdict  promo (promo.telegram)
score    5.8 of 5.0
action   cut, 1 place, 11 of 73 characters of the text
   4.5 TOKEN  r/own.cf:2  promo.telegram  A token of the trade
   1.2 NEWS  r/own.cf:6

TOKEN  r/own.cf:2  body, part 1 text/plain, bytes 107-119
      The office moves to the second floor next week.
      Ask the porter [TG @shop88] for the keys.
                     ^^^^^^^^^^^^
                     ~~~~~~~~~~~~
      cut as match: 11 characters

__KEYS  r/own.cf:5  body, part 1 text/plain, bytes 128-132
      Ask the porter [TG @shop88] for the keys.
                                          ^^^^

cut out:
  1  [TG @shop88]
END
sed -i '/^      The office/d' want
"$SIMSIFT" explain -C r m | sed 's/ *$//' >got
is 'explain' "$(cat got)" "$(cat want)"
"$SIMSIFT" explain -C r <m | sed 's/ *$//' >got
is 'explain, from standard input' "$(cat got)" "$(cat want)"
is 'explain, clean' "$("$SIMSIFT" explain -C r clean)" 'verdict  clean
score    0.0 of 5.0
action   pass'
is 'explain exits 0 whatever it finds' \
	"$("$SIMSIFT" explain -C r clean >/dev/null; echo $?)" 0

# Carets stand under the match where characters are two columns wide.
cat >wide <<'END'
Subject: x
Content-Type: text/plain; charset=utf-8

办公室下周搬到二楼，请在星期四晚上之前收拾好桌子。
门卫［TG @shop88］有钥匙。
END
is 'carets under wide characters' "$("$SIMSIFT" explain -C r wide |
	grep -A 1 '^      门卫')" '      门卫［TG @shop88］有钥匙。
          ^^^^^^^^^^^^^^'

"$SIMSIFT" explain --json -C r m >json
ok 'explain --json is JSON' python3 -m json.tool json /dev/null
is 'explain --json is one line' "$(wc -l <json)" 1
is 'explain --json: its values' "$(python3 -c '
import json
d = json.load(open("json"))
h = d["hits"][0]
print(d["v"], d["verdict"], d["category"], d["action"], d["score"],
      d["required"], d["refusal"])
for r in d["rules"]:
    print(r["name"], r["score"], r["file"], r["line"])
for c in d["cuts"]:
    print(c["part"], c["offset"], c["length"])
print(h["rule"], h["file"], h["line"], h["part"], h["type"], h["offset"],
      h["length"], h["match"], h["disguised"], h["guarded"])
')" '1 promo promo.telegram cut 5.75 5 None
TOKEN 4.5 r/own.cf 2
NEWS 1.25 r/own.cf 6
1 107 13
TOKEN r/own.cf 2 1 text/plain 107 12 [TG @shop88] False False'

is 'explain --tree' "$("$SIMSIFT" explain --tree -C r m)" \
	'1        text/plain               as-is            header 0-44 body 44-134'

# How far a cut reaches: the unit, and what may not go.
mkdir u
cat >u/units.cf <<'END'
body TOKEN /TG @shop88/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
action promo cut
endif
END
cat >grown <<'END'
Subject: Moving day

The office moves to the second floor next week, says Ann from the desk.
Boxes are there (ask TG @shop88) for all. The porter has the keys to it.
END
grown() { # unit message: the lines under the match
	"$SIMSIFT" explain -C u -c "cut TOKEN $1" "$2" |
		sed -n '/^      .*^^/,/^$/{/^$/d;p;}'
}
is 'explain, match' "$(grown match grown)" \
	'                           ^^^^^^^^^^
                           ~~~~~~~~~~
      cut as match: 9 characters'
is 'explain, clause' "$(grown clause grown)" \
	'                           ^^^^^^^^^^
                      ~~~~~~~~~~~~~~~~
      cut as clause: 14 characters'
is 'explain, sentence' "$(grown sentence grown)" \
	'                           ^^^^^^^^^^
      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      cut as sentence: 34 characters'
is 'explain, more than the line: the line of ~ shows what is on this one' \
	"$(grown paragraph grown | sed 's/: .*//')" \
	'                           ^^^^^^^^^^
      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      cut as paragraph'
sed 's/^Boxes/> Boxes/' grown >quoted
is 'explain, what must not go' "$(grown match quoted | sed 1d)" \
	'                             ~~~~~~~~~~
      cut as match: 9 characters; it must not go'
is 'explain, a rule without a cut line' \
	"$("$SIMSIFT" explain -C u grown | grep -c 'cut as')" 0
is 'explain --json, the unit' "$("$SIMSIFT" explain --json -C u \
	-c 'cut TOKEN clause' quoted | python3 -c '
import json, sys
h = json.load(sys.stdin)["hits"][0]
print(h["unit"], h["refused"])')" 'clause True'

chars() { # message: characters of its body that are no blanks
	sed '1,/^$/d' "$1" | tr -d ' \n' | wc -m
}

# Why nothing is cut: each refusal that one message can show.
why() { # message line...: the words behind "not cut"
	m=$1
	shift
	for line; do set -- "$@" -c "$line"; shift; done
	"$SIMSIFT" explain -C u "$@" "$m" | sed -n 's/^action  *//p'
}
is 'quoted' "$(why quoted 'cut TOKEN match')" "mark; not cut: it stands in \
quoted text, code, a signature or footer, or a guarded passage"
is 'no cut line' "$(why grown)" \
	'mark; not cut: no rule says what to cut in visible text'
is 'too much' "$(why grown 'cut TOKEN paragraph')" \
	'hold; not cut: too much of the text would go (cut_max_percent)'
is 'too little left' "$(why grown 'cut TOKEN sentence' 'cut_max_percent 100' \
	'keep_min_percent 80')" \
	'hold; not cut: too little of the text would be left (keep_min_percent)'
is 'too much, marked' "$(why grown 'cut TOKEN paragraph' \
	'action refused.share mark')" \
	'mark; not cut: too much of the text would go (cut_max_percent)'
{ echo 'DKIM-Signature: v=1; d=news.example'; cat grown; } >dkim
is 'signed by DKIM' "$(why dkim 'cut TOKEN match' 'keep_dkim 1')" \
	'mark; not cut: it is signed by DKIM (keep_dkim)'
is 'signed by DKIM, cut all the same' "$(why dkim 'cut TOKEN match')" \
	"cut, 1 place, 9 of $(chars grown) characters of the text"
is 'left behind' "$(why grown 'cut TOKEN match' 'body B /porter/' 'score B 5')" \
	'mark; not cut: something of it would be left behind'
is 'rules are missing' "$(why grown 'cut TOKEN match' 'body B /(/' 2>/dev/null)" \
	'mark; not cut: rules are missing'
{ echo 'Content-Type: text/plain; charset=utf-7'; cat grown; printf '+2D0-\n'; } >half
is 'encoding' "$(why half 'cut TOKEN match')" \
	"mark; not cut: the part's encoding does not allow an exact cut"
cat >signed <<'END'
Content-Type: multipart/signed; boundary=b

--b

The office moves to the second floor next week, says Ann from the desk.
Boxes are there (ask TG @shop88) for all.
--b
Content-Type: application/pgp-signature

x
--b--
END
is 'signed' "$(why signed 'cut TOKEN match')" \
	'mark; not cut: the part is signed or encrypted'
sed '/^--b--$/a\
\
--b\
\
epilogue' signed | sed 's/signed; b/mixed; b/' >odd
is 'odd structure' "$(why odd 'cut TOKEN match')" "mark; not cut: its MIME \
structure is read differently by different programs"
cat >twin <<'END'
Content-Type: multipart/alternative; boundary=b

--b

The office moves to the second floor next week, says Ann from the desk.
Boxes are there: ask TG @shop88 for all.
--b
Content-Type: text/html

<p>The office moves to the second floor next week, says Ann from the desk.<br>
Boxes are there: ask <code>tg @shop88</code> for all.</p>
--b--
END
is 'one alternative cannot' "$(why twin 'cut TOKEN match')" "mark; not cut: \
another alternative shows it, too, and cannot be cut"
{
	printf 'Subject: s\n\n'
	for i in 1 2 3 4; do
		printf 'The porter of house %s with TG @shop88 is there.\n\n' $i
	done
} >woven
is 'woven' "$(why woven 'cut TOKEN match')" "hold; not cut: it is woven into \
most of the sentences (cut_max_sentences)"
is 'woven, and allowed' "$(why woven 'cut TOKEN match' \
	'cut_max_sentences 0' | sed 's/,.*//')" cut

# A digest: each entry by itself.
cat >>u/units.cf <<'END'
body BULK /cards in bulk/
score BULK 6
ifplugin Simsift
category BULK promo.wholesale
action promo.wholesale hold
END
echo endif >>u/units.cf
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

------------------------------

End of Walkers Digest, Vol 3, Issue 7
*************************************
END
"$SIMSIFT" explain -C u -c 'cut TOKEN match' digest >got
is 'explain, a digest' "$(grep -E '^(verdict|action|entry)' got)" \
	'verdict  promo (promo.wholesale)
action   cut, 2 places, 27 of '"$(chars digest)"' characters of the text
entry    1, part 1#1: clean, score 0.0, action pass
entry    2, part 1#2: promo (promo.telegram), score 5.0, action cut
entry    3, part 1#3: promo (promo.wholesale), score 6.0, action hold'
is 'explain, a digest: hits in entries' "$(grep -E '^[A-Z]+  ' got |
	sed 's/.*body, //; s/, bytes.*//')" 'part 1#2 text/plain
part 1#3 text/plain'
is 'explain, a digest: cut out' "$(sed -n '/^cut out/,$p' got)" 'cut out:
  1#2   TG @shop88
  1#3  We have cards in bulk.\n'
is 'explain, a digest that must stay' \
	"$({ echo 'DKIM-Signature: v=1'; cat digest; } | "$SIMSIFT" explain \
		-C u -c 'cut TOKEN match' -c 'keep_dkim 1' |
		sed -n 's/^entry    2.*score/score/p')" \
	'score 5.0, action mark; not cut: it is signed by DKIM (keep_dkim)'
"$SIMSIFT" explain --json -C u -c 'cut TOKEN match' digest >json
is 'explain --json, a digest' "$(python3 -c '
import json
for e in json.load(open("json"))["entries"]:
    print(e["number"], e["part"], e["verdict"], e["category"], e["score"],
          e["action"])
')" '1 1#1 clean None 0 pass
2 1#2 promo promo.telegram 5 cut
3 1#3 promo promo.wholesale 6 hold'
is 'explain --json, no digest' "$("$SIMSIFT" explain --json -C u grown |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["entries"])')" \
	'[]'

# The example in the manual is what the program prints.
mkdir ex
block() { # number: an example of the section, as it is rendered
	sed -n '/^\.Ss Why a message/,/^\.Ss Shell/p' "$TOP/src/simsift.1" |
		awk -v n="$1" '/^\.Ed/ { on = 0 } on
			/^\.Bd/ { on = ++k == n }' | sed 's/\\e/\\/g'
}
block 1 >ex/shop.cf
cat >ex/message.eml <<'END'
Subject: Moving an eSIM
Content-Type: text/plain; charset=utf-8

- Put both phones side by side, on Wi-Fi.
- Confirm on the old one. Help is at [TG shop1234].
- Delete the eSIM from the old phone last. It cannot be had back.
END
explained() { # message: as in the manual
	(cd ex && "$SIMSIFT" explain -C . \
		-c 'action promo.telegram cut' "$1")
}
is 'the example of the manual' "$(explained message.eml)" "$(block 2)"
sed 's/^- Confirm/> Confirm/' ex/message.eml >ex/quoted.eml
is 'its second one' "$(explained quoted.eml | sed -n '/^action/p;/cut as/p' |
	sed 's/signature.*/signature .../')" "$(block 3 | sed 's/\\&//')"
"$SIMSIFT" explain -C u -c 'cut TOKEN match' digest | grep ^entry >got
is 'its third one' "$(cat got)" "$(block 4)"

# diff
is 'diff' "$("$SIMSIFT" diff -C r m)" 'part 1 text/plain
@@ line 2 @@
-Ask the porter [TG @shop88] for the keys.
+Ask the porter for the keys.'
is 'diff, nothing to cut' "$("$SIMSIFT" diff -C r clean)" ''
is 'diff, marked only' "$("$SIMSIFT" diff -C r -c 'action promo mark' m)" \
	'promo, action mark: nothing is cut'
e=$(printf '\033')
is 'diff on a terminal has colours' "$("$PTY" 1 "$SIMSIFT" diff -C r m |
	sed -n 3p)" "${e}[31m-Ask the porter ${e}[1m[TG @shop88] ${e}[0m${e}[31mfor the keys.${e}[0m"
is 'NO_COLOR' "$(NO_COLOR=1 "$PTY" 1 "$SIMSIFT" diff -C r m | tr -d '\r')" \
	"$("$SIMSIFT" diff -C r m)"
is 'NO_COLOR that is empty does not count' \
	"$(NO_COLOR='' "$PTY" 1 "$SIMSIFT" diff -C r m | grep -c "$e\[")" 3
is 'explain, NO_COLOR' "$(NO_COLOR=1 "$PTY" 1 "$SIMSIFT" explain -C r m |
	grep -c "$e")" 0

# check
check() { # arguments...: prints the status and the line
	"$SIMSIFT" check -C r "$@" | sed 's/id=[0-9a-f]*$/id=x/'
}
is 'check, promotion: 0' "$("$SIMSIFT" check -C r <m; echo $?)" 0
is 'check, clean: 1' "$("$SIMSIFT" check -C r <clean; echo $?)" 1
is 'check -v' "$(check -v <m)" \
	'verdict=promo; action=cut; category=promo.telegram; score=5.8/5.0; cuts=1; rules=TOKEN,NEWS; id=x'
is 'check -v, clean' "$(check -v <clean)" \
	'verdict=clean; action=pass; score=0.0/5.0; id=x'
is 'check, phish: 0' "$("$SIMSIFT" check -C r \
	-c 'category TOKEN phish.simswap' <m; echo $?)" 0
is 'check, above limit_message: 75' \
	"$("$SIMSIFT" check -C r -c 'limit_message 20' <m; echo $?)" 75
"$SIMSIFT" filter --no-vault -C r <m >out
is 'the field and check -v say the same' \
	"$(sed -n '1,/^[^ X]/{/^[ X]/p;}' out | tr -d '\n' |
		sed 's/^X-Simsift: //')" "$("$SIMSIFT" check -v -C r <m)"
done_testing
