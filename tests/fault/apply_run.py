"""A box and a vault in a folder, `scan --apply` on them, and its sudden end:
for apply.t and apply_undo.t.

Only processes that this program started, or that those started, are killed.
"""
import fcntl
import os
import shutil
import signal
import subprocess
import time

import apply_lib as lib


def below(pid):
    todo, out = [pid], []
    while todo:
        pid = todo.pop()
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                found = [int(x) for x in f.read().split()]
        except OSError:
            found = []
        todo += found
        out += found
    return out


class Kind:
    """mbox or Maildir: what is made, read, and what may be there meanwhile."""

    def __init__(self, name, list_, simsift, rules, folder, tail=b"\n"):
        self.name, self.list, self.simsift = name, list_, simsift
        self.rules = os.path.abspath(rules)
        self.folder = os.path.abspath(folder)
        self.maildir = name.startswith("Maildir")
        self.move = "--move" in name
        self.start = os.path.join(self.folder, "start")
        os.makedirs(self.start)
        if self.maildir:
            lib.write_maildir(os.path.join(self.start, "box"), list_)
            if self.move:
                lib.write_maildir(os.path.join(self.start, "box/.Held"), [])
        else:
            lib.write_mbox(os.path.join(self.start, "box"), list_, tail=tail)
        lib.make_vault(os.path.join(self.start, "v"))
        self.done = Place(self, "done")
        t = time.monotonic()
        p = self.done.apply()
        self.seconds = time.monotonic() - t
        self.wrong = self.done.check(True)
        if p.returncode != 0 or p.stderr:
            self.wrong.append("status %d: %s" % (p.returncode, p.stderr))


