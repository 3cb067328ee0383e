#!/usr/bin/env python3
"""A vault with many messages, and what list and report take on it:

	tests/bench/vault.py build/simsift [N]     (N: 20000)

Times are the best of six; memory is the largest resident set (needs the
program time; 0 without).  The first report is run once: it marks what it
told."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import vault_put  # noqa: E402

TIME = "/usr/bin/time"


def fill(vault, n):
    for i in range(n):
        held = i % 3 > 0
        subject = f"日本短信卡 0月租 {i} 源头批发" if i % 2 else f"eSIM offer {i}"
        vault_put.put(
            vault, f"From: a{i}@x.example\nSubject: {i}\n\n".encode() +
            b"Cards in bulk, ask @eshop88 for them.\n" * (i % 60 + 1),
            age=i * 60, action="hold" if held else "cut",
            category="promo.wholesale" if held else "promo.telegram",
            subject=subject, cuts="" if held else "4 cuts, 245 of 2120 "
            "characters", **{"from": f'"Sales" <a{i}@x.example>'},
            rules=('NUM_RENTAL 5 /usr/share/20_number.cf:41 "接码注册卡"',
                   'TG_BRACKET 3.2 /usr/share/20_tg.cf:17 "【TG客服@eshop88】"'))


def memory(args):
    """In KB, or 0.  Not from wait4(2) here: a child starts with the largest
    resident set of the process that forked it, which is this one's."""
    if not os.path.exists(TIME):
        return 0
    p = subprocess.run([TIME, "-f", "%M", *args], stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, check=False)
    return int(p.stderr.split()[-1])


def run(what, args, once=False):
    best = None
    for _ in range(1 if once else 6):
        before = time.perf_counter()
        p = subprocess.run(args, stdout=subprocess.PIPE, check=False)
        took = time.perf_counter() - before
        best = took if best is None else min(best, took)
    rss = 0 if once else memory(args)
    print(f"{what:32} {best:6.3f} s  {rss / 1024:6.1f} MB  "
          f"{p.stdout.count(10)} lines, status {p.returncode}")


def main():
    program, n = sys.argv[1], int((sys.argv[2:] or [20000])[0])
    with tempfile.TemporaryDirectory() as top:
        vault = os.path.join(top, "vault")
        before = time.perf_counter()
        fill(vault, n)
        print(f"{n} messages made in {time.perf_counter() - before:.1f} s")
        rules = os.path.join(top, "rules")
        os.mkdir(rules)
        with open(os.path.join(rules, "a.cf"), "w") as f:
            f.write("body A /bulk/\n")
        shipped = os.path.join(os.path.dirname(__file__), "..", "..",
                               "filters")
        for name, more in ("a rule", rules), ("shipped rules", shipped):
            more = ["-C", more]
            common = [program, *more, "-V", vault]
            run(f"list --max 50 ({name})", [*common, "list", "--max", "50"])
            run(f"list ({name})", [*common, "list"])
        common = [program, "-C", rules, "-V", vault]
        run("list --from a19", [*common, "list", "--from", "a19"])
        run("report, all are new", [*common, "report"], True)
        run("report, nothing is new", [*common, "report"])
        run("purge, dry", [*common, "purge", "--older-than", "1d"])


main()
