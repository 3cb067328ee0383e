#!/usr/bin/env python3
"""TAP: what simsift makes of tests/corpus against expect.tsv.

compare.py CORPUS FILTERS SIMSIFT

One scan over both folders, then `filter` for each message that was cut: each
text or address of the column gone is gone, each text of the column stay is
there, and as many letters went as the gone ones have (those of the column may
are free).

open.txt names the messages that are not right yet: a fault of these is a TODO
of TAP and fails nothing, one that has become right fails until its name is
taken out, so that the list can only get shorter.
"""
import collections
import email
import email.policy
import html
import json
import os
import re
import subprocess
import sys

HEAD = re.compile(r"(?is)<(style|script)\b.*?</\1>|<[^>]*>")


def texts(data):
    """The subject and each text part as a reader sees it, and its source."""
    msg = email.message_from_bytes(data, policy=email.policy.default)
    for part in msg.walk():
        if "Subject" in part:
            yield str(part["Subject"]), ""
        if part.get_content_maintype() != "text":
            continue
        raw = part.get_payload(decode=True) or b""
        try:
            source = raw.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            source = raw.decode("utf-8", "replace")
        shown = source
        if part.get_content_subtype() == "html":
            shown = html.unescape(HEAD.sub("", source))
        yield shown, source


def bare(text):
    """Without white space: lines are wrapped anew by a cut."""
    return re.sub(r"\s+", "", text)


def letters(text):
    return sum(1 for c in text if c.isalnum())


def column(text):
    if text == "-":
        return []
    text = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
    return [bare(t.replace("\\\\", "\\")) for t in text.split(" || ")]


def without(text, spans):
    for s in sorted(spans, key=len, reverse=True):
        text = text.replace(s, "")
    return text


def cut_faults(before, after, gone, stay, may):
    """What is wrong with a cut, as a list of sentences."""
    old = [bare(t) for t, _ in texts(before)]
    new = [bare(t) for t, _ in texts(after)]
    links = [bare(t) for _, t in texts(after)]
    faults = ["still there: " + g for g in gone
              if any(g in t for t in new + links)]
    faults += ["lost: " + s for s in stay if not any(s in t for t in new)]
    most = sum(letters(without(t, gone)) for t in old)
    least = sum(letters(without(t, gone + may)) for t in old)
    left = sum(letters(t) for t in new)
    if left > most:
        faults.append("%d letters of the promotion stay" % (left - most))
    if left < least:
        faults.append("%d letters too many went" % (least - left))
    return faults


def faults_of(row, path, want, program, filters):
    verdict, action = want["verdict"], want["action"].split("/")
    if row is None:
        return ["scan says nothing of it"]
    faults = []
    if row["verdict"] != verdict:
        faults.append("verdict %s, wanted %s" % (row["verdict"], verdict))
    if row["action"] not in action:
        faults.append("action %s, wanted %s" % (row["action"], want["action"]))
    if row["action"] == "cut" and want["gone"] != "-":
        with open(path, "rb") as f:
            before = f.read()
        after = subprocess.run([program, "filter", "-C", filters],
                               input=before, capture_output=True).stdout
        faults += cut_faults(before, after, column(want["gone"]),
                             column(want["stay"]), column(want["may"]))
    if faults:
        faults.append("rules " + (",".join(
            r["name"] for r in row["rules"]) or "none"))
    return faults


def wanted(path):
    with open(path, encoding="utf-8") as f:
        names = f.readline().rstrip("\n").split("\t")
        return {w["file"]: w for w in (
            dict(zip(names, line.rstrip("\n").split("\t"))) for line in f)}


def still_open(path):
    with open(path, encoding="utf-8") as f:
        return {line.strip() for line in f if line[0] not in "#\n"}


def main(corpus, filters, program):
    want = wanted(os.path.join(corpus, "expect.tsv"))
    todo = still_open(os.path.join(corpus, "open.txt"))
    out = subprocess.run([program, "scan", "--json", "-C", filters,
                          os.path.join(corpus, "promo"),
                          os.path.join(corpus, "ham")],
                         stdout=subprocess.PIPE, check=True).stdout
    rows = {os.path.relpath(r["id"], corpus): r
            for r in map(json.loads, out.splitlines())}
    print("1..%d" % (len(want) + 1))
    unknown = sorted((set(rows) | todo) - set(want))
    print("%sok 1 - each message is in expect.tsv" % ("not " * bool(unknown)))
    for name in unknown:
        print("# " + name)
    good, total = collections.Counter(), collections.Counter()
    other = wrong = 0
    for n, (name, w) in enumerate(sorted(want.items()), 2):
        row = rows.get(name)
        faults = faults_of(row, os.path.join(corpus, name), w, program,
                           filters)
        right = not faults
        if name in todo and right:
            faults = ["right now: take its name out of open.txt"]
        wrong += bool(faults) and (right or name not in todo)
        print("%sok %d - %s%s" % ("not " * bool(faults), n, name,
                                  " # TODO open" * (not right and
                                                    name in todo)))
        for fault in faults:
            print("# %s: %s" % (name, fault))
        kind = name.split("/")[0] + (
            ", kept aside" if name.endswith("-k.eml") else "")
        total[kind] += 1
        good[kind] += right
        if row and row["verdict"] == w["verdict"] != "clean" and not any(
                (row["category"] + ".").startswith(c + ".")
                for c in w["category"].split("/")):
            other += 1
            print("# category of %s: %s, not %s" % (
                name, row["category"], w["category"]))
    for kind in sorted(total):
        print("# %s: %d of %d right" % (kind, good[kind], total[kind]))
    print("# found, but of another category: %d" % other)
    return unknown or wrong


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:4])))
