#!/usr/bin/env python3
"""eval.py SIMSIFT FILTERS CORPUS [--gold FILE] [--required N]: what the rules find.

CORPUS has folders promo/, hardham/, grey/ with a folder a family and a document
in each file (text, Markdown or HTML; a .eml is a message already), and mail/ham/
and mail/spam/ with whole messages.  Any of them may be missing.  Each document
is put into a message (UTF-8, 8bit; HTML as text/html), and all are judged by
one `SIMSIFT scan --json`.

Printed are recall by family and over all, false positives, the actions taken,
and for each mistake its score and the rules that hit.  With --gold (or
CORPUS/gold.tsv: file, start, end, kind; offsets in characters; kind cut or
optional) also how many documents lose exactly what they should.
"""
import argparse
import collections
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

GOOD, BAD = ("promo",), ("hardham", "mail/ham")


def files(top):
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            yield os.path.join(folder, name)


def read(path):
    raw = open(path, "rb").read()
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            pass
    return raw.decode("latin-1")


def subject_of(text):
    for line in re.sub(r"^---\n.*?\n---\n", "", text, flags=re.S).splitlines():
        line = re.sub(r"<[^>]*>|[*#>`]", "", line).strip()
        if line:
            return line[:80]
    return "(none)"


def encoded(text):
    import base64
    return "=?utf-8?B?" + base64.b64encode(text.encode()[:40].decode(
        "utf-8", "ignore").encode()).decode() + "?="


def message(path):
    """The document as a message; the bytes before its body."""
    text = read(path)
    kind = "html" if path.endswith((".html", ".htm")) else "plain"
    ident = hashlib.sha1(path.encode()).hexdigest()[:16]
    head = (f"From: Editor <editor@letters.example>\n"
            f"To: reader@mail.example\n"
            f"Subject: {encoded(subject_of(text))}\n"
            f"Date: Mon, 2 Nov 2026 10:11:12 +0000\n"
            f"Message-ID: <{ident}@letters.example>\n"
            f"MIME-Version: 1.0\n"
            f"Content-Type: text/{kind}; charset=utf-8\n"
            f"Content-Transfer-Encoding: 8bit\n\n").encode()
    return head, text


def lay_out(corpus, tmp):
    """{path of the message: (class, family, document)}, what to scan."""
    where, boxes = {}, []
    for cls in ("promo", "hardham", "grey"):
        for path in files(os.path.join(corpus, cls)):
            doc = os.path.relpath(path, corpus)
            out = os.path.join(tmp, doc) + ".eml"
            os.makedirs(os.path.dirname(out), exist_ok=True)
            if path.endswith(".eml"):
                data = open(path, "rb").read()
            else:
                head, text = message(path)
                data = head + text.encode()
            with open(out, "wb") as f:
                f.write(data)
            where[os.path.realpath(out)] = (cls, doc.split(os.sep)[1], doc)
    boxes += [os.path.join(tmp, c) for c in ("promo", "hardham", "grey")
              if os.path.isdir(os.path.join(tmp, c))]
    for cls in ("mail/ham", "mail/spam"):
        top = os.path.join(corpus, cls)
        for path in files(top):
            doc = os.path.relpath(path, corpus)
            where[os.path.realpath(path)] = (cls, doc.split(os.sep)[2], doc)
        if os.path.isdir(top):
            boxes.append(top)
    return where, boxes


def scan(program, options, boxes):
    out = subprocess.run([program, "scan", "--json", *options, *boxes],
                         stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines() if line.strip()]


def names(row):
    return ",".join(r["name"] if isinstance(r, dict) else r
                    for r in row.get("rules") or []) or "-"


def spans(path):
    gold = collections.defaultdict(list)
    with open(path, encoding="utf-8", newline="") as f:
        for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            gold[r["file"]].append((int(r["start"]), int(r["end"]), r["kind"]))
    return gold


def lost(before, after):
    """Which characters that are not blank are gone; None: others came."""
    from difflib import SequenceMatcher
    gone = set()
    a = [i for i, c in enumerate(before) if not c.isspace()]
    x = "".join(before[i] for i in a)
    y = "".join(c for c in after if not c.isspace())
    for how, i, j, k, n in SequenceMatcher(None, x, y, False).get_opcodes():
        if how in ("insert", "replace"):
            return None
        if how == "delete":
            gone.update(a[i:j])
    return gone


def exact(program, options, corpus, doc, wanted):
    head, text = message(os.path.join(corpus, doc))
    out = subprocess.run([program, "filter", *options],
                         input=head + text.encode(),
                         stdout=subprocess.PIPE).stdout
    body = out.partition(b"\n\n")[2].decode("utf-8", "replace")
    gone = lost(text, body)
    if gone is None:
        return False
    must = {i for s, e, k in wanted if k == "cut" for i in range(s, e)
            if not text[i].isspace()}
    may = {i for s, e, k in wanted for i in range(s, e)}
    return must <= gone <= must | may


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument("simsift")
    ap.add_argument("filters")
    ap.add_argument("corpus")
    ap.add_argument("--gold")
    ap.add_argument("--required", type=float)
    a = ap.parse_args()
    options = ["-C", a.filters]
    if a.required is not None:
        options += ["-c", f"required_score {a.required:g}"]
    if not os.path.isdir(a.corpus):
        sys.exit(f"eval: no such folder: {a.corpus}")
    total, hit = collections.Counter(), collections.Counter()
    actions, wrong = collections.defaultdict(collections.Counter), []
    with tempfile.TemporaryDirectory(prefix="eval-") as tmp:
        where, boxes = lay_out(a.corpus, tmp)
        for row in scan(a.simsift, options, boxes):
            cls, family, doc = where.get(os.path.realpath(row["id"]),
                                         (None, None, None))
            if cls is None:
                continue
            found = row["verdict"] in ("promo", "phish")
            total[cls, family] += 1
            hit[cls, family] += found
            actions[cls, family][row["action"]] += 1
            if (cls in GOOD and not found) or (cls in BAD and found):
                wrong.append((doc, row["score"], names(row)))
    print(f"{'family':<36}{'messages':>9}{'found':>7}{'rate':>8}  actions")
    for key in sorted(total):
        did = " ".join(f"{k} {n}" for k, n in sorted(actions[key].items()))
        print(f"{'/'.join(key):<36}{total[key]:>9}{hit[key]:>7}"
              f"{100 * hit[key] / total[key]:>7.1f}%  {did}")
    promo = [k for k in total if k[0] in GOOD]
    if promo:
        n = sum(total[k] for k in promo)
        print(f"recall: {100 * sum(hit[k] for k in promo) / n:.1f} % of the "
              f"documents, {100 * sum(hit[k] / total[k] for k in promo) / len(promo):.1f} % "
              f"as the mean of the families")
    for cls in BAD:
        n = sum(total[k] for k in total if k[0] == cls)
        if n:
            print(f"false in {cls}: {sum(hit[k] for k in hit if k[0] == cls)} of {n}")
    gold = a.gold or os.path.join(a.corpus, "gold.tsv")
    if os.path.isfile(gold):
        right, docs = collections.Counter(), collections.Counter()
        for doc, wanted in sorted(spans(gold).items()):
            docs[doc.split("/")[1]] += 1
            right[doc.split("/")[1]] += exact(
                a.simsift, options, a.corpus, doc, wanted)
        for family in sorted(docs):
            print(f"exact cuts: {family} {right[family]} of {docs[family]}")
    for doc, score, rules in sorted(wrong):
        print(f"mistake: {doc}\n    score {score}: {rules}")


main()
