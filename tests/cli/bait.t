#!/bin/sh
# What strangers write must not reach a terminal or a log as it is, and what
# is secret in it must not be seen at all.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1
export NO_COLOR=1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /TG.{0,40}shop88/s
rawbody RAW /TG.{0,40}shop88/s
uri LINK /shop88/
header SUBJ Subject =~ /TG/
header FROM From:raw =~ /TG/
mimeheader NAME Content-Type =~ /TG/
score TOKEN 5
body DIGITS /\d{6}/
body WORDS /activation code/i
body TAIL /K7-[A-Z0-9-]+/
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
cut DIGITS match
cut TAIL match
cut_max_percent 100
keep_min_percent 0
action promo cut
endif
END

python3 - <<'END'
import base64
bait = [b"\033]0;owned\007", b"\033[2J\033[31m", b"\x9b31m", b"\xc2\x9b31m",
        b"\xc2\x85", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xe2\x80\x8f",
        b"\xe2\x80\xa8", b"\x7f", b"\x08\x08", b"\x0e", b"\x00", b"\r",
        b"\xd8\x9c", b"\xf3\xa0\x81\x81", b"\xff\xfe", b"\xef\xbb\xbf"]
every = b"TG" + b"".join(bait) + b"shop88"
line = every.replace(b"\r", b"").replace(b"\0", b"")
word = b"=?utf-8?B?" + base64.b64encode(b"TG\nverdict=clean\r\n" + every) + b"?="
pad = b"The office moves to the second floor next week. " * 8 + b"\n"

def put(name, head, body):
    open(name, "wb").write(head + b"\n" + body)

h = (b"From: TG " + line + b" <a@b.example>\nSubject: " + line +
     b"\nX-Odd: " + line + b"\n")
put("1-text", h + b"Content-Type: text/plain; charset=\"utf-8" + line +
    b"\"\n", pad + every + b"\n" + pad)
put("2-words", b"From: " + word + b"\nSubject: " + word + b"\n", pad +
    every + b"\n" + pad)
put("3-parts", h + b"Content-Type: multipart/mixed; boundary=\"" + b"x" +
    b"\"\n", b"--x\nContent-Type: text/" + line + b"; name=\"" + line +
    b"\"\n\n" + pad + every + b"\n--x\nContent-Type: image/png; name=\"" +
    word + b"\"\nContent-Disposition: attachment; filename=\"" + line +
    b"\"\n\nx\n--x--\n")
refs = b"".join(b"&#%d;" % c for c in (27, 7, 155, 0x9b, 0x202e, 10, 13, 8))
put("4-html", h + b"Content-Type: text/html; charset=utf-8\n", b"<p>" + pad +
    b"<p>TG" + refs + bait[0] + b"shop88 <a href=\"http://shop88/" + refs +
    line + b"\">x</a>\n")
put("5-charset", b"Subject: =?" + line + b"?Q?TG?=\nContent-Type: text/plain;"
    b" charset=" + line.replace(b";", b"") + b"\n", pad + b"TG shop88\n")
put("6-odd", h + line + b"\nMIME-Version: 1.0\n", pad + every + b"\n")
name = b"box/7" + line.replace(b"/", b"") + b"\n.eml"
import os
os.mkdir("box")
put(name, h, pad + every + b"\n")
END

cat >look.py <<'END'
"""TAP: no file of a folder holds raw control, bidi or invalid bytes."""
import os

def wrong(raw):
    try:
        text = raw.decode()
    except UnicodeDecodeError as e:
        return "not UTF-8: %r" % raw[max(0, e.start - 20):e.end + 20]
    for i, c in enumerate(text):
        o = ord(c)
        if (o < 32 and c != "\n" or 127 <= o < 160
                or o in (0x61c, 0x200e, 0x200f) or 0x2028 <= o <= 0x202e
                or 0x2066 <= o <= 0x2069 or 0xe0000 <= o < 0xe0080):
            return "U+%04X: %r" % (o, text[max(0, i - 30):i + 10])
    return ""

for name in sorted(os.listdir("seen")):
    why = wrong(open(os.path.join("seen", name), "rb").read())
    print("%s\t%s" % (name, why))
END

