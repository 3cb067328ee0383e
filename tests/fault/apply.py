"""TAP for apply.t: apply.py SIMSIFT INJECT.SO RUNS [procmail], in an empty
folder.

`scan --apply` ends suddenly: at random moments, and before or in the middle of
each change that it makes on disk; or that change fails.  Each message is there
once, old or new, and a second run finishes the work, also when mail came
between the two.
"""
import errno
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apply_lib as lib  # noqa: E402
from apply_run import Kind, Place  # noqa: E402

simsift, inject, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
procmail = len(sys.argv) > 4
SEED = int(os.environ.get("SEED", "1"))
ATONCE = 2
tap = lib.Tap()
with open("own.cf", "w") as rule_file:
    rule_file.write(lib.RULES)
RULES = os.getcwd()
DIE, DIE_IN, END, STOP = -1, -2, -3, -4  # as inject.c has them
WIDTH = 200  # of what is shown of a complaint


def pool(job, items):
    with ThreadPoolExecutor(ATONCE) as threads:
        return list(threads.map(job, items))


def arrival(what, number, place):
    """A message that comes between two runs.  Some are as long as what the
    box has lost, so that its size tells nothing."""
    rng = random.Random("%s %d" % (what, number))
    m = lib.message("late " + what, 9000 + number, "clean",
                    rng.choice((300, 3000, 100000)), "\n")
    m.raw = m.raw.rstrip() + b"\n"
    if rng.random() < .4 and not place.kind.maildir:
        sizes = [os.path.getsize(p.box) for p in (place, place.kind.done)] + \
            [os.path.getsize(os.path.join(place.kind.start, "box"))]
        gap = abs(rng.choice(sizes) - rng.choice(sizes))
        gap -= len(lib.FROM_LINE) + 2
        head = m.raw[:m.raw.index(b"\n\n") + 2]
        if gap > len(head) + 2:
            m.raw = head + b"x" * (gap - len(head) - 1) + b"\n"
    m.new = m.raw
    return m


# ---- at random moments ----

def at_random(kind, i):
    rng = random.Random("%d %s %d" % (SEED, kind.name, i))
    place, wrong = Place(kind, "r%d" % i), []
    hit = 0
    for turn in range(rng.choice((1, 1, 1, 2, 3))):
        hit += place.kill(rng)
        wrong += place.check(False)
        came = rng.random()
        if came < .1 and procmail:
            place.deliver_by_procmail(arrival("p%d" % i, turn, place))
        elif came < .5:
            place.deliver(arrival("r%d" % i, turn, place))
    p = place.apply()
    if p.returncode != 0:
        wrong.append("the second run: status %d: %s" % (
            p.returncode, p.stderr[:WIDTH]))
    wrong += place.check(True)
    if not wrong:
        wrong += place.differs(kind.done)
    wrong = ["run %d: %s" % (i, w) for w in wrong]
    if not wrong:
        place.remove()
    return hit, len(place.delivered), wrong


def random_moments(kind, count):
    got = pool(lambda i: at_random(kind, i), range(count))
    killed = sum(g[0] for g in got)
    wrong = [w for g in got for w in g[2]]
    if killed < count // 3:
        wrong.append("killed only %d times" % killed)
    tap.result("%s: killed at random moments" % kind.name, wrong,
               ": %d runs, killed %d times, %d messages came between" % (
                   count, killed, sum(g[1] for g in got)))


# ---- at each change ----

def calls(kind):
    """The changes of a run that nobody disturbs: [(call, path)]."""
    place = Place(kind, "log")
    log = place.path + ".log"
    place.apply(LD_PRELOAD=inject, INJECT_LOG=log)
    place.remove()
    with open(log) as f:
        return [tuple(l.rstrip("\n").split(" ", 1)) for l in f]


