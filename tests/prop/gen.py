#!/usr/bin/env python3
"""Random messages for props.t, the same for the same seed.

Written as DIR/NNN.eml; with a TOKEN it stands in many of their texts and
Subjects, in places where it may be cut.  compare() says in what way a message
that was cut is not the original without the token.
"""
import argparse
import base64
import email
import email.header
import os
import random
import re

WORDS = {
    "ascii": "the office moves next week please pack your desk by thursday "
             "and bring a pen for the plan of each floor".split(),
    "latin": "früh Schlüssel Frühstück für alle übermorgen Straße naïve café "
             "déjà élève garçon mañana señor".split(),
    "cyrillic": "собрание переносится на пятницу приходите вовремя этаж "
                "подробности у секретаря".split(),
    "han": "会议 改到 星期五 下午 请 大家 带好 笔记本 地点 三楼 大会议室 谢谢".split(),
    "kana": "会議は 金曜日 の 午後に 変更 されました 場所は 三階の 会議室 です".split(),
}
CHARSETS = [
    ("utf-8", "utf-8", "ascii latin cyrillic han kana"),
    ("us-ascii", "ascii", "ascii"),
    ("iso-8859-1", "latin-1", "ascii latin"),
    ("windows-1252", "cp1252", "ascii latin"),
    ("koi8-r", "koi8-r", "ascii cyrillic"),
    ("windows-1251", "cp1251", "cyrillic"),
    ("gb2312", "gb18030", "han"),
    ("gb18030", "gb18030", "han latin"),
    ("iso-2022-jp", "iso2022_jp", "kana ascii"),
    ("shift_jis", "shift_jis", "kana"),
    ("euc-jp", "euc_jp", "kana"),
]


class Maker:
    def __init__(self, rng, token):
        self.r, self.token = rng, token
        self.eol = rng.choice(["\n", "\n", "\r\n"])
        self.bounds = 0
        self.planted = 0

    def line(self, lang, least=4):
        return " ".join(self.r.choice(WORDS[lang])
                        for _ in range(self.r.randint(least, 12)))

    def plant(self, line):
        """The token between two words, or at an end of the line."""
        if not self.token or self.token in line:
            return line
        self.planted += 1
        w = line.split(" ")
        w.insert(self.r.randint(0, len(w)), self.token)
        return " ".join(w)

    def text(self, lang):
        lines = []
        for _ in range(self.r.randint(3, 9)):
            for _ in range(self.r.randint(1, 5)):
                lines.append(self.line(lang))
            lines.append("")
        for _ in range(self.r.randint(0, 2)):
            i = self.r.choice([i for i, s in enumerate(lines) if s])
            lines[i] = self.plant(lines[i])
        return self.eol.join(lines) + self.r.choice(["", self.eol])

    def html(self, lang):
        out = ["<html><body>"]
        for i in range(self.r.randint(3, 9)):
            s = self.line(lang, 10)
            if self.r.random() < 0.3:
                s = self.plant(s)
                if self.r.random() < 0.3 and self.token:
                    s = s.replace(self.token, "<b>%s</b>" % self.token)
            w = s.split(" ")
            k = self.r.randrange(len(w))
            if "<" not in w[k] and self.token not in s:
                w[k] = "<i>%s</i>" % w[k]
            out.append("<p>%s</p>" % " ".join(w))
        out.append("</body></html>")
        return self.eol.join(out) + self.eol

    def qp(self, raw):
        """Quoted-printable as nobody writes it, but anybody may."""
        out, col = [], 0
        pieces = raw.split(self.eol.encode())
        for n, piece in enumerate(pieces):
            for i, c in enumerate(piece):
                last = i + 1 == len(piece)
                plain = (33 <= c <= 126 and c != 61 or
                         c in (32, 9) and not last)
                if plain and self.r.random() > 0.03:
                    s = chr(c)
                else:
                    s = "=%02X" % c
                if col + len(s) > 75 or self.r.random() < 0.01:
                    out.append("=" + self.eol)
                    col = 0
                out.append(s)
                col += len(s)
            if n + 1 < len(pieces):
                out.append(self.eol)
                col = 0
        return "".join(out).encode()

    def b64(self, raw):
        s = base64.b64encode(raw).decode()
        n = self.r.choice([76, 76, 60, 72])
        return self.eol.join(
            s[i:i + n] for i in range(0, len(s), n)).encode()

    def leaf(self):
        label, codec, langs = self.r.choice(CHARSETS)
        lang = self.r.choice(langs.split())
        is_html = self.r.random() < 0.3
        raw = (self.html(lang) if is_html else self.text(lang)).encode(codec)
        if re.search(rb"(?m)^(--|From )", raw):
            raw = b"x" + raw
        ways = ["qp", "b64"]
        ways += ["7bit"] if max(raw) < 128 else ["8bit"]
        if label == "iso-2022-jp":
            ways = ["7bit", "b64"]
        way = self.r.choice(ways)
        head = ["Content-Type: text/%s; charset=%s" % (
            "html" if is_html else "plain", label)]
        if way == "qp":
            head.append("Content-Transfer-Encoding: quoted-printable")
            raw = self.qp(raw)
        elif way == "b64":
            head.append("Content-Transfer-Encoding: base64")
            raw = self.b64(raw)
        elif self.r.random() < 0.7:
            head.append("Content-Transfer-Encoding: " + way)
        return head, raw

    def attachment(self):
        raw = bytes(self.r.randrange(256) for _ in range(self.r.randint(0, 300)))
        return ["Content-Type: application/octet-stream; name=x.bin",
                "Content-Disposition: attachment; filename=x.bin",
                "Content-Transfer-Encoding: base64"], self.b64(raw) or b"AA=="

    def multipart(self, depth):
        self.bounds += 1
        bound = "%s%d" % (self.r.choice(["=_next", "cut-", "b."]), self.bounds)
        parts = [self.entity(depth + 1)]
        for _ in range(self.r.randint(0, 3)):
            parts.append(self.entity(depth + 1) if self.r.random() < 0.7
                         else self.attachment())
        e = self.eol.encode()
        out = b""
        if self.r.random() < 0.3:
            out += b"This is a message in parts." + e
        for head, raw in parts:
            out += b"--" + bound.encode() + e
            out += e.join(h.encode() for h in head) + e + e + raw + e
        out += b"--" + bound.encode() + b"--" + e
        if self.r.random() < 0.2:
            out += b"Nobody reads this." + e
        kind = self.r.choice(["mixed", "alternative", "related"])
        return ['Content-Type: multipart/%s; boundary="%s"' % (kind, bound)], out

    def entity(self, depth):
        x = self.r.random()
        if depth < 3 and x < 0.3:
            return self.multipart(depth)
        if 0 < depth < 3 and x < 0.4:
            return ["Content-Type: message/rfc822"], self.message(depth + 1)
        return self.leaf()

    def subject(self):
        lang = self.r.choice(list(WORDS))
        s = self.line(lang)
        if self.r.random() < 0.3:
            s = self.plant(s)
        way = self.r.random()
        if way < 0.3 or all(ord(c) < 128 for c in s):
            return s
        n = self.r.randint(9, 30)
        raw = s.encode()
        kind = self.r.choice("BQ")
        out = []
        for i in range(0, len(raw), n):  # characters may be split
            p = raw[i:i + n]
            if kind == "B":
                p = base64.b64encode(p).decode()
            else:
                p = "".join(chr(c) if chr(c).isalnum() and c < 128 else
                            "_" if c == 32 else "=%02X" % c for c in p)
            out.append("=?utf-8?%s?%s?=" % (kind, p))
        return (self.eol + " ").join(out)

    def message(self, depth=0):
        body, raw = self.entity(depth)
        head = ["From: Ann <ann@news.example>", "To: readers@list.example",
                "Subject: " + self.subject(),
                "Date: Mon, 2 Nov 2026 10:11:12 +0000", "MIME-Version: 1.0"]
        self.r.shuffle(head)
        e = self.eol.encode()
        return e.join(h.encode() for h in head + body) + e + e + raw

    def whole(self):
        raw = self.message()
        if self.r.random() < 0.2:
            raw = (b"From ann@news.example Mon Nov  2 10:11:12 2026" +
                   self.eol.encode() + raw)
        return raw


