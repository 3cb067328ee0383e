#!/usr/bin/env python3
"""TAP for props.t: props.py SIMSIFT RULES SEED COUNT"""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import gen

simsift, rules, seed, count = sys.argv[1:3] + [sys.argv[3], int(sys.argv[4])]
TOKEN = "[TG @shop88]"


def filtered(raw):
    p = subprocess.run([simsift, "filter", "--no-vault", "-C", rules], input=raw,
                       stdout=subprocess.PIPE, check=False)
    return p.stdout if p.returncode == 0 else b"status %d" % p.returncode


def without_hit(i):
    raw = gen.generate(seed, i, "")
    return "" if filtered(raw) == raw else "not the same bytes"


def with_hit(i):
    raw = gen.generate(seed, i, TOKEN)
    once = filtered(raw)
    if b"action=cut" not in once[:200]:
        return "not cut: %r" % once[:120]
    why = gen.compare(raw, gen.bare(once), TOKEN)
    if not why and filtered(once) != gen.bare(once):
        why = "filtered again it is not the same"
    for line in gen.bare(once).split(b"\n"):
        if not why and len(line) > 998:
            why = "a line of %d bytes" % len(line)
    return why


n = bad = 0
for what, run in ("no hit: the same bytes", without_hit), \
                 ("a hit: only the token goes", with_hit):
    with ThreadPoolExecutor(2) as pool:
        wrong = [(i, w) for i, w in enumerate(pool.map(run, range(count))) if w]
    n += 1
    bad += bool(wrong)
    print("%s %d - %s (%d messages, seed %s)" % (
        "not ok" if wrong else "ok", n, what, count, seed))
    print("# %d of %d wrong" % (len(wrong), count) if wrong else "", end="")
    for i, w in wrong[:10]:
        print("\n# message %d: %s" % (i, w[:600]), end="")
    print("\n" if wrong else "", end="")
print("1..%d" % n)
sys.exit(bad > 0)
