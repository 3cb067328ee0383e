"""TAP for kill.t: kill.py SIMSIFT RUNS [procmail], in a folder with cut/ and
hold/.

Only processes that this program started, or that those started, are killed.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

simsift, runs = sys.argv[1], int(sys.argv[2])
procmail = len(sys.argv) > 3
ATONCE = 8
TOKEN = b" [TG @shop88]"
os.environ["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1"
number = bad = 0


def result(what, wrong, note=""):
    global number, bad
    number += 1
    bad += bool(wrong)
    print("%s %d - %s%s" % ("not ok" if wrong else "ok", number, what, note))
    for w in wrong[:10]:
        print("# %s" % w)


def message(i):
    """Some are small, some take many writes."""
    size = (3, 40, 4000)[i % 3]
    text = b"".join(b"Line %d of message %d speaks of the office garden.\n" %
                    (k, i) for k in range(size))
    return (b"From: ann@news.example\nSubject: number %d\n"
            b"Message-ID: <%d@news.example>\n\nAsk" % (i, i)) + TOKEN + \
        b" for the keys.\n" + text


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []


def starts(pid):
    """Its start time, so that a number used again is not taken for it."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def is_simsift(pid):
    try:
        return os.path.samefile("/proc/%d/exe" % pid, simsift)
    except OSError:
        return False


def below(pid):
    todo, out = [pid], []
    while todo:
        for child in children(todo.pop()):
            todo.append(child)
            out.append(child)
    return out


def kill_below(pid, until, rng):
    """Kills one simsift process below pid, at a random moment of its life."""
    end, found = time.monotonic() + 2, []
    while not found and time.monotonic() < end:
        found = [p for p in below(pid) if is_simsift(p)]
    time.sleep(rng.uniform(0, until))
    found = [(p, starts(p)) for p in below(pid) if is_simsift(p)]
    if not found:
        return 0
    target, when = rng.choice(found)
    if when is None or starts(target) != when or not is_simsift(target):
        return 0
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        return 0
    return 1


def bare(raw):
    """Without our fields, and without what procmail puts on top."""
    if raw.startswith(b"From "):
        raw = raw.split(b"\n", 1)[1]
    head, sep, body = raw.partition(b"\n\n")
    kept, ours = [], False
    for line in head.split(b"\n"):
        ours = line.lower().startswith(b"x-simsift") or \
            ours and line[:1] in (b" ", b"\t")
        if not ours:
            kept.append(line)
    return b"\n".join(kept) + sep + body


def in_vault(vault):
    """{message: name}, and what is wrong with its files."""
    good, wrong = {}, []
    names = []
    for folder in ("new", "cur"):
        try:
            names += os.listdir(os.path.join(vault, folder))
        except OSError:
            pass
    for name in names:
        ident = name.split(".")[1]
        p = subprocess.run([simsift, "restore", "-C", "cut", "-V", vault,
                            ident], capture_output=True, check=False)
        if p.returncode != 0:
            wrong.append("torn: %s: %s" % (name, p.stderr))
        elif p.stdout in good:
            wrong.append("twice: %s" % name)
        good[p.stdout] = name
    return good, wrong


# ---- without a caller ----

def time_of(kind):
    """Seconds that a message takes, its process start and all."""
    took = []
    for i in range(6):
        t = time.monotonic()
        subprocess.run(command(kind, "warm"), input=message(i),
                       stdout=subprocess.DEVNULL, check=False)
        took.append(time.monotonic() - t)
    shutil.rmtree("warm", ignore_errors=True)
    return sorted(took)[3] * 2 # eight of them share the processors


def command(kind, vault):
    return [simsift, "filter" if kind == "cut" else "hold", "-C", kind, "-V",
            vault]


def alone(kind, i, vault, until):
    rng = random.Random("%s %d" % (kind, i))
    name = "m%d" % i
    with open(name, "wb") as f:
        f.write(message(i))
    with open(name) as inp, open(name + ".out", "wb") as out:
        p = subprocess.Popen(command(kind, vault), stdin=inp, stdout=out)
    killed = 0
    time.sleep(rng.uniform(0, until))
    if p.poll() is None:
        # Itself, or its child that judges.
        both = [p.pid] + children(p.pid)
        victim = rng.choice(both)
        try:
            os.kill(victim, signal.SIGKILL)
            killed = 1
        except OSError:
            pass
    status = p.wait()
    with open(name + ".out", "rb") as f:
        out = f.read()
    os.unlink(name)
    os.unlink(name + ".out")
    return status, out, killed


