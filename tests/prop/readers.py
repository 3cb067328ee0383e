#!/usr/bin/env python3
"""readers.py email|mshow DIR: N.in and N.out are the same tree.

DIR holds messages before and after a cut, as prop-cuts -o writes them.  Says
as TAP comments where a reader sees another tree; then the status is 1.
"""
import email
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def by_email(name):
    """Of each part: type, names of the fields, encoding, charset, defects."""
    with open(name, "rb") as f:
        todo = [email.message_from_bytes(f.read())]
    out = []
    while todo:
        p = todo.pop(0)
        cte = p.get("Content-Transfer-Encoding", "").strip().lower()
        if p.get_content_maintype() not in ("multipart", "message"):
            p.get_payload(decode=True)
        elif cte not in ("base64", "quoted-printable"):
            todo = list(p.get_payload()) + todo
        # else an encoded message, which it reads without decoding it
        # Lengths and sums that a cut made wrong may go.
        fields = [k for k in p.keys() if k.lower() not in
                  ("content-length", "lines", "content-md5")]
        out.append((p.get_content_type(), fields, cte,
                    p.get_content_charset(),
                    sorted(type(d).__name__ for d in p.defects)))
    return out


def by_mshow(name):
    """Lines of mshow -t without sizes."""
    p = subprocess.run(["mshow", "-t", name], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False, timeout=60)
    text = p.stdout.decode("utf-8", "replace").replace(name, "")
    return [re.sub(r"\bsize=\d+", "", line) for line in text.split("\n")]


def compare(read, folder, name):
    before = read(os.path.join(folder, name + ".in"))
    after = read(os.path.join(folder, name + ".out"))
    if before == after:
        return ""
    for a, b in zip(before, after):
        if a != b:
            return "%r became %r" % (a, b)
    return "%d parts became %d" % (len(before), len(after))


def main():
    read = {"email": by_email, "mshow": by_mshow}[sys.argv[1]]
    folder = sys.argv[2]
    names = sorted(n[:-4] for n in os.listdir(folder) if n.endswith(".out"))
    with ThreadPoolExecutor(2) as pool:
        wrong = list(pool.map(lambda n: compare(read, folder, n), names))
    for name, why in zip(names, wrong):
        if why:
            print("# %s: %s" % (name, why))
    print("# %d messages, %d seen as another tree" % (
        len(names), sum(bool(w) for w in wrong)))
    return int(not names or any(wrong))


if __name__ == "__main__":
    sys.exit(main())
