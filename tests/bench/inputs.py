"""What bench.py and instructions.py measure on: the same each time."""
import base64
import os
import random
import types

import box

SHOPS = 'shop store sim card tg wx vip fast free deal hub mart zone'.split()
TOKEN = '[TG+ @cardshop77](https://t.me/cardshop77)'


def head(kind):
    return ('Received: from a.example (a.example [192.0.2.7])\n'
            '\tby mx.example.org with ESMTPS id 1234;\n'
            '\tMon, 2 Nov 2026 10:11:12 +0000\n'
            'From: Ann <ann@a.example>\nTo: reader@example.org\n'
            'Subject: the plan of last week\n'
            'Date: Mon, 2 Nov 2026 10:11:12 +0000\n'
            'Message-ID: <1@a.example>\nMIME-Version: 1.0\n'
            'Content-Type: %s\n\n' % kind).encode()


def messages(folder):
    """Clean mail of the sizes that budgets are given for, and one to cut."""
    rng = random.Random(9)
    own = box.words(rng)
    stock = [box.paragraph(rng, own) for _ in range(400)]

    def text(size):
        return box.plain(box.fill(rng, stock, size, [])).encode()[:size]

    def html(size):
        p = box.fill(rng, stock, size * 4 // 5, [])
        return ('<html><body>' + ''.join(
            '<p class="x" style="color:#333">%s <a href='
            '"https://www.example.org/a?b=%d">more</a></p>\n' % (x, i)
            for i, x in enumerate(p)) + '</body></html>\n').encode()

    plain = 'text/plain; charset=utf-8'
    mixed = 'multipart/mixed; boundary="=_m"'
    both = 'multipart/alternative; boundary="=_m"'
    part = b'\n--=_m\nContent-Type: '
    pdf = base64.encodebytes(rng.randbytes(124000))
    made = {
        '3 KB': head(plain) + text(2600) + b'\n',
        '28 KB': head(plain) + text(27600) + b'\n',
        '209 KB, 40 KB of it text':
            head(mixed) + part + plain.encode() + b'\n\n' + text(40000) + part +
            b'application/pdf\nContent-Transfer-Encoding: base64\n\n' + pdf +
            b'--=_m--\n',
        '209 KB, all text':
            head(both) + part + plain.encode() + b'\n\n' + text(95000) + part +
            b'text/html; charset=utf-8\n\n' + html(105000) + b'\n--=_m--\n',
        '28 KB, cut':
            head(plain) + text(13000) + b'.\n\nSee ' + TOKEN.encode() +
            b' for more of it.\n\n' + text(14000) + b'\n',
    }
    paths = {}
    for i, (name, data) in enumerate(made.items()):
        paths[name] = os.path.join(folder, '%d.eml' % i)
        with open(paths[name], 'wb') as f:
            f.write(data)
    return paths


def mailbox(path, megabytes, size, promo=1.0):
    args = types.SimpleNamespace(size=size, seed=3, promo=promo)
    done = count = 0
    with open(path, 'wb') as f:
        for data in box.messages(args):
            f.write(b'From a@b.example Mon Nov  2 10:11:12 2026\n' + data +
                    b'\n')
            done += len(data)
            count += 1
            if done >= megabytes * 1e6:
                return done, count


def rules(folder, n):
    """n rules of the usual kinds, one in twenty of ordinary words."""
    rng = random.Random(20)
    os.mkdir(folder)

    def name():
        return (rng.choice(SHOPS) + rng.choice(SHOPS) +
                str(rng.randint(10, 9999)))

    def rule(i):
        kind = rng.choices(['body', 'rawbody', 'uri', 'header'],
                           [60, 10, 20, 10])[0]
        if rng.random() < .05:
            return r'body R%d /\b%s %s(?:s|es)? (?:%s|%s)\b/i' % (
                i, rng.choice(box.COMMON), rng.choice(box.COMMON),
                name(), name())
        if kind == 'uri':
            return r'uri R%d m{^https?://(?:www\.)?%s\.(?:com|net)\b}i' % (
                i, name())
        if kind == 'header':
            return r'header R%d Subject =~ /\b(?:%s|%s) %s\b/i' % (
                i, name(), name(), rng.choice(box.COMMON))
        return r'%s R%d /\b%s.{0,20}\b(?:%s|%s)\b/i' % (
            kind, i, name(), name(), name())

    with open(os.path.join(folder, 'bench.cf'), 'w') as f:
        f.write('\n'.join(rule(i) for i in range(n - 1)) + r'''
body BENCH_TOKEN /\[TG\+ @cardshop77\]\(https:\/\/t\.me\/cardshop77\)/
score BENCH_TOKEN 10
ifplugin Simsift
category BENCH_TOKEN promo.telegram
cut BENCH_TOKEN match
endif
''')
