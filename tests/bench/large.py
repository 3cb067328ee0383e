#!/usr/bin/env python3
"""large.py [RUNS [PROGRAM]]

Large messages through `simsift filter`, made here, with the shipped rules and
one that cuts:

    attachment  24 MB of base64 in an attachment, 1 MB of text, one cut in it
    base64      25 MB of base64, all of it text, one cut in its middle
    clean       the first without the words that are cut

Time is the median ratio of simsift to `cat` and libetpan's parse, process by
process in turn.  Memory is the sum of Pss of parent and child (what both share
counts once), sampled all through a run; the greatest, as a multiple of the
message.  Aims: attachment 3 x (cat + parse) and 3 x the message; base64
1.5 s.  Needs `make` first.
"""
import base64
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD', os.path.join(TOP, 'build'))
TOKEN = '[TG+ @cardshop77](https://t.me/cardshop77)'
RULE = r'''
body BENCH_TOKEN /\[TG\+ @cardshop77\]\(https:\/\/t\.me\/cardshop77\)/
score BENCH_TOKEN 10
ifplugin Simsift
category BENCH_TOKEN promo.telegram
cut BENCH_TOKEN match
endif
'''
WORDS = '''the plan of your phone and its number can be changed at any time
please keep this letter for the next visit travel data roaming week office
meeting report version order ticket price country hotel flight city people
question answer file server list update release build test'''.split()
HAN = '请在设置里打开移动数据然后选择运营商确认到期时间之后可以取消这篇文章介绍方法'
HEAD = ('From: Ann <ann@news.example>\nTo: readers@list.example\n'
        'Subject: The plan for this week\nDate: Mon, 2 Feb 2026 10:00:00 +0000'
        '\nMessage-ID: <1@news.example>\nMIME-Version: 1.0\n')


def text(n, token):
    """About n bytes of paragraphs, with the token in the middle."""
    rnd, out, size = random.Random(20), [], 0
    while size < n:
        if rnd.random() < 0.2:
            p = ''.join(rnd.choice(HAN) for _ in range(rnd.randint(40, 200)))
        else:
            p = ' '.join(rnd.choice(WORDS)
                         for _ in range(rnd.randint(30, 120)))
            p = '\n'.join(p[i:i + 72] for i in range(0, len(p), 72))
        if token and size > n // 2:
            p, token = p + ' ' + TOKEN, False
        out.append(p)
        size += len(p.encode()) + 2
    return '\n\n'.join(out) + '\n'


def lines64(data):
    s = base64.b64encode(data).decode()
    return ''.join(s[i:i + 76] + '\n' for i in range(0, len(s), 76))


def mixed(token):
    noise = random.Random(1).randbytes(24 * 1000000 * 76 // 77 // 4 * 3)
    return (HEAD + 'Content-Type: multipart/mixed; boundary="=_b"\n\n'
            '--=_b\nContent-Type: text/plain; charset=utf-8\n'
            'Content-Transfer-Encoding: 8bit\n\n' + text(1000000, token) +
            '\n--=_b\nContent-Type: application/octet-stream\n'
            'Content-Transfer-Encoding: base64\n\n' + lines64(noise) +
            '\n--=_b--\n').encode()


def all_text():
    return (HEAD + 'Content-Type: text/plain; charset=utf-8\n'
            'Content-Transfer-Encoding: base64\n\n' +
            lines64(text(25000000 * 76 // 77 // 4 * 3, True).encode())
            ).encode()


def start(argv, path):
    with open(path, 'rb') as f:
        return subprocess.Popen(argv, stdin=f, stdout=subprocess.DEVNULL)


def seconds(argv, path):
    t = time.monotonic()
    if start(argv, path).wait() != 0:
        sys.exit('large: %s failed' % argv[0])
    return time.monotonic() - t


def pss(pid):
    try:
        with open('/proc/%d/smaps_rollup' % pid) as f:
            for line in f:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass                    # it has ended, or is just starting
    return 0


def children(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            return [int(w) for w in f.read().split()]
    except OSError:
        return []


def peak_pss(argv, path):
    """The greatest sum of Pss, and what parent and child had then."""
    best = (0, 0, 0)
    p = start(argv, path)
    while p.poll() is None:
        own, kids = pss(p.pid), sum(pss(k) for k in children(p.pid))
        best = max(best, (own + kids, own, kids))
    return best


def build_parse(tmp):
    out = os.path.join(tmp, 'etpan_parse')
    subprocess.run([os.environ.get('CC', 'gcc'), '-O2', '-o', out,
                    os.path.join(TOP, 'tests', 'bench', 'etpan_parse.c'),
                    '-Wl,-Bstatic', '-letpan', '-Wl,-Bdynamic'], check=True)
    return out


def measure(name, path, runs, simsift, parse):
    size = os.path.getsize(path)
    a, b, c = [], [], []
    for i in range(-1, runs):   # one to warm up
        t = (seconds(simsift, path), seconds(['cat'], path),
             seconds(parse, path))
        if i >= 0:
            a.append(t[0] / t[1])
            b.append(t[0] / (t[1] + t[2]))
            c.append(t[0])
    peak = max(peak_pss(simsift, path) for _ in range(3))
    print('%-11s%6.1f MB%9.1f%14.2f%9.2f%8.2f%8.2f%8.2f' % (
        name, size / 1e6, statistics.median(a), statistics.median(b),
        statistics.median(c) / 1.5, *(x / size for x in peak)))


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    program = sys.argv[2] if len(sys.argv) > 2 else os.path.join(
        BUILD, 'simsift')
    tmp = tempfile.mkdtemp(prefix='large-')
    try:
        rules = os.path.join(tmp, 'rules')
        shutil.copytree(os.path.join(TOP, 'filters'), rules)
        with open(os.path.join(rules, '99_bench.cf'), 'w') as f:
            f.write(RULE)
        simsift = [program, 'filter', '-C', rules]
        parse = [build_parse(tmp)]
        made = {'attachment': mixed(True), 'base64': all_text(),
                'clean': mixed(False)}
        print('%-11s%9s%9s%14s%9s%8s%8s%8s' % (
            'message', 'size', '/cat', '/(cat+parse)', '/1.5 s', 'Pss/msg',
            'parent', 'child'))
        for name, data in made.items():
            path = os.path.join(tmp, name + '.eml')
            with open(path, 'wb') as f:
                f.write(data)
            with open(path, 'rb') as f:
                out = subprocess.run(simsift, stdin=f, capture_output=True)
            done = b'action=cut' in out.stdout[:200]
            if done == (name == 'clean') or len(out.stdout) > len(data) + 200:
                sys.exit('large: %s was not filtered as it should be: %s' % (
                    name, out.stderr.decode()[-300:]))
            measure(name, path, runs, simsift, parse)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == '__main__':
    main()