def stopped(kind, n, error, came):
    """(did it happen, what is wrong)"""
    name = "c%d-%d%s" % (n, error, "-came" * came)
    place, wrong, flags = Place(kind, name), [], False
    fired = place.path + ".fired"
    p = place.apply(LD_PRELOAD=inject, INJECT_CALL="change", INJECT_N=str(n),
                    INJECT_ERRNO=str(error), INJECT_FIRED=fired)
    if not os.path.exists(fired):
        place.remove()
        return False, []
    os.unlink(fired)
    # Without a crash it tidies up behind itself.
    wrong += place.check(False)
    if error > 0 and p.returncode < 0:
        wrong.append("died of signal %d" % -p.returncode)
    if error > 0 and p.returncode not in (0, 1, 74):
        wrong.append("status %d: %s" % (p.returncode, p.stderr[:WIDTH]))
    if error > 0 and p.returncode != 0 and not p.stderr:
        wrong.append("status %d without a word" % p.returncode)
    if error == errno.EINTR and p.returncode != 0:
        wrong.append("not tried again: %s" % p.stderr[:WIDTH])
    if p.returncode == 0:
        wrong += place.check(True)
    if error == END:
        if p.returncode not in (0, -signal.SIGTERM):
            wrong.append("status %d" % p.returncode)
        left = [n for n in place.left_over() if "box/tmp/" not in n]
        wrong += left
    if came and kind.maildir and n % 2:
        place.read_by_hand()
        flags = True
    elif came:
        place.deliver(arrival(name, n, place))
    if not wrong:
        p = place.apply()
        if p.returncode != 0:
            wrong.append("the second run: status %d: %s" % (
                p.returncode, p.stderr[:WIDTH]))
        wrong += place.check(True)
    if not wrong and not flags:
        wrong += place.differs(kind.done)
    if not wrong:
        place.remove()
    return True, ["%s %d: %s" % (kind.name, n, w) for w in wrong]


