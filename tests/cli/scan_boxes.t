#!/bin/sh
# scan: the same messages in each kind of box, whole, in pieces, packed.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
header LPA Subject =~ /LPA/
score LPA 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END

# 60 messages; a token in each third, one of them large, one without a body.
python3 - <<'END'
import mailbox, os
os.makedirs("files")
md = {d: os.makedirs("md/" + d) for d in ("cur", "new", "tmp")}
os.makedirs("mh")
box = open("box", "wb")
for i in range(60):
    text = ("From: =?utf-8?B?5byg5LiJ?= <a%d@b.example>\n"
            "Subject: message %d\nDate: Mon, %d Nov 2026 10:11:12 +0100\n\n"
            % (i, i, i % 28 + 1))
    if i != 7:
        text += "The office moves next week.\n" * (5 + i * 20)
    if i % 3 == 0:
        text += "Ask [TG @shop88] for keys.\n"
    if i == 11:
        text += "x" * 6000000 + "\n"
    if i == 13:
        text += "\nFrom here on there is nothing.\n\n\n"
    data = text.encode()
    name = "%03d" % i
    open("files/" + name, "wb").write(data)
    open("md/%s/%s" % ("cur" if i < 40 else "new", name), "wb").write(data)
    open("mh/%d" % (i + 1), "wb").write(data)
    box.write(b"From a@b.example Mon Nov  2 10:11:12 2026\n" + data + b"\n")
box.close()
END
: >mh/.mh_sequences
gzip -c box >box.gz
zstd -qc box >box.zst
xz -0c box >box.xz
bzip2 -1c box >box.bz2

scan() {
	"$SIMSIFT" scan -C r "$@"
}
# What must be the same whatever the box is.
same() {
	sed 's/^{"v":1,"box":"[^"]*","id":"[^"]*","offset":[0-9]*,//'
}

state() {
	find box box.* md mh files -printf '%p %s %T@ %i\n' | sort
}
before=$(state)
scan --json files >out
is 'exit status' $? 0
is 'a line a message' "$(wc -l <out)" 60
is 'findings' "$(grep -c '"verdict":"promo"' out)" 20
same <out >want
for box in box md mh box.gz box.zst box.xz box.bz2; do
	scan --json "$box" >out 2>err
	is "$box: exit status" $? 0
	is "$box: no words" "$(cat err)" ''
	same <out >got
	ok "$box: the same verdicts, message for message" cmp -s got want
done
scan --json - <box | same >out
ok 'standard input' cmp -s out want
# shellcheck disable=SC2002 # a pipe is not a file
cat box | scan --json - | same >out
ok 'a pipe' cmp -s out want
scan --json box >whole
for j in 1 2 3 5; do
	scan --json -j $j box >out
	ok "$j workers: the same bytes" cmp -s out whole
done
is 'nothing changed on disk' "$(state)" "$before"

# ---- pieces ----
size=$(stat -c %s box)
for pieces in 7 60 1; do
	step=$((size / pieces + 1)) at=0
	: >out
	while [ $at -lt "$size" ]; do
		scan --json --range $at:$step box >>out
		at=$((at + step))
	done
	ok "$pieces pieces equal the whole" cmp -s out whole
done
scan --json --range 0:1 box >out
is 'a range holds what begins in it' "$(wc -l <out)" 1
scan --json --range 1: box >out
is 'from there on' "$(wc -l <out)" 59
scan --json --range "$size:10" box >out
is 'behind the end' "$(wc -l <out)" 0
scan --json --range 100000: box.gz | same >out
scan --json --range 100000: box | same >want2
ok 'of a packed box' cmp -s out want2

# ---- what is said of a message ----
is 'who, what and when' "$(python3 -c '
import json
d = [json.loads(line) for line in open("whole")]
print(d[3]["from"], "|", d[3]["subject"], "|", d[3]["date"])
data = open("box", "rb").read()
for m in d[:6]:
    for c in m["cuts"]:
        at = m["offset"] + c["offset"]
        print(m["id"], data[at:at + c["length"]].decode().strip())')" \
	"张三 <a3@b.example> | message 3 | 2026-11-04T10:11:12+01:00
box@42 [TG @shop88]
$(python3 -c '
import json
print(json.loads(open("whole").read().splitlines()[3])["id"])') [TG @shop88]"
scan --json --sha256 files/003 >out
is 'the sum of a message' "$(sed 's/.*"sha256":"//; s/".*//' out)" \
	"$(sha256sum files/003 | cut -d ' ' -f 1)"
scan --json --timing files/003 >out
ok 'its time' grep -q '"ms":[0-9.]*}$' out
scan --json --sha256 box | sed 's/.*"sha256":"//; s/".*//' >out
is 'the same sums' "$(head -n 1 out)" "$(sha256sum files/000 | cut -c 1-64)"

# shellcheck disable=SC2016 # that is the code
printf 'From: a\033[31m@b\nSubject: LPA:1$smdp.example$ABC \374\nDate: x\n\n' >odd
scan --json odd >out
is 'secrets and odd bytes' "$(python3 -c '
import json
d = json.loads(open("out", encoding="utf-8", errors="strict").read())
print(ascii(d["from"]), ascii(d["subject"]), d["date"])')" \
	"'a\\x1b[31m@b' 'LPA:1\$**************** \\xfc' None"

# ---- the table ----
printf 'From: =?utf-8?B?5byg5LiJ?= <zhang@very-long.example>
Subject: =?utf-8?B?5p2O5Zub546L5LqU6LW15YWt5a2Z5LiD5ZGo5YWr5ZC05Lmd?=
Date: Mon, 2 Nov 2026 10:11:12 +0100

[TG @shop88]
' >cjk
# shellcheck disable=SC2016
printf 'From: a\033[31m@b\nSubject: LPA:1$smdp.example$ABC\n\n' >odd
scan cjk odd files/001 >out 2>err
is 'exit status' $? 0
is 'a table' "$(cat out)" \
"date       from             subject            category            score action
2026-11-02 张三 <zhang@ver… 李四王五赵六孙七…  promo.telegram        5.0 hold
           a\\x1b[31m@b      LPA:1\$***********… promo                 5.0 mark

by category
  promo                                           1
  promo.telegram                                  1

by sender
  a\\x1b[31m@b                                     1
  张三 <zhang@very-long.example>                  1

3 messages: 1 clean, 2 promotion, 0 phishing"
ok 'how fast: on standard error' grep -qE \
	'^[0-9.]+ seconds, [0-9]+ messages/s, [0-9.]+ MB/s$' err
is 'and nothing else' "$(wc -l <err)" 1
scan -q files >out 2>err
is 'quiet' "$(cat err)" ''
scan files >out 2>/dev/null
is 'no line is wider than 80 columns' "$(python3 -c '
import unicodedata
for line in open("out"):
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
                for c in line.rstrip("\n"))
    if width > 80:
        print(width, line)')" ''
python3 "$TOP/tests/cli/pty_run.py" 2 "$SIMSIFT" scan --json -C r box \
	2>out >screen
ok 'on a terminal the rows are the same' cmp -s out whole
ok 'a bar goes again' sh -c 'test ! -s screen || tail -c 3 screen |
	grep -q "\[K"'
done_testing