def generate(seed, i, token):
    """A message; with a token at least one of it is in there."""
    rng = random.Random("%s %d" % (seed, i))
    while True:
        m = Maker(rng, token)
        raw = m.whole()
        if not token or m.planted:
            return raw


FIELD = re.compile(rb"\A(From [^\n]*\n)?X-Simsift:[^\n]*\n(?:[ \t][^\n]*\n)*")


def bare(raw):
    """Without our field."""
    return FIELD.sub(lambda m: m.group(1) or b"", raw)


def tree(raw):
    """(type, names of the fields, text) of each part, blanks aside."""
    out = []
    codecs = {label: codec for label, codec, _ in CHARSETS}
    for p in email.message_from_bytes(raw).walk():
        text = ""
        if p.get_content_maintype() == "text":
            text = p.get_payload(decode=True).decode(
                codecs[p.get_content_charset()])
            if p.get_content_subtype() == "html":
                text = re.sub("<[^>]*>", "", text)
        elif not p.is_multipart():
            text = repr(p.get_payload(decode=True))
        subject = ""
        for word, charset in email.header.decode_header(p["Subject"] or ""):
            if charset == "unknown-8bit":
                charset = "utf-8"
            subject += (word if isinstance(word, str) else
                        word.decode(charset or "utf-8", "surrogateescape"))
        out.append((p.get_content_type(), p.keys(),
                    re.sub(r"\s", "", text), re.sub(r"\s", "", subject)))
    return out


def compare(before, after, token):
    token = re.sub(r"\s", "", token)
    a, b = tree(before), tree(after)
    if len(a) != len(b):
        return "%d parts became %d" % (len(a), len(b))
    for (t, k, x, s), (t2, k2, x2, s2) in zip(a, b):
        if (t, k) != (t2, k2):
            return "%s %s became %s %s" % (t, k, t2, k2)
        if x.replace(token, "") != x2:
            return "text: %r became %r" % (x, x2)
        if s.replace(token, "") != s2:
            return "subject: %r became %r" % (s, s2)
    return ""


if __name__ == "__main__":
    ap = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("seed")
    ap.add_argument("count", type=int)
    ap.add_argument("dir")
    ap.add_argument("token", nargs="?", default="")
    opt = ap.parse_args()
    os.makedirs(opt.dir, exist_ok=True)
    for i in range(opt.count):
        with open(os.path.join(opt.dir, "%03d.eml" % i), "wb") as f:
            f.write(generate(opt.seed, i, opt.token))
