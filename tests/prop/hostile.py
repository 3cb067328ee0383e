#!/usr/bin/env python3
"""Messages made to crash, mislead or slow a reader."""
import argparse
import base64
import os

HEAD = (b"From: ann@news.example\nTo: readers@list.example\nSubject: eSIM\n"
        b"MIME-Version: 1.0\n")
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\n\n"
SHOP = b"[TG @cardhouse77] eSIM t.me/s/cardhouse77\n"
MB = 1 << 20


def nested(n):
    for i in range(n):
        yield b'Content-Type: multipart/mixed; boundary="n%d"\n\n--n%d\n' % (
            i, i)
    yield b"\n" + SHOP
    for i in reversed(range(n)):
        yield b"\n--n%d--\n" % i


def matryoshka(n):
    m = TEXT + SHOP
    for _ in range(n):
        m = (HEAD + b"Content-Type: message/rfc822\n"
             b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(m))
    return m


def messages():
    yield "empty", b""
    yield "one-byte", b"s"
    yield "no-line-end", TEXT + SHOP[:-1]
    yield "nul", TEXT + b"[TG\0 @card\0house77] eSIM\0\n" * 2000
    yield "only-nul", b"\0" * MB
    yield "only-line-ends", b"\n" * (4 * MB)
    yield "only-cr", b"\r" * (4 * MB)
    yield "all-bytes", TEXT + bytes(range(256)) * 8192
    yield "boundary-quote", (b'Content-Type: multipart/mixed; boundary="\\""'
                             b"\n\ny\n")
    yield "qp-ends-in-token", (b"Content-Transfer-Encoding: quoted-printable"
                               b"\n\nuvw=3")
    yield "nested-messages", HEAD + (b"Content-Type: message/rfc822\n\n" *
                                     100000) + SHOP
    yield "nested-comments", (b"To: " + b"(" * 200000 + b")" * 200000 +
                              b" ann@news.example\n\n" + SHOP)
    yield "nested-comments-open", (b"Content-Type: " + b"(" * 300000 + b"\n\n" +
                                   SHOP)
    yield "nested-multiparts", HEAD + b"".join(nested(30000))
    yield "nested-encoded", matryoshka(12)
    yield "fields", b"".join(b"X-F%d: v\n" % i
                             for i in range(1000000)) + b"\n" + SHOP
    yield "field-folds", b"X-F: v\n" + b" v\n" * 1000000 + b"\n" + SHOP
    yield "no-fields", b"no field here\n" * 500000 + b"A: b\n\n" + SHOP
    yield "parts", (HEAD + b'Content-Type: multipart/mixed; boundary="p"\n\n' +
                    b"--p\n\n\n" * 1000000 + b"--p--\n")
    yield "part-prefixes", (HEAD + b'Content-Type: multipart/mixed; '
                            b'boundary="' + b"-" * 200 + b'"\n\n' +
                            (b"-" * 201 + b"\n") * 100000)
    yield "parameters", (b"Content-Type: multipart/mixed" + b"; a=b" * 200000 +
                         b"\n\n" + SHOP)
    yield "parameter-pieces", (b"Content-Type: text/plain" + b"".join(
        b"; charset*%d=a" % i for i in range(100000)) + b"\n\n" + SHOP)
    yield "attachment-50m", (
        HEAD + b"Content-Type: application/octet-stream\n"
        b"Content-Transfer-Encoding: base64\n\n" +
        (b"U0lN" * 18 + b"\n") * 700000)
    yield "text-50m", TEXT + (b"The office moves to the next floor.\n" *
                              (50 * MB // 36))
    yield "text-50m-base64", (
        HEAD + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64"
        b"\n\n" + (b"U0lNIGVT" * 9 + b"\n") * (50 * MB // 73))
    yield "text-40m-gb18030", (
        HEAD + b"Content-Type: text/plain; charset=gb18030\n\n" +
        "会议改到周五下午举行。".encode("gb18030") * (40 * MB // 22))
    yield "line-60m", TEXT + b"o" * (60 * MB) + b"\n"
    yield "subject-50m", b"Subject: " + b"s" * (50 * MB) + b"\n\n" + SHOP
    yield "subject-words", (b"Subject:" + b" =?utf-8?B?5Y2h?=\n" * 300000 +
                            b"\n" + SHOP)
    yield "html-open-tags", HTML + b"<b>" * 100000 + SHOP
    yield "html-formatting", HTML + b"<a><u><i>" * 6000 + b"<p>" * 6000
    yield "html-attributes", HTML + b"<p " + b" ".join(
        b"x%d=2" % i for i in range(120000)) + b">y</p>\n"
    yield "html-less-than", HTML + b"<" * (8 * MB)
    yield "html-comments", HTML + b"<!--" * 500000 + SHOP
    yield "html-references", HTML + b"&#x26;&am&notin" * 300000 + SHOP
    yield "html-close-tags", HTML + b"<div>" * 400 + b"</p>" * 1000000
    yield "html-quotes", HTML + b"<a href=\"" * 300000 + SHOP
    yield "html-styles", HTML + b"<style>a{b:c}" * 200000 + SHOP
    yield "html-links", HTML + (b'<a href="http://t.me/s/cardhouse77">eSIM</a>'
                                * 200000)
    yield "regex-bait", (TEXT + b"a" * (4 * MB) + b"\n" + b"@" * MB + b"\n" +
                         "［".encode() * 500000 + b"\n" + b"[TG" * 300000)
    yield "links", TEXT + b"http://t.me/ " * 1000000
    yield "dots", TEXT + b"a." * (4 * MB) + b"com/"
    yield "hits", TEXT + (b"The office moves. [TG @cardhouse77] eSIM\n" *
                          200000)
    yield "brackets", TEXT + b"[" * 500000 + SHOP + b"]" * 500000
    yield "quotes", TEXT + (b"> a\n" + SHOP) * 50000
    yield "fences", TEXT + (b"```\n" + SHOP) * 50000
    yield "paragraphs", TEXT + b"eSIM\n\n" * 1500000
    yield "qp-soft-breaks", (HEAD + b"Content-Transfer-Encoding: "
                             b"quoted-printable\n\n" + b"e=\n" * 3000000)
    yield "from-lines", (b"From a@b.example Mon Nov  2 10:11:12 2026\n" + HEAD +
                         b"\n" + b"\nFrom there\n" * 300000)
    yield "charsets", (HEAD + b"Content-Type: multipart/mixed; boundary=c\n\n" +
                       b"".join(b"--c\nContent-Type: text/plain; charset="
                                b"iso-2022-jp-%d\n\n\x1b$B" % i
                                for i in range(9000)) + b"--c--\n")
    yield "zero-width", TEXT + "e\u200bS\u200cI\u200dM ".encode() * 400000
    yield "combining", TEXT + b"e" + "\u0301".encode() * (4 * MB)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("dir", help="where they are written: 500 MB")
    folder = ap.parse_args().dir
    os.makedirs(folder, exist_ok=True)
    for name, raw in messages():
        with open(os.path.join(folder, name + ".eml"), "wb") as f:
            f.write(raw)