mkdir seen
seen() { # what, its output on standard input: looked at in the end
	tee "seen/$1"
}

for m in [1-6]-*; do
	for c in explain 'explain --json' 'explain --tree' diff 'scan --json'; do
		# shellcheck disable=SC2086
		"$SIMSIFT" $c -C r "$m" 2>&1 | seen "$m: $c" >out
	done
	is "$m: check -v is one line" \
		"$("$SIMSIFT" check -v -C r <"$m" 2>&1 |
			seen "$m: check -v" | wc -l)" 1
	"$PTY" 2 "$SIMSIFT" filter -v -C r <"$m" 2>/dev/null |
		seen "$m: words of filter" >out
	"$SIMSIFT" explain --json -C r "$m" >out 2>&1
	ok "$m: explain --json is JSON" python3 -m json.tool out /dev/null
	is "$m: on one line" "$(wc -l <out)" 1
	"$SIMSIFT" filter -C r <"$m" | sed -n '1,/^[^ X]/{/^[ X]/p;}' |
		seen "$m: the added field" >out
done
"$SIMSIFT" scan --json -C r box 2>&1 | seen 'a file name: scan --json' >out
is 'a file name: one line' "$(wc -l <out)" 1
ok 'a file name: JSON' python3 -m json.tool out /dev/null
"$SIMSIFT" explain -C r "$(printf 'no\033[2Jwhere\n\302\233x')" 2>&1 |
	seen 'a file that is not there' >out
"$SIMSIFT" explain -C r "$(printf -- '--\033[2Jx')" 2>&1 |
	seen 'an option' >out
"$SIMSIFT" "$(printf 'x\033[2Jx')" 2>&1 | seen 'a command' >out
"$SIMSIFT" explain -C "$(printf 'r\033[2Jx')" 1-text 2>&1 |
	seen 'a folder of rules' >out
python3 look.py >looked
while IFS=$(printf '\t') read -r name why; do
	is "$name" "$why" ''
done <looked

# ---- secrets ----
cat >secret <<'END'
From: shop@carrier.example
Subject: Your one-time code is 483920
Content-Type: text/plain; charset=utf-8

Thank you for your order, TG shop88. Please read this letter to its end.
Your activation code: LPA:1$smdp.carrier.example$K7-SECRET-CODE
Or open https://esim.example/shop88?carddata=LPA%3A1%24smdp.example%24K7-SECRET-CODE
Your one-time code is 483920. It is good for ten minutes.
验证码：483920，十分钟内有效。
TG LPA:1$smdp.carrier.example$K7-SECRET-CODE code 483920 shop88
Thank you for your order. Please read this letter to its end.
END
sed 's/text.plain/text\/html/; s/$/<br>/' secret | sed '1,4s/<br>$//' >secret.html
for m in secret secret.html; do
	for c in explain 'explain --json' 'explain --tree' diff 'scan --json'; do
		# shellcheck disable=SC2086
		"$SIMSIFT" $c -C r "$m" >out 2>&1
		is "$m: $c shows no code" "$(grep -o -e '.\{0,30\}SECRET' -e '.\{0,30\}483920' out)" ''
	done
	"$SIMSIFT" check -v -C r <"$m" >out 2>&1
	is "$m: check -v shows no code" \
		"$(grep -o -e '.\{0,30\}SECRET' -e '.\{0,30\}483920' out)" ''
	"$PTY" 2 "$SIMSIFT" filter -v -C r <"$m" >out 2>/dev/null
	is "$m: filter's words show no code" \
		"$(grep -o -e '.\{0,30\}SECRET' -e '.\{0,30\}483920' out)" ''
done
# The pattern itself is the code: the words round it are not in the match.
for rule in DIGITS TAIL; do
	for c in explain 'explain --json' diff; do
		# shellcheck disable=SC2086
		"$SIMSIFT" $c -C r -c 'score TOKEN 0' -c "score $rule 5" \
			-c "category $rule promo" secret >out 2>&1
		is "a match that is the code itself: $c, $rule" \
			"$(grep -o -e '.\{0,30\}SECRET' -e '.\{0,30\}483920' out)" ''
	done
done
ok 'what is no secret is shown' grep -q shop88 secret
done_testing
