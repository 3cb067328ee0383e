#!/bin/sh
# list: what is in the vault.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

is 'no vault yet: 0' "$(status "$SIMSIFT" list -C r)" 0
is 'no words' "$(cat out err)" ''
is 'no vault: 66' "$(status s list)" 66
ok 'it says where it looked' grep -q "no vault at $V" err

s hold <mail.held
is 'held' $? 0
s filter <mail.cut >cut.out
is 'two lines' "$(s list | wc -l)" 2
is 'the columns' "$(s list --held |
	sed 's/^[0-9a-f]* *//; s/[A-Z][a-z]* [ 0-9]* [0-9:]* /T /')" \
	'n T hold promo.wholesale    sales@bulk.… An offer'
ok 'a decoded subject' sh -c "'$SIMSIFT' list --cut -C r -V '$V' | grep -q 搬家日"

# Older ones.
for i in 1 2 3; do
	printf 'From: a%s@x.example\n\nm%s\n' $i $i |
		put age=$((i * 86400 + 60)) action=cut category=promo.affiliate \
			"from=Ada $i <a$i@x.example>" "subject=日本短信卡 0月租 $i" \
			>/dev/null
done
is 'newest first' "$(s list --cut | grep -o 'a.@x\|ann@' | tr '\n' ' ')" \
	'ann@ a1@x a2@x a3@x '
is '--since' "$(s list --since 2d | wc -l)" 3
is '--since in hours' "$(s list --since 49h | wc -l)" 4
is '--held' "$(s list --held | wc -l)" 1
is '--held and --cut' "$(s list --held --cut | wc -l)" 5
is '--category' "$(s list --category promo.affiliate | wc -l)" 3
is '--category with those below' "$(s list --category promo | wc -l)" 5
is '--category, half a word' "$(s list --category prom | wc -l)" 0
is '--from' "$(s list --from ADA | wc -l)" 3
is '--subject' "$(s list --subject 短信卡 | wc -l)" 3
is '--max' "$(s list --max 2 | wc -l)" 2
is '--max counts what fits' "$(s list --from ada --max 2 | wc -l)" 2
is '--max 0' "$(s list --max 0 | wc -l)" 5

# 80 columns, whatever the characters.
long=日本短信卡源头批发日本短信卡源头批发日本短信卡源头批发日本短信卡源头批发
printf 'From: b@x.example\n\nlong\n' | put "subject=$long" \
	"from=$long <b@x.example>" category=promo.number-rental >/dev/null
ok 'in a pipe the subject is whole' sh -c "'$SIMSIFT' list -C r -V '$V' |
	grep -q '$long\$'"
widest() { # the widest line on standard input
	python3 -c '
import re, sys, unicodedata
print(max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
              for c in re.sub("\033[^m]*m", "", line.rstrip("\n")))
          for line in sys.stdin))'
}
is 'no line is wider than a terminal' "$(COLUMNS=70 "$PTY" 1 "$SIMSIFT" list \
	-C r -V "$V" | widest)" 70
is 'subjects stand below each other' "$(s list --category promo |
	grep -v office | python3 -c '
import sys, unicodedata
def width(s):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
print(len({width(l[:i]) for l in sys.stdin
           for i in (l.find("日本短"),) if i > 0}))')" 1

# JSON
s list --json >out
is 'JSON, an object a line' "$(python3 -c '
import json
print({" ".join(json.loads(l)) for l in open("out")} == {
    "v id short time action released reported verdict category score cuts "
    "from subject envelope bytes rules"})')" True
is 'JSON, values' "$(s list --json --held --from sales | python3 -c '
import json, sys
d = json.loads(sys.stdin.readline())
print(d["action"], d["verdict"], d["category"], d["score"], d["from"],
      d["subject"], d["bytes"], d["released"], d["reported"])
print([(r["name"], r["score"], r["where"], r["text"]) for r in d["rules"]])')" \
	"hold promo promo.wholesale 11.0/5.0 \"Sales\" <sales@bulk.example> An offer $(wc -c <mail.held) False False
