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
"$SIMSIFT" filter -C r <m >out
is 'the field and check -v say the same' \
	"$(sed -n '1,/^[^ X]/{/^[ X]/p;}' out | tr -d '\n' |
		sed 's/^X-Simsift: //')" "$("$SIMSIFT" check -v -C r <m)"
done_testing
