#!/usr/bin/env python3
"""TAP for hostile.t: hostile_run.py SIMSIFT RULES [DIR]

Each message of hostile.py, or each file below DIR, through `simsift filter`:
exit status 0, all of the message there, in time, and without much memory.
Memory is the peak of parent and child together of what is theirs alone
(Private_Clean + Private_Dirty of smaps_rollup, looked at every 10 ms).
"""
import os
import subprocess
import sys
import time

import hostile

SECONDS, BYTES = 5.5, 512 << 20
simsift, rules = sys.argv[1:3]
asan = os.environ.get("ASAN") == "1"  # neither slow nor large means anything


def private(pid):
    n = 0
    try:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            for line in f:
                if line.startswith("Private"):
                    n += int(line.split()[1]) << 10
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            n += sum(private(int(c)) for c in f.read().split())
    except (OSError, ValueError):
        pass
    return n


def run(path):
    """(status, output, seconds, bytes)"""
    peak, out = 0, path + ".out"
    start = time.monotonic()
    with open(path, "rb") as i, open(out, "wb") as o:
        p = subprocess.Popen([simsift, "filter", "--no-vault", "-C", rules], stdin=i,
                             stdout=o)
    while p.poll() is None:
        peak = max(peak, private(p.pid))
        time.sleep(0.01)
    took = time.monotonic() - start
    with open(out, "rb") as f:
        got = f.read()
    os.unlink(out)
    return p.returncode, got, took, peak


def without_field(raw):
    at = raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0
    if raw[at:at + 10] != b"X-Simsift:":
        return raw
    end = raw.find(b"\n", at) + 1
    while raw[end:end + 1] in (b" ", b"\t"):
        end = raw.find(b"\n", end) + 1
    return raw[:at] + raw[end:]


def wrong(raw, status, got, took, peak):
    if status != 0:
        return "status %d" % status
    head = got[:300]
    if b"action=cut" in head:
        if len(got) < len(raw) // 3:
            return "less than a third is left"
    elif without_field(got) != raw:
        return "%d bytes became %d" % (len(raw), len(got))
    if not asan and took > SECONDS:
        return "too slow"
    if not asan and peak > BYTES:
        return "too large"
    return ""


def inputs(folder):
    if folder is None:
        yield from hostile.messages()
        return
    for top, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".eml"):
                with open(os.path.join(top, name), "rb") as f:
                    yield name, f.read()


n = bad = 0
slowest = largest = (0, "")
path = os.path.join(os.environ["TMP"], "message")
for name, raw in inputs(sys.argv[3] if len(sys.argv) > 3 else None):
    with open(path, "wb") as f:
        f.write(raw)
    status, got, took, peak = run(path)
    why = wrong(raw, status, got, took, peak)
    n += 1
    bad += bool(why)
    print("%s %d - %s (%.1f MB: %.2f s, %d MB)%s" % (
        "not ok" if why else "ok", n, name, len(raw) / 1e6, took, peak >> 20,
        "\n# " + why if why else ""), flush=True)
    slowest = max(slowest, (took, name))
    largest = max(largest, (peak, name))
print("# slowest %.2f s (%s), largest %d MB (%s)" % (
    *slowest, largest[0] >> 20, largest[1]))
print("1..%d" % n)
sys.exit(bad > 0)