[('TOKEN', 5, 'r/own.cf:1', 'TG @eshop88'), ('BULK', 6, 'r/own.cf:3', 'cards in bulk')]"

# Strangers' text, and secrets.
e=$(printf '\033')
printf 'From: c@x.example\n\nevil\n' |
	put "subject=${e}[31mLPA:1\$smdp.example\$K2-XY7 PIN 4821" >/dev/null
s list >out
is 'no escapes' "$(grep -c "$e" out)" 0
s list --json >>out
is 'no secrets' "$(grep -c -e K2-XY7 -e 4821 out)" 0

# On a terminal.
ok 'a terminal: colours' sh -c "'$PTY' 1 '$SIMSIFT' list -C r -V '$V' |
	grep -q '$e\\[31mhold'"
is 'NO_COLOR' "$(NO_COLOR=1 "$PTY" 1 "$SIMSIFT" list -C r -V "$V" |
	grep -c "$e")" 0
printf 'From: d@x.example\n\nmany\n' | put age=400000 many=50 >/dev/null
is 'a terminal: the newest 50' "$("$PTY" 1 "$SIMSIFT" list -C r -V "$V" |
	grep -c -e hold -e cut)" 50
ok 'it says so' sh -c "'$PTY' 1 '$SIMSIFT' list -C r -V '$V' |
	grep -q -e '^the newest 50; --max 0'"
is 'elsewhere all' "$(s list | wc -l)" 57

# Wrong usage.
for o in '--since two' '--since' '--max x' '--max -1' 'id' '--raw'; do
	# shellcheck disable=SC2086
	is "list $o: 64" "$(status s list $o)" 64
done
s list 2>err >/dev/full
ok 'a full disk: what could not be written' grep -q 'what list prints: No' err
is 'nobody takes the output: 74' "$(s list 2>/dev/null >/dev/full; echo $?)" 74

# Damage: said, the others are shown, nothing is touched.
V=$TMP/w
printf 'From: a@x.example\n\na\n' | put subject=good >/dev/null
printf 'From: b@x.example\n\nb\n' | put subject=torn >/dev/null
torn=$(grep -l 'Subject: torn' "$V"/new/*)
printf 'X' >>"$torn"
x=$(printf x | sha256sum | cut -c1-64)
ln -s "$TMP/mail.held" "$V/new/1795000000.$x.$(echo "$x" | cut -c1-16).hold"
cp mail.held "$V/new/somebody-else"
files >before
is 'damage: 65' "$(status s list)" 65
is 'the good one is shown' "$(grep -c good out)" 1
is 'one line' "$(wc -l <out)" 1
ok 'torn' grep -q 'is damaged: its length' err
ok 'the link' grep -q 'is a symbolic link' err
ok "somebody else's" grep -q '1 file there that is not ours' err
is 'a line each' "$(wc -l <err)" 3
files >after
ok 'nothing was touched' cmp -s before after

V=$TMP/file
: >"$V"
for c in list 'show abcde' 'diff abcde' 'explain abcde' 'release abcde' \
	'allow abcde' 'purge --older-than 30d' report; do
	# shellcheck disable=SC2086
	is "$c, a vault that is a file: 65" "$(status s $c)" 65
	ok 'it says so' grep -q 'is not a folder' err
	is 'in one line' "$(wc -l <err)" 1
done
is 'the file stays' "$(wc -c <"$V")" 0

# A score that is no number has no place in JSON.
V=$TMP/odd
printf 'From: z@x.example\n\nz\n' | put 'subject=Odd score' \
	'rule=A inf own.cf:1 "x"' 'rule=B nan own.cf:2 "x"' \
	'rule=C 3 own.cf:3 "x"' >/dev/null
is 'only the finite score' "$(s list --json --subject 'Odd score' 2>/dev/null |
	python3 -c 'import json, sys
print([r["name"] for r in json.load(sys.stdin)["rules"]])')" "['C']"
done_testing