def each_change(kind, made, what, errors, only=None, half=None):
    """With each of the errors, and with and without mail that comes; in a
    short run they take turns, and with half (0, 1) only every other change is
    tried.  only: those calls."""
    jobs = []
    for n in (n + 1 for n, (call, _) in enumerate(made)
              if only is None or call in only):
        if runs < 200 and half is not None and n % 2 != half:
            continue
        ways = [(e, came) for e in errors for came in (False, True)]
        ways = ways if runs >= 200 else [ways[(n // 2 + SEED) % len(ways)]]
        jobs += [(n, e, came) for e, came in ways]
    got = pool(lambda job: stopped(kind, *job), jobs)
    wrong = ["%s (%s %s)" % (w, made[job[0] - 1][0], made[job[0] - 1][1][-60:])
             for job, g in zip(jobs, got) for w in g[1]]
    wrong += ["change %d did not happen" % job[0]
              for job, g in zip(jobs, got) if not g[0]]
    tap.result("%s: %s" % (kind.name, what), wrong,
               ": %d times" % sum(g[0] for g in got))


def order(kind, made):
    """What must be on disk before what."""
    wrong, synced, dirty = [], set(), {}
    box = "/box"
    for i, (call, path) in enumerate(made):
        if call in ("fsync", "fdatasync"):
            synced.add(path)
            dirty.pop(path, None)
        elif call in ("write", "pwrite", "ftruncate"):
            mine = path.endswith(box)
            others = [p for p in dirty if p != path and
                      not p.endswith(("lock", "(deleted)"))]
            if mine and others:
                wrong.append("%d: %s of the box, and not on disk is %s" % (
                    i + 1, call, others[0]))
            dirty[path] = i
        elif call.startswith("unlink") and any(p.endswith(box) for p in dirty):
            if not path.endswith(".lock"):
                wrong.append("%d: %s goes, and the box is not on disk" % (
                    i + 1, path))
    if any(p.endswith(box) for p in dirty):
        wrong.append("the box is never brought to disk")
    if not any(p.endswith(box) for p in synced):
        wrong.append("no fsync of the box is seen")
    tap.result("%s: what is on disk before what" % kind.name, wrong)


def locked(kind, made):
    """While the box is changed, both locks are held."""
    wrong, seen = [], 0
    for n in (n + 1 for n, (_, path) in enumerate(made)
              if path.endswith("/box")):
        place = Place(kind, "locks%d" % n)
        p = subprocess.Popen(
            place.command("--apply"), start_new_session=True, env=dict(
                os.environ, LD_PRELOAD=inject, INJECT_CALL="change",
                INJECT_N=str(n), INJECT_ERRNO=str(STOP),
                INJECT_FIRED=place.path + ".fired"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status = os.waitpid(p.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            seen += 1
            with open(place.box, "r+b") as f:
                try:
                    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    wrong.append("%d: no fcntl lock" % n)
                except OSError:
                    pass
            if not os.path.exists(place.box + ".lock"):
                wrong.append("%d: no dot lock" % n)
            os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        os.unlink(place.path + ".fired")
        place.remove()
    if seen < 2:
        wrong.append("stopped %d times" % seen)
    tap.result("%s: both locks are held" % kind.name, wrong,
               ": at %d changes" % seen)


def stops(p, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(p.pid, os.WUNTRACED | os.WNOHANG)
        if pid:
            return os.WIFSTOPPED(status)
        time.sleep(.002)
    return False


def torn_reads(kind):
    """Another program has the box under its locks, and some From_ lines are
    not in place; before the n-th read they are.  So what a message was taken
    for, and its bytes, may be of two states."""
    wrong, n, done = [], 0, False
    with open(os.path.join(kind.start, "box"), "rb") as f:
        right = f.read()
    parts = lib.split_mbox(right)
    while not done and n < 1000:
        n += 1
        place = Place(kind, "torn%d" % n)
        data, at = bytearray(right), 0
        for i, (line, raw) in enumerate(parts):
            if i > 0 and (i + n) % 2:
                data[at:at + 5] = b"Xxxx "
            at = right.find(lib.FROM_LINE, at + len(line) + len(raw))
        with open(place.box, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            with open(place.box + ".lock", "w") as lock:
                lock.write("0")
            f.write(data)
            f.flush()
            p = subprocess.Popen(
                place.command("--apply"), start_new_session=True, env=dict(
                    os.environ, LD_PRELOAD=inject, INJECT_CALL="pread",
                    INJECT_N=str(n), INJECT_ERRNO=str(STOP),
                    INJECT_FIRED=place.path + ".fired"),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # If it does not stop it has read all, and waits for the lock.
            done = not stops(p, 2)
            f.seek(0)
            f.write(right)
            f.flush()
            os.unlink(place.box + ".lock")
        # It may come to its n-th read only now.
        while p.poll() is None:
            os.killpg(p.pid, signal.SIGCONT)
            time.sleep(.01)
        bad = place.check(False)
        p = place.apply()
        if p.returncode != 0:
            bad.append("the second run: status %d: %s" % (
                p.returncode, p.stderr[:WIDTH]))
        bad += place.check(True)
        raws = {m.raw for m in kind.list}
        bad += ["in the vault as one, and gone: %r" % raw[:100] for raw in
                lib.read_vault(place.vault)[0] if raw not in raws and bad]
        wrong += ["%d: %s" % (n, w) for w in bad]
        place.remove()
    if n < 5:
        wrong.append("stopped %d times" % (n - 1))
    tap.result("%s: half written by another while it is read" % kind.name,
               wrong, ": %d times" % (n - 1))


# ---- two at once, a full disk ----

def two_at_once(kind):
    wrong, said = [], 0
    for i in range(max(3, runs // 40)):
        place = Place(kind, "two%d" % i)
        both = [subprocess.Popen(place.command("--apply"), text=True,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE) for _ in range(3)]
        for p in both:
            err = p.communicate()[1]
            said += p.returncode == 1
            if p.returncode not in (0, 1) or (p.returncode == 1 and not err):
                wrong.append("status %d: %s" % (p.returncode, err[:WIDTH]))
        wrong += place.check(False)
        p = place.apply()
        if p.returncode != 0:
            wrong.append("the last: status %d: %s" % (
                p.returncode, p.stderr[:WIDTH]))
        wrong += place.check(True)
        if not wrong:
            wrong += place.differs(kind.done)
            place.remove()
    tap.result("%s: three runs at once" % kind.name, wrong,
               ": %d of them gave way" % said)


FULL = """set -e
mount -t tmpfs -o size="$1" none "$2"
cp -a "$3/." "$2"
dd if=/dev/zero of="$2/filler" bs=4096 2>/dev/null || :
truncate -s "-$4" "$2/filler"
set +e
shift 4
"$@" 2>"$E"
echo $? >"$E.status"
cp -a "$M/." "$T"
rm -f "$T/filler"
"""


def full_disk(kind):
    """Box and vault on a file system with so many bytes free."""
    where = "unshare -m" if os.geteuid() == 0 else "unshare -rm"
    if subprocess.run(where.split() + ["sh", "-c", "mount -t tmpfs none /mnt"],
                      capture_output=True, check=False).returncode != 0:
        print("# no file systems of our own here: a full disk is not tried")
        return
    wrong, statuses = [], []
    size = sum(len(m.raw) for m in kind.list) * 4 + (8 << 20)
    for i, free in enumerate((0, 4096, 65536, 262144, 1 << 20, 1 << 22)):
        place = Place(kind, "full%d" % i)
        mnt, err = place.path + ".mnt", place.path + ".err"
        os.mkdir(mnt)
        command = [c.replace(place.path, mnt)
                   for c in place.command("--apply")]
        subprocess.run(
            where.split() + ["sh", "-c", FULL, "full", str(size), mnt,
                             place.path, str(free)] + command,
            env=dict(os.environ, E=err, M=mnt, T=place.path + ".out"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        place.remove()
        os.rename(place.path + ".out", place.path)
        with open(err + ".status") as f:
            status = int(f.read())
        with open(err) as f:
            said = f.read()
        statuses.append(status)
        if status not in (0, 1, 74) or (status and not said):
            wrong.append("%d free: status %d: %s" % (free, status, said))
        wrong += place.check(status == 0)
        p = place.apply()
        if p.returncode != 0:
            wrong.append("then: status %d: %s" % (p.returncode, p.stderr))
        wrong += place.check(True)
        if not wrong:
            wrong += place.differs(kind.done)
            place.remove()
    if 0 not in statuses or not any(statuses):
        wrong.append("never full, or always: %s" % statuses)
    tap.result("%s: a full disk" % kind.name, wrong,
               ": %s" % " ".join(map(str, statuses)))


def kind_of(name, list_):
    kind = Kind(name, list_, simsift, RULES,
                "%s-%d" % (name.replace(" ", "-"), len(list_)))
    tap.result("%s: a run that nobody disturbs" % name, kind.wrong,
               ": %d messages, %.2f s" % (len(list_), kind.seconds))
    return kind


def small(name, *kinds):
    list_ = [lib.message("%s %d" % (name, SEED), i, kind, 3000)
             for i, kind in enumerate(kinds)]
    lib.ask(list_, simsift, RULES)
    return kind_of(name, list_)


def main():
    for name in ("mbox", "Maildir"):
        kind = kind_of(name, lib.messages("%s %d" % (name, SEED), 60, simsift,
                                          RULES))
        random_moments(kind, runs // 2)
        two_at_once(kind)
        full_disk(kind)
    for kind in (small("mbox", "clean", "hold", "cut", "clean"),
                 small("mbox that grows", "cut", "clean"),
                 small("Maildir", "cut", "hold", "clean"),
                 small("Maildir with --move", "hold", "cut")):
        made = calls(kind)
        if not kind.maildir:
            order(kind, made)
            locked(kind, made)
            torn_reads(kind)
        each_change(kind, made, "killed before each change", [DIE])
        each_change(kind, made, "asked to end before each change", [END],
                    half=0)
        each_change(kind, made, "each change fails",
                    [errno.ENOSPC, errno.EIO], half=1)
        writes = "write", "pwrite"
        each_change(kind, made, "killed in each write", [DIE_IN], writes)
        each_change(kind, made, "half of each write, or it is interrupted",
                    [0, errno.EINTR], writes, half=0)
    return tap.end()


sys.exit(main())
