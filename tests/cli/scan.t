#!/bin/sh
# scan --json: a line a message.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

odd='box/cur/3:2,S"\x'
mkdir -p r box/new/deep box/cur
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
printf 'Subject: a\n\nThe office moves next week, ask [TG @shop88] for keys.\n' \
	>box/new/1
printf 'Subject: b\n\nThe office moves next week.\n' >box/new/deep/2
printf 'Subject: c\n\nAnother one.\n' >"$odd"
: >box/cur/4
ln -s ../new/1 box/cur/link
mkfifo box/cur/fifo

"$SIMSIFT" scan --json -C r box >out 2>err
is 'exit status' $? 0
is 'a line a message' "$(wc -l <out)" 4
is 'no words' "$(cat err)" ''
is 'each line is an object with all its keys' "$(python3 -c '
import json
for line in open("out"):
    d = json.loads(line)
    print(" ".join(d))')" "$(yes v box id offset verdict category score action \
	rules cuts from subject date | head -n 4)"
is 'values' "$(python3 -c '
import json
for line in open("out"):
    d = json.loads(line)
    print(d["v"], d["box"], d["id"], d["verdict"], d["category"], d["score"],
          d["action"])
    for r in d["rules"]:
        print(sorted(r.items()))
    for c in d["cuts"]:
        print(sorted(c.items()))')" \
	"1 box box/cur/3:2,S\"\\x clean None 0 pass
1 box box/cur/4 clean None 0 pass
1 box box/new/1 promo promo.telegram 5 cut
[('file', 'r/own.cf'), ('line', 1), ('name', 'TOKEN'), ('score', 5)]
[('length', 13), ('offset', 44), ('part', '1')]
1 box box/new/deep/2 clean None 0 pass"

"$SIMSIFT" scan --json -C r box/new/1 box/new/deep >out
is 'files and folders, in the order given' \
	"$(sed 's/,"verdict.*//' out)" \
	'{"v":1,"box":"box/new/1","id":"box/new/1","offset":0
{"v":1,"box":"box/new/deep","id":"box/new/deep/2","offset":0'
"$SIMSIFT" scan --json -C r box/cur/link >out
is 'a link that is named is followed' "$(grep -c '"promo"' out)" 1

"$SIMSIFT" scan --json -C r nowhere box/new/1 >out 2>err
is 'a missing path: 66' $? 66
is 'the others are read' "$(wc -l <out)" 1
ok 'it is named' grep -q '^simsift: nowhere: No such file' err

if [ "$(id -u)" != 0 ]; then
	chmod 0 box/new/deep/2
	"$SIMSIFT" scan --json -C r box >out 2>err
	is 'an unreadable file: 1' $? 1
	ok 'it is named' grep -q 'box/new/deep/2: Permission denied' err
	chmod 600 box/new/deep/2
fi
"$SIMSIFT" scan --json -C r -c 'limit_time 50' -c 'limit_message 10' box \
	>out 2>err
is 'limits: every message still has its line' "$(wc -l <out)" 4

"$SIMSIFT" scan --json -C r box >/dev/full 2>/dev/null
is 'nobody takes the output: 74' $? 74
done_testing
