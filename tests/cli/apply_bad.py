"""TAP for apply_bad.t: apply_bad.py SIMSIFT LIB, in an empty folder that is
reached by everybody.

What cannot be changed: a clear line for each, the box is as it was, the other
boxes go on, exit status 1.
"""
import bz2
import fcntl
import gzip
import os
import shutil
import subprocess
import sys
import threading
import time

simsift = os.path.abspath(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import apply_lib as lib  # noqa: E402

tap = lib.Tap()
TOP = os.getcwd()


def plain_user():
    """Nothing is read-only to root."""
    if os.geteuid() != 0:
        return
    os.chown(".", 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def apply(*args, vault="v", rules=TOP, stdin=None, command="--apply"):
    return subprocess.run(
        [simsift, "scan", command, "-C", rules, "-V", vault] +
        ["--json"] * (command == "--apply") + list(args),
        stdin=stdin, capture_output=True, check=False, timeout=300)


def folder(name):
    """A folder of its own, with the boxes `box` and `good`, and a vault."""
    shutil.rmtree(name, ignore_errors=True)
    os.makedirs(name)
    lib.write_mbox(name + "/box", LIST)
    lib.write_maildir(name + "/md", SINGLE)
    os.makedirs(name + "/other")
    lib.write_mbox(name + "/other/good", LIST)
    lib.make_vault(name + "/v")
    return name


def snapshot(path):
    out = {}
    for top, _, names in os.walk(path):
        for name in names:
            full = os.path.join(top, name)
            with open(full, "rb") as f:
                out[full] = f.read(), os.stat(full).st_mtime_ns
    if os.path.isfile(path):
        with open(path, "rb") as f:
            out[path] = f.read(), os.stat(path).st_mtime_ns
    return out


def words(p, want, name):
    """One line that says which box, and why."""
    lines = p.stderr.decode().splitlines()
    wrong = [] if p.returncode == 1 else ["status %d" % p.returncode]
    if len(lines) != 1 or not lines[0].startswith("simsift: ") or \
            name not in lines[0] or not any(
                w in lines[0].lower() for w in want) or len(lines[0]) > 300:
        wrong.append("%d lines: %s" % (len(lines), p.stderr[:400]))
    return wrong


def refused(what, want, box, prepare, undo=None, good=True, add=(), **more):
    """prepare(folder) spoils `box`; it must then be as it was."""
    d = folder(what.replace(" ", "-"))
    handle = prepare(d)
    name = os.path.join(d, box)
    before = snapshot(name)
    t = time.monotonic()
    p = apply(*add, name, d + "/other/good",
              **{"vault": d + "/v", **more})
    t = time.monotonic() - t
    wrong = words(p, want, box)
    if undo:
        undo(d, handle)
    if snapshot(name) != before:
        wrong.append("it was changed")
    if good:
        wrong += lib.check(LIST, lib.read_mbox(d + "/other/good"),
                           lib.read_vault(d + "/v")[0], True)
    left = [n for n in os.listdir(d) if n.startswith((box + ".", "." + box))
            and n != box + ".lock"]
    if left or os.path.exists(d + "/other/good.lock"):
        wrong.append("left over: %s" % left)
    tap.result(what, wrong, ": %.1f s" % t)


# ---- permissions ----

def permissions():
    refused("a read-only mbox", ("permission", "read-only"), "box",
            lambda d: os.chmod(d + "/box", 0o444))
    refused("a folder where no lock can be made", ("lock", "permission"),
            "box", lambda d: os.chmod(d, 0o555),
            lambda d, _: os.chmod(d, 0o755))

    def closed(d):
        for sub in "cur", "new", "tmp":
            os.chmod(d + "/md/" + sub, 0o555)

    def opened(d, _):
        for sub in "cur", "new", "tmp":
            os.chmod(d + "/md/" + sub, 0o755)
    refused("a Maildir where nothing can be written", ("permission",), "md",
            closed, opened)


def no_vault():
    """Both boxes stay as they are."""
    for what, spoil in (
            ("that cannot be written", lambda d: os.chmod(d + "/v", 0o500)),
            ("that others may write into",
             lambda d: os.chmod(d + "/v", 0o777)),
            ("that is a file", lambda d: (shutil.rmtree(d + "/v"),
                                          open(d + "/v", "w").close()))):
        d = folder("no-vault")
        spoil(d)
        before = [snapshot(d + n) for n in ("/box", "/md", "/other/good")]
        p = apply(d + "/box", d + "/md", d + "/other/good", vault=d + "/v")
        wrong = [] if p.returncode in (1, 65, 74) and p.stderr else [
            "status %d: %s" % (p.returncode, p.stderr[:300])]
        n = len(p.stderr.splitlines())
        if n > 3:
            wrong.append("%d lines: %s" % (n, p.stderr[:400]))
        if [snapshot(d + n) for n in ("/box", "/md", "/other/good")] != before:
            wrong.append("a box was changed")
        if os.path.isdir(d + "/v"):
            os.chmod(d + "/v", 0o700)
        tap.result("a vault " + what, wrong)


# ---- locks ----

def locks():
    """At once: each waits for a while."""
    def dot(d):
        with open(d + "/box.lock", "w") as f:
            f.write("%d\n" % os.getpid())

    def foreign(d):
        """As procmail leaves it."""
        with open(d + "/box.lock", "w") as f:
            f.write("0")

    def fcntl_lock(d):
        """Of another process: one's own do not count."""
        return subprocess.Popen(
            ["python3", "-c", "import fcntl, sys\n"
             "f = open(sys.argv[1], 'r+b')\nfcntl.lockf(f, fcntl.LOCK_EX)\n"
             "print(flush=True)\nsys.stdin.read()", d + "/box"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def held(d):
        p = fcntl_lock(d)
        p.stdout.readline()
        return p

    def stays(d, _):
        if not os.path.exists(d + "/box.lock"):
            tap.result("the lock of another is left alone", ["it is gone"])
    threads = [threading.Thread(target=refused, args=a) for a in (
        ("a dot lock that is held", ("lock",), "box", dot, stays),
        ("a dot lock of procmail", ("lock",), "box", foreign, stays),
        ("an fcntl lock that is held", ("lock",), "box", held,
         lambda d, p: p.communicate()))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    # One that is given up in time.
    d = folder("soon")
    dot(d)
    timer = threading.Timer(.5, os.unlink, [d + "/box.lock"])
    timer.start()
    p = apply(d + "/box", vault=d + "/v")
    timer.join()
    tap.result("a lock that is soon given up", [] if p.returncode == 0 else [
        "status %d: %s" % (p.returncode, p.stderr)] + lib.check(
            LIST, lib.read_mbox(d + "/box"), lib.read_vault(d + "/v")[0],
            True))


# ---- what is no box that can be changed ----

def packed():
    def pack(d, how, name):
        with open(d + "/box", "rb") as f, how(d + "/" + name, "w") as g:
            g.write(f.read())
    refused("a packed box", ("packed",), "box.gz",
            lambda d: pack(d, gzip.open, "box.gz"))
    refused("another one", ("packed",), "box.bz2",
            lambda d: pack(d, bz2.open, "box.bz2"))
    d = folder("stdin")
    with open(d + "/box", "rb") as f:
        p = apply("-", d + "/other/good", vault=d + "/v", stdin=f)
    wrong = words(p, ("standard input", "stdin"), "")
    wrong += lib.check(LIST, lib.read_mbox(d + "/other/good"),
                       lib.read_vault(d + "/v")[0], True)
    tap.result("standard input", wrong)
    refused("a binary", ("binary",), "binary",
            lambda d: shutil.copy(simsift, d + "/binary"))
    d = folder("nowhere")
    p = apply(d + "/nowhere", d + "/other/good", vault=d + "/v")
    wrong = [] if p.returncode in (1, 66) else ["status %d" % p.returncode]
    if len(p.stderr.splitlines()) != 1 or b"nowhere" not in p.stderr:
        wrong.append("%s" % p.stderr[:300])
    if os.path.exists(d + "/nowhere"):
        wrong.append("it was made")
    wrong += lib.check(LIST, lib.read_mbox(d + "/other/good"),
                       lib.read_vault(d + "/v")[0], True)
    tap.result("a box that is not there", wrong)


SMALL = """import resource, subprocess, sys
p = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(p.returncode)"""


def large():
    """Too large to be judged: it stays, byte for byte, and its box is done."""
    d = folder("large")
    huge = lib.Message(900, "clean", b"Subject: huge\n\n" + (
        b"x" * 76 + b"\n") * 930000)
    list_ = LIST[:4] + [huge] + LIST[4:]
    lib.write_mbox(d + "/box", list_)
    # From a small process: a child begins with its parent's greatest size.
    p = subprocess.run(
        ["python3", "-c", SMALL, simsift, "scan", "--apply", "--json",
         "-C", TOP, "-V", d + "/v", d + "/box", d + "/other/good"],
        capture_output=True, check=False)
    rss = int(p.stdout or 0)
    wrong = words(p, ("larger",), "box")
    wrong += lib.check(list_, lib.read_mbox(d + "/box"),
                       lib.read_vault(d + "/v")[0], True)
    if rss > 64 << 10 and os.environ.get("ASAN") != "1":
        wrong.append("it takes %d MB" % (rss >> 10))
    tap.result("a message that is too large", wrong)
    shutil.rmtree(d)


def broken_rules():
    d = folder("broken")
    os.makedirs(d + "/r")
    shutil.copy("own.cf", d + "/r/own.cf")
    with open(d + "/r/zz.cf", "w") as f:
        f.write("body BROKEN /(/\n")
    before = snapshot(d + "/box")
    p = apply(d + "/box", vault=d + "/v", rules=d + "/r")
    wrong = [] if p.stderr else ["not a word"]
    if snapshot(d + "/box") != before:
        wrong.append("it was changed")
    tap.result("a rule file that is broken", wrong)


def vault_as_box():
    """Whatever way leads to it, the vault is not gone through."""
    for what, box in (("named", "v"), ("in a folder", "."), ("by a link", "l"),
                      ("a part of it", "v/new")):
        d = folder("vault-as-box")
        wrong = [] if apply(d + "/box", vault=d + "/v").returncode == 0 else [
            "the first run failed"]
        shutil.rmtree(d + "/md")
        shutil.rmtree(d + "/other")
        os.unlink(d + "/box")
        os.symlink("v", d + "/l")
        before = {n: data for n, data in snapshot(d + "/v").items()
                  if "undo" not in n}
        p = apply("-r", d + "/" + box, vault=d + "/v")
        after = {n: data for n, data in snapshot(d + "/v").items()
                 if "undo" not in n}
        if after != before:
            wrong.append("it was changed: %s" % p.stderr[:300])
        tap.result("the vault as a box: " + what, wrong)


def no_message():
    """In a folder only what has a header is mail."""
    d = folder("no-message")
    os.makedirs(d + "/files")
    shutil.copy("own.cf", d + "/files/own.cf")
    with open(d + "/files/notes.txt", "w") as f:
        f.write("What I heard:\n" + lib.BULK + "\n" +
                "The office moves next week, all of it.\n" * 9 +
                "Ask [TG @shop88] for keys.\n")
    list_ = SINGLE[:]
    for i, m in enumerate(list_):
        with open(d + "/files/%d.eml" % i, "wb") as f:
            f.write(m.raw)
    spared = ["%s/files/%s" % (d, n) for n in ("own.cf", "notes.txt")]
    before = [snapshot(n) for n in spared]
    apply(d + "/files", vault=d + "/v")
    wrong = []
    if [snapshot(n) for n in spared] != before:
        wrong.append("a file that is no message was changed")
    box = []
    for name in sorted(os.listdir(d + "/files")):
        if name.endswith(".eml"):
            with open(d + "/files/" + name, "rb") as f:
                box.append(f.read())
    wrong += lib.check(list_, box, lib.read_vault(d + "/v")[0], True)
    tap.result("files that are no messages", wrong)


# ---- what changes meanwhile ----

def meanwhile(what, change, allowed=(0, 1)):
    """change(folder) is made while the box is looked through, which takes a
    while, as it is long."""
    wrong = []
    for i in range(6):
        d = folder("meanwhile")
        list_ = LIST + [lib.Message(1000 + i, "clean", b"Subject: long %d\n\n"
                                    % i + b"The office moves, and we, too.\n" *
                                    20000) for i in range(12)] + LAST
        lib.write_mbox(d + "/box", list_)
        p = subprocess.Popen([simsift, "scan", "--apply", "-C", TOP, "-V",
                              d + "/v", d + "/box"], stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL)
        time.sleep(.01 + .03 * i)
        now = change(d, list_)
        err = p.communicate()[1]
        if p.returncode not in allowed or (p.returncode and not err):
            wrong.append("status %d: %s" % (p.returncode, err[:300]))
        wrong += lib.check(now, lib.read_mbox(d + "/box"),
                           lib.read_vault(d + "/v")[0], False)
        if p.returncode == 0:
            p = apply(d + "/box", vault=d + "/v")
            wrong += lib.check(now, lib.read_mbox(d + "/box"),
                               lib.read_vault(d + "/v")[0], True)
        shutil.rmtree(d)
    tap.result(what, wrong)


def locked(d):
    """As a reader of mail does; -1: one has to wait."""
    while True:
        try:
            os.close(os.open(d + "/box.lock", os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError:
            time.sleep(.005)
    f = open(d + "/box", "r+b")
    fcntl.lockf(f, fcntl.LOCK_EX)
    return f


def replaced(d, list_):
    """By another file, as some programs do."""
    lib.write_mbox(d + "/box.new", LAST)
    try:
        os.close(os.open(d + "/box.lock", os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return held_back(d, list_)
    os.rename(d + "/box.new", d + "/box")
    os.unlink(d + "/box.lock")
    return LAST


def held_back(d, list_):
    os.unlink(d + "/box.new")
    return list_


def deleted(d, list_):
    """The reader of mail takes what it finds, but for the first message that
    is clean and the first that is long; these must not come back."""
    f = locked(d)
    out, gone = b"", set()
    for line, raw in lib.split_mbox(f.read()):
        m = {m.raw: m for m in list_}.get(raw)
        kind = "long" if m and m.number >= 1000 else m.kind if m else "cut"
        if kind in ("clean", "long") and kind not in gone:
            gone.add(kind)
            gone.add(raw)
            continue
        out += line + raw + b"\n"
    f.seek(0)
    f.write(out)
    f.truncate()
    f.flush()
    os.fsync(f.fileno())
    os.unlink(d + "/box.lock")
    f.close()
    return [m for m in list_ if m.raw not in gone]


# ---- words ----

def usage():
    d = folder("usage")
    before = snapshot(d)
    wrong = []
    for args in (["--apply", "--undo", d + "/box"], ["--apply"],
                 ["--apply", "--action", "shred", d + "/box"],
                 ["--apply", "--range", "0:100", d + "/box"],
                 ["--undo", "--json", "--action", "cut", d + "/box"],
                 ["--action", "cut", d + "/box"],
                 ["--move", "x", d + "/box"]):
        p = subprocess.run([simsift, "scan", "-C", TOP, "-V", d + "/v", *args],
                           capture_output=True, check=False)
        if p.returncode != 64 or len(p.stderr.splitlines()) != 1:
            wrong.append("%s: status %d: %s" % (
                " ".join(args), p.returncode, p.stderr[:200]))
    if snapshot(d) != before:
        wrong.append("a box was changed")
    tap.result("wrong words", wrong)
    p = apply(d + "/box", vault=d + "/v", command="--undo")
    tap.result("nothing to undo", [] if
               b"nothing to undo" in p.stderr.lower() and
               len(p.stderr.splitlines()) == 1 and
               snapshot(d) == before else [
                   "status %d: %s" % (p.returncode, p.stderr[:300])])


plain_user()
with open("own.cf", "w") as rule_file:
    rule_file.write(lib.RULES)
LIST = lib.messages("bad", 12, simsift, TOP, 3000, "\n")
SINGLE = list({m.raw: m for m in LIST}.values())
LAST = [lib.message("bad last", i, k, 3000, "\n") for i, k in
        enumerate(("clean", "cut", "hold", "clean"), 2000)]
lib.ask(LAST, simsift, TOP)
permissions()
no_vault()
packed()
large()
broken_rules()
vault_as_box()
no_message()
usage()
meanwhile("a box that is replaced meanwhile", replaced)
meanwhile("messages that a reader of mail deletes meanwhile", deleted)
locks()
sys.exit(tap.end())
