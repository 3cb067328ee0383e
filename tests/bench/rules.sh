#!/bin/sh
# tests/bench/rules.sh [RUNS [PERCENT]]: the time of prefilter and rules in
# line, over a clean message of 20 KB.  The aim: 300 rules within 0.5 ms, 3,000
# within three times as much (cold: as in `filter`, where a candidate is
# compiled when it is first needed).  PERCENT of the rules (5) have literals of
# ordinary words, which do stand in the message.  Prints figures, judges
# nothing; needs `make` first.
set -eu
top=$(cd "${0%/*}/../.." && pwd)
b=${BUILD:-$top/build}
runs=${1:-300}
percent=${2:-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# All objects but main.o.  The MIME library must be the static one; see the
# Makefile for the reasons.
set --
for o in "$b"/*.o; do
	case $o in
	*/main.o | *-faults.o) ;;
	*) set -- "$@" "$o" ;;
	esac
done
${CC:-gcc} -D_GNU_SOURCE -O2 -I"$b" -I"$top/src" -o "$tmp/match_time" \
	"$top/tests/bench/match_time.c" "$@" -Wl,--allow-multiple-definition \
	-Wl,-Bstatic -letpan -lpcre2-8 -lutf8proc -lmd -lz -lbz2 -llzma \
	-lzstd -Wl,-Bdynamic

PYTHONDONTWRITEBYTECODE=1 python3 - "$tmp" "$percent" <<'END'
import os
import random
import sys

tmp = sys.argv[1]
ordinary = int(sys.argv[2]) / 100
rnd = random.Random(20)
# Words of honest mail about phones and travel: rules name them too, so the
# literals of some rules do stand in the message.
WORDS = '''the a to of and in for you your with on is are this that we can be
will if not from or have when plan phone number card carrier travel data
roaming network activate account service change cancel support line message
week office meeting please thanks report version order ticket price month
country hotel flight city team people question answer problem file server
list update release build test'''.split()
HAN = '请在设置里打开移动数据然后选择运营商确认套餐到期时间之后可以取消'
SHOPS = 'shop store sim card tg wx vip fast free deal hub mart zone'.split()


def sentence():
    s = ' '.join(rnd.choice(WORDS) for _ in range(rnd.randint(6, 16)))
    return s.capitalize() + '.'


def message():
    out, n = [], 0
    while n < 20000:
        if rnd.random() < 0.15:
            p = ''.join(rnd.choice(HAN) for _ in range(rnd.randint(20, 60)))
            p += '。'
        else:
            p = ' '.join(sentence() for _ in range(rnd.randint(2, 6)))
        if rnd.random() < 0.1:
            p += ' See https://www.example.org/%s/%d' % (
                rnd.choice(WORDS), rnd.randint(1, 999))
        out.append(p)
        n += len(p.encode()) + 2
    head = ('From: Ann <ann@example.org>\nTo: list@example.org\n'
            'Subject: Travel plan and phone data\n'
            'Date: Mon, 2 Feb 2026 10:00:00 +0000\nMIME-Version: 1.0\n'
            'Content-Type: text/plain; charset=utf-8\n'
            'Content-Transfer-Encoding: 8bit\n\n')
    return head + '\n\n'.join(out) + '\n'


def name():
    return rnd.choice(SHOPS) + rnd.choice(SHOPS) + str(rnd.randint(10, 9999))


def rule(i):
    kind = rnd.choices(['body', 'rawbody', 'uri', 'header'],
                       [60, 10, 20, 10])[0]
    if rnd.random() < ordinary:
        kind = 'body'
        pat = r'/\b%s %s(?:s|es)? (?:%s|%s)\b/i' % (
            rnd.choice(WORDS), rnd.choice(WORDS), name(), name())
    elif kind == 'uri':
        pat = r'/^https?:\/\/(?:www\.)?%s\.(?:com|net|top)\b/i' % name()
    elif kind == 'header':
        return r'header R%d Subject =~ /\b(?:%s|%s) %s\b/i' % (
            i, name(), name(), rnd.choice(WORDS))
    elif rnd.random() < 0.3:
        pat = r'/(?:\[|【)\s*(?:TG|电报)[^\]\n]{0,12}@%s/i' % name()
    else:
        pat = r'/\b%s.{0,20}\b(?:%s|%s)\b/i' % (name(), name(), name())
    return '%s R%d %s' % (kind, i, pat)


with open(os.path.join(tmp, 'm.eml'), 'w') as f:
    f.write(message())
for n in 300, 3000:
    os.mkdir(os.path.join(tmp, str(n)))
    with open(os.path.join(tmp, str(n), 'bench.cf'), 'w') as f:
        f.write('\n'.join(rule(i) for i in range(n)) + '\n')
END

for n in 300 3000; do
	"$tmp/match_time" "$tmp/$n" "$tmp/m.eml" "$runs"
done
echo 'the shipped rules:'
"$tmp/match_time" "$top/filters" "$tmp/m.eml" "$runs"
