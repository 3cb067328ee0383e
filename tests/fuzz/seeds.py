#!/usr/bin/env python3
"""seeds.py OUT EVERY [FOLDER...]: what each fuzz target begins with, in
OUT/TARGET: our own cases, rules and tests, and all files of the folders as
messages; of all these each EVERY-th."""
import email
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTS)
LARGEST = 32768
EVERY = int(sys.argv[2])
LABELS = [  # as in charset.c
    "", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-7", "utf-16",
    "utf-16be", "utf-32", "gb2312", "gbk", "gb18030", "hz", "big5", "",
    "euc-jp", "shift_jis", "iso-2022-jp", "iso-2022-kr", "", "euc-kr",
    "koi8-r", "windows-1251", "windows-1258"]
TEXT = "Keep the SIM; 旧卡不要扔, 新卡 to come. Карта и ключ. 새 카드. テスト ﾃｽﾄ é\n"


def put(out, target, n, data):
    if len(data) <= LARGEST and n % EVERY == 0:
        folder = os.path.join(out, target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "s%05d" % n), "wb") as f:
            f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def mails(folders):
    for folder in folders:
        for path, dirs, files in os.walk(folder):
            dirs.sort()
            for name in sorted(files):
                if name.endswith((".eml", ".msg", ".mbox")) or \
                        folder not in (TESTS,):
                    yield read(os.path.join(path, name))


def of_mail(out, n, data):
    for target in "message", "mime", "judge", "reading", "box", "fold", "digest":
        put(out, target, n, data if target != "box" else b"\0" + data)
    head, _, body = data.partition(b"\n\n")
    put(out, "decode", n, bytes([n % 5]) + body[:LARGEST - 1])
    for i, line in enumerate(re.split(rb"\n(?![ \t])", head)):
        if b"=?" in line and i < 50:
            put(out, "words", n * 50 + i, line.partition(b":")[2])
    try:
        for part in email.message_from_bytes(data).walk():
            if part.get_content_type() == "text/html":
                put(out, "html", n, part.get_payload(decode=True) or b"")
    except (ValueError, LookupError, AttributeError, TypeError):
        pass  # it is made to break parsers


def of_rules(out):
    folder = os.path.join(ROOT, "filters")
    patterns, n = {}, 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".cf"):
            continue
        text = read(os.path.join(folder, name))
        for i in range(0, len(text), 2048):
            n += 1
            put(out, "rules", n, text[i:i + 2048])
        for m in re.finditer(
                rb"^\s*body\s+(\S+)\s+/(.*)/([a-z]*)$", text, re.M):
            patterns[m.group(1)] = m.group(2), m.group(3)
        for m in re.finditer(rb"^\s*test\s+(\S+)\s+ok\s+(.*)$", text, re.M):
            if m.group(1) in patterns:
                n += 1
                put(out, "literal", n, b"\0".join(
                    patterns[m.group(1)] + (m.group(2),)))


def main():
    out = sys.argv[1]
    for n, data in enumerate(mails([TESTS] + sys.argv[3:])):
        of_mail(out, n, data)
    of_rules(out)
    for i, label in enumerate(LABELS):
        text = TEXT.encode(label or "utf-8", "ignore")
        put(out, "charset", i * EVERY, bytes([i]) + text)
    for target in "edit", "wire":
        put(out, target, 0, b"\1\0\0\0\1\0\0" + TEXT.encode() * 3)


main()