def without_caller(kind, count):
    vault, wrong, killed = "v-" + kind, [], 0
    until = time_of(kind)
    with ThreadPoolExecutor(ATONCE) as pool:
        got = list(pool.map(lambda i: alone(kind, i, vault, until),
                            range(count)))
    kept, torn = in_vault(vault)
    wrong += torn
    for i, (status, out, hit) in enumerate(got):
        m = message(i)
        killed += hit
        if status not in (0, 1, 75, -signal.SIGKILL):
            wrong.append("%d: status %d" % (i, status))
        elif status == 0 and kind == "hold" and m not in kept:
            wrong.append("%d: 0, and it is not in the vault" % i)
        elif status == 0 and kind == "cut":
            rest = bare(out)
            if rest == m.replace(TOKEN, b""):
                if m not in kept:
                    wrong.append("%d: cut, the original is lost" % i)
            elif rest != m:
                wrong.append("%d: 0 with %d bytes" % (i, len(out)))
    if killed < count // 10:
        wrong.append("killed only %d times" % killed)
    result("%s without a caller" % kind, wrong,
           ": %d runs, killed %d, %d in the vault" % (count, killed, len(kept)))


# ---- through procmail ----

RC = {
    # As the manual shows it: what the filter cannot do is delivered as it is.
    "cut": """:0fwr
| %(simsift)s filter -C %(top)s/cut -V %(top)s/p-cut
:0e
{ LOG=""
}
:0
%(top)s/box-cut/
""",
    # The condition reads header and body; procmail puts an empty line to it.
    "hold": """:0HBr
* ? %(simsift)s hold -C %(top)s/hold -V %(top)s/p-hold
/dev/null
:0
%(top)s/box-hold/
""",
}


def deliver(kind, i, until):
    rng = random.Random("procmail %s %d" % (kind, i))
    name = "p%d" % i
    with open(name, "wb") as f:
        f.write(message(i))
    with open(name) as inp:
        p = subprocess.Popen(["procmail", "-m", os.path.abspath(kind + ".rc")],
                             stdin=inp, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    killed = kill_below(p.pid, until, rng)
    status = p.wait()
    os.unlink(name)
    return status, killed


def through_procmail(kind, count):
    top = os.getcwd()
    for box in ("box-cut", "box-hold"):
        for sub in ("", "tmp", "new", "cur"):
            os.makedirs(os.path.join(box, sub), exist_ok=True)
    with open(kind + ".rc", "w") as f:
        f.write("SHELL=/bin/sh\nTIMEOUT=60\nVERBOSE=off\nLOGFILE=%s/log\n"
                "MAILDIR=%s\nDEFAULT=%s/box-%s/\n" % (top, top, top, kind))
        f.write(RC[kind] % {"simsift": simsift, "top": top})
    os.chmod(kind + ".rc", 0o600)
    until, wrong = time_of(kind), []
    with ThreadPoolExecutor(ATONCE) as pool:
        got = list(pool.map(lambda i: deliver(kind, i, until), range(count)))
    kept, torn = in_vault("p-" + kind)
    wrong += torn
    if kind == "hold":
        kept = {m[:-1] if m.endswith(b"\n\n") else m for m in kept}
    box = {}
    for sub in ("new", "cur"):
        for name in os.listdir("box-%s/%s" % (kind, sub)):
            with open("box-%s/%s/%s" % (kind, sub, name), "rb") as f:
                raw = f.read()
            m = re.search(rb"^Message-ID: <(\d+)@", raw, re.M)
            if m is None:
                wrong.append("in the box, torn: %r" % raw[:100])
            else:
                box.setdefault(int(m.group(1)), []).append(bare(raw))
    killed = sum(k for _, k in got)
    for i, (status, _) in enumerate(got):
        m = message(i)
        for raw in box.get(i, []):
            if raw not in (m, m.replace(TOKEN, b"")):
                wrong.append("%d: torn in the box" % i)
            elif raw != m and m not in kept:
                wrong.append("%d: cut, the original is lost" % i)
        if i not in box and m not in kept:
            wrong.append("%d: in neither (procmail: %d)" % (i, status))
        elif i not in box and kind == "cut":
            wrong.append("%d: not in the box" % i)
    if killed < count // 10:
        wrong.append("killed only %d times" % killed)
    result("%s through procmail" % kind, wrong,
           ": %d runs, killed %d, %d in the box, %d in the vault" % (
               count, killed, len(box), len(kept)))


for kind in ("cut", "hold"):
    without_caller(kind, runs // 4)
    if procmail:
        through_procmail(kind, runs // 4)
print("1..%d" % number)
sys.exit(bad > 0)