class Place:
    """A copy of the box and its vault."""

    def __init__(self, kind, name):
        self.kind, self.path = kind, os.path.join(kind.folder, name)
        lib.copy(kind.start, self.path)
        self.box = os.path.join(self.path, "box")
        self.vault = os.path.join(self.path, "v")
        self.delivered = []

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def command(self, what):
        # In a table's place rows: no word about its speed.
        more = []
        if what == "--apply":
            more = ["--json"] + ["--move", ".Held"] * self.kind.move
        return [self.kind.simsift, "scan", what, "-C", self.kind.rules, "-V",
                self.vault, *more, self.box]

    def apply(self, what="--apply", **env):
        return subprocess.run(
            self.command(what), env=dict(os.environ, **env),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
            start_new_session=True, timeout=300)

    def kill(self, rng, what="--apply", until=None):
        """Somewhere in its life, or soon after the first change that is seen.
        Was it in time?"""
        with open(self.path + ".err", "wb") as err:
            p = subprocess.Popen(self.command(what), stderr=err,
                                 stdout=subprocess.DEVNULL,
                                 start_new_session=True)
        until = until or self.kind.seconds
        if rng.random() < .5:
            time.sleep(rng.uniform(0, until * 1.05))
        else:
            first, end = self.seen(), time.monotonic() + 2 * until
            while p.poll() is None and self.seen() == first and \
                    time.monotonic() < end:
                pass
            time.sleep(rng.uniform(0, until * .7) ** 2 / until)
        alive = p.poll() is None
        # Sometimes it alone, and its workers find out.
        victims = [] if rng.random() < .2 else below(p.pid)
        if alive and victims:
            os.killpg(p.pid, signal.SIGKILL)
        elif alive:
            os.kill(p.pid, signal.SIGKILL)
        p.wait()
        for pid in victims:
            try:
                if os.readlink("/proc/%d/exe" % pid) == \
                        os.path.realpath(self.kind.simsift) and \
                        os.getpgid(pid) == p.pid:
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        os.unlink(self.path + ".err")
        return alive

    def seen(self):
        out = os.listdir(self.path)
        for sub in ("box/tmp", "box/cur", "v/new", "v/cur", "v/tmp"):
            try:
                out += os.listdir(os.path.join(self.path, sub))
            except OSError:
                pass
        return out

    def read(self):
        if self.kind.maildir:
            return [m[0] for m in lib.read_maildir(self.box)]
        return lib.read_mbox(self.box)

    def half_done(self, vault):
        """An mbox whose copy was not finished: what is not whole in it must be
        in the journal."""
        data, wrong = b"", []
        for name in lib.tree(self.path, ("v",)):
            with open(os.path.join(self.path, name), "rb") as f:
                data += f.read()
        for m in self.kind.list + self.delivered:
            if m.raw not in data and not (
                    m.raw in vault and (m.new is None or
                                        lib.body(m.new) in data)):
                wrong.append("neither in the box nor in the journal: %d (%s)" %
                             (m.number, m.kind))
        return wrong

    def check(self, final, undo=False):
        """What is wrong.  final: all is done; undo: nothing is."""
        vault, wrong = lib.read_vault(self.vault)
        if self.kind.move:
            moved = [m[0] for m in lib.read_maildir(self.box + "/.Held")]
            want = [m.raw for m in self.kind.list if m.kind == "hold"]
            vault.update(moved)
            if sorted(moved) != sorted(want) and final and not undo:
                wrong.append("%d were moved, not %d" % (len(moved), len(want)))
            if undo and moved:
                wrong.append("%d are still moved" % len(moved))
        if not final and not undo and not self.kind.maildir and \
                lib.tree(self.path, ("v",)) not in (["box"],
                                                    ["box", "box.lock"]):
            return wrong + self.half_done(vault)
        wrong += lib.check(self.kind.list + self.delivered, self.read(), vault,
                           final, self.kind.maildir and not final, undo)
        if final:
            wrong += self.left_over()
        return wrong

    def left_over(self):
        """What is neither box nor vault."""
        out = ["left over: " + name for name in
               lib.tree(self.path, ("v", "box/cur", "box/new",
                                    "box/.Held/cur", "box/.Held/new"))
               if name not in ("box", "box/.Held/maildirfolder")]
        if self.kind.maildir:
            out += lib.wrong_counts(lib.read_maildir(self.box))
        return out

    def state(self):
        """What must be the same as after a run that nobody disturbed."""
        if self.kind.maildir:
            return sorted(m[:3] for m in lib.read_maildir(self.box))
        with open(self.box, "rb") as f:
            return f.read()

    def differs(self, other):
        """Of the box of another place, that may have had no deliveries."""
        mine, want = self.state(), other.state()
        for m in self.delivered:
            if self.kind.maildir:
                want = sorted(want + [x for x in mine if x[0] == m.raw])
            else:
                want += lib.FROM_LINE + b"\n" + m.raw + b"\n"
        if mine == want:
            return []
        if not self.kind.maildir:
            mine, want = lib.split_mbox(mine), lib.split_mbox(want)
        for i, (a, b) in enumerate(zip(mine, want)):
            if a != b:
                return ["not as undisturbed: message %d: %r, %r" % (
                    i, a[0][:40] + a[1][:300], b[0][:40] + b[1][:300])
                    if not self.kind.maildir else
                    "not as undisturbed: %d: %r %r" % (i, a[1:], b[1:])]
        return ["not as undisturbed: %d messages, %d" % (len(mine), len(want))]

    def read_by_hand(self):
        """Somebody looks through the Maildir: the flags are others."""
        for sub in "new", "cur":
            for name in os.listdir(os.path.join(self.box, sub)):
                old = os.path.join(self.box, sub, name)
                stem, _, flags = name.partition(":2,")
                flags = "".join(sorted(set(flags + "R")))
                os.rename(old, os.path.join(self.box, "cur",
                                            stem + ":2," + flags))

    def deliver(self, m):
        """As one who came while the lock was old, and broke it."""
        self.delivered.append(m)
        if self.kind.maildir:
            name = "%d.d%d.host" % (lib.MTIME, m.number)
            with open(os.path.join(self.box, "new", name), "wb") as f:
                f.write(m.raw)
            return
        try:
            os.unlink(self.box + ".lock")
        except OSError:
            pass
        with open(self.box, "r+b") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            f.seek(0, 2)
            f.write(lib.FROM_LINE + b"\n" + m.raw + b"\n")

    def deliver_by_procmail(self, m):
        """The real one, which waits for a second and then breaks the lock."""
        self.delivered.append(m)
        rc = self.path + ".rc"
        with open(rc, "w") as f:
            f.write("SHELL=/bin/sh\nLOCKSLEEP=1\nLOCKTIMEOUT=1\nSUSPEND=1\n"
                    "MAILDIR=%s\nDEFAULT=%s\nLOGFILE=%s.log\n:0%s\n%s\n" % (
                        self.path, self.box, self.path,
                        "" if self.kind.maildir else ":",
                        self.box + "/" * self.kind.maildir))
        os.chmod(rc, 0o600)
        subprocess.run(["procmail", "-m", rc],
                       input=lib.FROM_LINE + b"\n" + m.raw, check=True,
                       stderr=subprocess.DEVNULL)
        os.unlink(rc)
        os.unlink(self.path + ".log")
