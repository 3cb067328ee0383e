"""TAP for apply_undo.t: apply_undo.py SIMSIFT INJECT.SO RUNS, in an empty
folder.

`scan --undo` brings a box back as it was, and is killed meanwhile, too.
"""
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apply_lib as lib  # noqa: E402
from apply_run import Kind, Place  # noqa: E402

simsift, inject, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
SEED = int(os.environ.get("SEED", "1"))
tap = lib.Tap()
with open("own.cf", "w") as rule_file:
    rule_file.write(lib.RULES)
RULES = os.getcwd()


def pool(job, items):
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(job, items))


def ran(what, p, want=0):
    return [] if p.returncode == want else ["%s: status %d: %s" % (
        what, p.returncode, p.stderr[:200])]


def as_before(place, start):
    """Nothing of the run is left."""
    return place.check(False, undo=True) or \
        place.left_over() + place.differs(start)


def plain(kind, start):
    place = Place(kind, "plain")
    wrong = ran("apply", place.apply())
    t = time.monotonic()
    wrong += ran("undo", place.apply("--undo"))
    kind.undo_seconds = time.monotonic() - t
    wrong += as_before(place, start)
    tap.result("%s: all is as before" % kind.name, wrong)
    p = place.apply("--undo")
    said = b"nothing to undo" in p.stderr.lower() and \
        len(p.stderr.splitlines()) == 1
    wrong = [] if said and p.returncode >= 0 else [
        "status %d: %s" % (p.returncode, p.stderr[:200])]
    tap.result("%s: the second time there is nothing" % kind.name,
               wrong + as_before(place, start))
    # It may be done again, and comes out the same.
    wrong = ran("apply", place.apply()) + place.check(True)
    wrong += wrong or place.differs(kind.done)
    wrong += ran("undo", place.apply("--undo")) + as_before(place, start)
    tap.result("%s: again" % kind.name, wrong)
    place.remove()


def between(kind, start):
    """Mail that came after the run stays."""
    place = Place(kind, "between")
    wrong = ran("apply", place.apply())
    for i, what in enumerate(("clean", "cut", "clean")):
        m = lib.message("between", 9000 + i, what, 3000, "\n")
        m.raw = m.raw.rstrip() + b"\n"
        m.new = m.raw
        place.deliver(m)
    wrong += ran("undo", place.apply("--undo"))
    wrong += as_before(place, start)
    tap.result("%s: mail that came after the run stays" % kind.name, wrong)
    if not wrong:
        place.remove()


def changed(kind):
    """What was deleted or moved to cur by hand since is not brought back
    twice, nor in the way."""
    place = Place(kind, "changed")
    wrong = ran("apply", place.apply())
    list_ = lib.read_maildir(place.box)
    gone = list_[0][0]
    for raw, flags, _, name in list_:
        sub = "cur" if os.path.exists(
            os.path.join(place.box, "cur", name)) else "new"
        full = os.path.join(place.box, sub, name)
        if raw == gone:
            os.unlink(full)
        elif sub == "new":
            os.rename(full, os.path.join(place.box, "cur", name + ":2,S"))
        elif "T" not in flags:
            os.rename(full, full + "T")
    p = place.apply("--undo")
    if p.returncode not in (0, 1):
        wrong += ran("undo", p)
    place.kind.list, kept = [
        m for m in kind.list if gone not in (m.raw,) and
        lib.bare(gone) != m.new], kind.list
    box = [raw for raw in place.read() if raw in {m.raw for m in kind.list}]
    wrong += lib.check(place.kind.list, box, lib.read_vault(place.vault)[0],
                       False, undo=True)
    place.kind.list = kept
    tap.result("%s: flags that changed since are no obstacle" % kind.name,
               wrong)


def files(path):
    """All of a folder: names, bytes, modes and times."""
    out = {}
    for name in lib.tree(path, ("v",)):
        st = os.stat(os.path.join(path, name))
        with open(os.path.join(path, name), "rb") as f:
            out[name] = f.read(), st.st_mode, int(st.st_mtime)
    return out


def but_times(all_, but):
    """The box that is changed in place has a time of its own."""
    return {n: v[:2] if n in but else v for n, v in all_.items()}


