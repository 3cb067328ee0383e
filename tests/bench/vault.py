#!/usr/bin/env python3
"""A vault with many messages, and what list and report take on it:

	tests/bench/vault.py build/simsift [N]     (N: 20000)

Times are the best of five, after one run that fills the cache; memory is the
largest resident set of the process."""
import os
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import vault_put  # noqa: E402


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


def run(what, args, rounds=5):
    best = rss = None
    for _ in range(rounds + 1 if rounds > 1 else 1):
        before = time.perf_counter()
        p = subprocess.Popen(args, stdout=subprocess.PIPE)
        out = p.stdout.read()
        _, status, use = os.wait4(p.pid, 0)
        took = time.perf_counter() - before
        p.returncode = os.waitstatus_to_exitcode(status)
        best = took if best is None else min(best, took)
        rss = max(rss or 0, use.ru_maxrss)
    print(f"{what:32} {best:6.3f} s  {rss / 1024:6.1f} MB  "
          f"{out.count(10)} lines, status {p.returncode}")


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
        run("report, all are new", [*common, "report"], 1)
        run("report, nothing is new", [*common, "report"])
        run("purge, dry", [*common, "purge", "--older-than", "1d"])


main()
