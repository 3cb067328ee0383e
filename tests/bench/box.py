#!/usr/bin/env python3
"""box.py MEGABYTES [--size KB] [--count N] [--seed N] [--promo PERCENT]
       [--folders DIR] > mbox

A large mailbox, the same for the same arguments.  Of its messages half are
plain text, a fifth has an HTML alternative, a sixth is Chinese (base64 or
quoted-printable), the rest has an attachment; --promo of them advertise SIM
cards, and as many speak of them honestly.  With --folders the same messages
are a Maildir (DIR/md) and an MH folder (DIR/mh), too.
"""
import argparse
import base64
import os
import quopri
import random
import sys
import textwrap

SYL = ("ta re mi no sal ver con de pra lo min ter al ing us ca por er en an st "
       "ment ple di fo gra le tu").split()
COMMON = ("the of and to a in is that for it as with on by this be are from or "
          "at we you your not have which more can will about our one when they "
          "work time people year new list order code number phone message "
          "please mail data plan service price offer free help group").split()
HONEST = ["My eSIM stopped working after the update, which carrier settings "
          "should I check?",
          "To cancel a SIM card call the hot-line of the carrier.",
          "The PIN of the card is on the letter that came with it."]
PROMO = ["Cheap SIM cards for every country, order at [TG @shop88] today.",
         "eSIM without registration, write to our bot https://t.me/simshop88",
         "Bulk virtual numbers for sale, WhatsApp +44 7700 900123."]
HAN = ("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下"
       "自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部"
       "其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关")


def words(rng):
    own = ["".join(rng.choices(SYL, k=rng.randint(2, 4))) for _ in range(6000)]
    return own


def paragraph(rng, own):
    text = []
    for _ in range(rng.randint(3, 8)):
        w = [rng.choice(COMMON) if rng.random() < .5 else rng.choice(own)
             for _ in range(rng.randint(6, 18))]
        text.append(" ".join(w).capitalize() + ".")
    return " ".join(text)


def han(rng):
    return "".join(
        "".join(rng.choices(HAN, k=rng.randint(8, 24))) + "。"
        for _ in range(rng.randint(2, 6)))


def fill(rng, stock, size, extra):
    out, n = [], 0
    while n < size:
        out.append(rng.choice(stock))
        n += len(out[-1]) + 2
    for e in extra:
        out.insert(rng.randrange(len(out) + 1), e)
    return out


def plain(paragraphs):
    return "\n\n".join(textwrap.fill(p, 76) for p in paragraphs) + "\n"


def body(rng, kind, stock, chinese, size, extra):
    """Header lines and the body's bytes."""
    if kind < .50:
        return ("Content-Type: text/plain; charset=utf-8\n",
                plain(fill(rng, stock, size, extra)).encode())
    if kind < .70:
        p = fill(rng, stock, size // 3, extra)
        html = ("<html><head><style>p { margin: 0 }</style></head><body>\n" +
                "".join('<p class="x" style="color:#333">%s <a href='
                        '"https://www.example.org/a?b=%d">more</a></p>\n'
                        % (x, rng.randrange(10 ** 6)) for x in p) +
                "</body></html>\n")
        return ('Content-Type: multipart/alternative; boundary="=_b"\n',
                ("--=_b\nContent-Type: text/plain; charset=utf-8\n\n" +
                 plain(p) +
                 "--=_b\nContent-Type: text/html; charset=utf-8\n"
                 "Content-Transfer-Encoding: quoted-printable\n\n" +
                 quopri.encodestring(html.encode()).decode() +
                 "--=_b--\n").encode())
    if kind < .86:
        text = ("\n".join(fill(rng, chinese, size // 4, extra)) +
                "\n").encode()
        if kind < .78:
            return ("Content-Type: text/plain; charset=utf-8\n"
                    "Content-Transfer-Encoding: base64\n",
                    base64.encodebytes(text))
        return ("Content-Type: text/plain; charset=utf-8\n"
                "Content-Transfer-Encoding: quoted-printable\n",
                quopri.encodestring(text))
    return ('Content-Type: multipart/mixed; boundary="=_m"\n',
            b"--=_m\nContent-Type: text/plain\n\n" +
            plain(fill(rng, stock, size // 4, extra)).encode() +
            b"--=_m\nContent-Type: application/pdf\n"
            b"Content-Transfer-Encoding: base64\n\n" +
            base64.encodebytes(rng.randbytes(max(size * 9 // 16, 30))) +
            b"--=_m--\n")


def messages(a):
    rng = random.Random(a.seed)
    own = words(rng)
    stock = [paragraph(rng, own) for _ in range(3000)]
    chinese = [han(rng) for _ in range(1000)]
    for i in range(10 ** 9):
        size = int(a.size * 1000 * rng.uniform(.3, 1.4))
        draw = rng.random() * 100
        extra = ([rng.choice(PROMO)] if draw < a.promo else
                 [rng.choice(HONEST)] if draw < 2 * a.promo else [])
        kind = rng.random()
        head, data = body(rng, kind, stock, chinese, size, extra)
        who = rng.choice(own)
        yield ("Received: from %s.example (%s.example [192.0.2.%d])\n"
               "\tby mx.example.org with ESMTPS id %08x;\n"
               "\tMon, 2 Nov 2026 10:11:12 +0000\n"
               "From: %s <%s@%s.example>\nTo: reader@example.org\n"
               "Subject: %s\nDate: Mon, 2 Nov 2026 10:11:12 +0000\n"
               "Message-ID: <%d.%08x@%s.example>\nMIME-Version: 1.0\n%s\n"
               % (who, who, rng.randrange(256), rng.randrange(2 ** 32),
                  who.capitalize(), who, who,
                  " ".join(rng.choices(own, k=5)), i, rng.randrange(2 ** 32),
                  who, head)).encode() + data


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument("megabytes", type=float)
    ap.add_argument("--size", type=float, default=10, help="KB a message")
    ap.add_argument("--count", type=int, default=0,
                    help="no more messages than that")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--promo", type=float, default=1)
    ap.add_argument("--folders")
    a = ap.parse_args()
    if a.folders:
        for d in ("md/cur", "md/new", "md/tmp", "mh"):
            os.makedirs(os.path.join(a.folders, d))
        open(os.path.join(a.folders, "mh/.mh_sequences"), "w").close()
    done = 0
    for i, data in enumerate(messages(a)):
        sys.stdout.buffer.write(
            b"From a@b.example Mon Nov  2 10:11:12 2026\n" + data + b"\n")
        if a.folders:
            for name in ("md/cur/%08d:2,S" % i, "mh/%d" % (i + 1)):
                with open(os.path.join(a.folders, name), "wb") as f:
                    f.write(data)
        done += len(data)
        if done >= a.megabytes * 1e6 or i + 1 == a.count:
            break


if __name__ == "__main__":
    main()