def many_boxes():
    """An mbox, an MH folder, a folder of files, a file and two Maildirs in one
    run; one of them is brought back, then the others."""
    os.makedirs("many")
    list_ = lib.messages("many %d" % SEED, 20, simsift, RULES, 20000)
    list_ = list({m.raw: m for m in list_}.values())
    lib.write_mbox("many/box", list_)
    lib.write_maildir("many/md", list_)
    lib.write_maildir("many/other", list_)
    for i, m in enumerate(list_):
        for name in ("mh/%d" % (i + 1), "folder/%d.eml" % i):
            os.makedirs(os.path.dirname("many/" + name), exist_ok=True)
            with open("many/" + name, "wb") as f:
                f.write(m.raw)
            os.utime("many/" + name, (lib.MTIME, lib.MTIME))
    cut = [m for m in list_ if m.kind == "cut"][0]
    with open("many/file", "wb") as f:
        f.write(cut.raw)
    os.utime("many/file", (lib.MTIME, lib.MTIME))
    lib.make_vault("many/v")
    before = but_times(files("many"), ("box",))
    names = ("box", "md", "other", "mh", "folder", "file")

    def run(*args):
        p = subprocess.run([simsift, "scan", *args[:1], "-C", RULES, "-V",
                            "many/v", *["many/" + a for a in args[1:]]],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           check=False)
        return ran(args[0], p)

    def same(part):
        now = but_times(files("many"), ("box",))
        return ["%s is not as before" % n for n in sorted({*now, *before})
                if n.split("/")[0] in part and now.get(n) != before.get(n)]
    wrong = run("--apply", *names)
    wrong += ["%s is as before" % n for n in names if not same((n,))]
    wrong += run("--undo", "md")
    wrong += same(("md",))
    wrong += ["%s was brought back, too" % n for n in names
              if n != "md" and not same((n,))]
    tap.result("six boxes in one run, one comes back", wrong)
    wrong = run("--undo")
    tap.result("and the others", wrong + same(names))


def at_random(kind, start, i):
    rng = random.Random("%d undo %s %d" % (SEED, kind.name, i))
    place, wrong = Place(kind, "u%d" % i), []
    hit = place.kill(rng) if rng.random() < .3 else None
    if hit is None:
        wrong += ran("apply", place.apply())
    for _ in range(rng.choice((0, 1, 1, 2))):
        hit = place.kill(rng, "--undo", kind.undo_seconds)
        wrong += place.check(False)
    p = place.apply("--undo")
    if p.returncode != 0 and b"nothing to undo" not in p.stderr.lower():
        wrong += ran("undo", p)
    wrong += as_before(place, start)
    if not wrong:
        place.remove()
    return bool(hit), ["run %d: %s" % (i, w) for w in wrong]


def random_moments(kind, start, count):
    got = pool(lambda i: at_random(kind, start, i), range(count))
    tap.result("%s: killed at random moments" % kind.name,
               [w for g in got for w in g[1]], ": %d runs, killed %d times" % (
                   count, sum(g[0] for g in got)))


def stopped(kind, start, n):
    """Undo is killed before its n-th change.  Was it?"""
    place = Place(kind, "c%d" % n)
    wrong = ran("apply", place.apply())
    fired = place.path + ".fired"
    place.apply("--undo", LD_PRELOAD=inject, INJECT_CALL="change",
                INJECT_N=str(n), INJECT_ERRNO="-1", INJECT_FIRED=fired)
    if not os.path.exists(fired):
        place.remove()
        return False, []
    os.unlink(fired)
    wrong += place.check(False)
    p = place.apply("--undo")
    if p.returncode != 0 and b"nothing to undo" not in p.stderr.lower():
        wrong += ran("undo", p)
    wrong += as_before(place, start)
    if not wrong:
        place.remove()
    return True, ["%d: %s" % (n, w) for w in wrong]


def each_change(kind, start):
    wrong, n, go = [], 0, True
    while go and n < 2000:
        got = pool(lambda i: stopped(kind, start, i),
                   range(n + 1, n + 9))
        wrong += [w for g in got for w in g[1]]
        n += sum(g[0] for g in got)
        go = all(g[0] for g in got)
    if n == 0:
        wrong.append("no change is seen")
    tap.result("%s: killed before each change" % kind.name, wrong,
               ": %d times" % n)


def main():
    many_boxes()
    for name in ("mbox", "Maildir"):
        list_ = lib.messages("undo %d" % SEED, 40, simsift, RULES, 100000)
        kind = Kind(name, list_, simsift, RULES, name)
        tap.result("%s: a run" % name, kind.wrong)
        start = Place(kind, "before")
        plain(kind, start)
        between(kind, start)
        if kind.maildir:
            changed(kind)
        random_moments(kind, start, runs // 2)
        list_ = lib.messages("undo small %d" % SEED, 8, simsift, RULES, 3000)
        kind = Kind(name, list_, simsift, RULES, name + "-small")
        each_change(kind, Place(kind, "before"))
    list_ = lib.messages("undo move %d" % SEED, 6, simsift, RULES, 3000)
    kind = Kind("Maildir with --move", list_, simsift, RULES, "moved")
    start = Place(kind, "before")
    plain(kind, start)
    each_change(kind, start)
    return tap.end()


sys.exit(main())
