"""TAP for apply_boxes.t: apply_boxes.py SIMSIFT LIB, in an empty folder.

What scan --apply has written is read by Python's mailbox module, by formail
and by a reader of the tests'; what it had no business with is compared byte
for byte.
"""
import json
import mailbox
import os
import re
import shutil
import subprocess
import sys

simsift = sys.argv[1]
sys.path.insert(0, sys.argv[2])
import apply_lib as lib  # noqa: E402

tap = lib.Tap()
with open("own.cf", "w") as rule_file:
    rule_file.write(lib.RULES)
RULES = os.getcwd()


def apply(*args, vault="v"):
    return subprocess.run(
        [simsift, "scan", "--apply", "--json", "-C", RULES, "-V", vault,
         *args],
        capture_output=True, check=False, timeout=300)


def fine(p, said=b""):
    """said: in its one line, if it is to say one."""
    return [] if p.returncode == 0 and (
        said in p.stderr and len(p.stderr.splitlines()) == 1
        if said else not p.stderr) else [
        "status %d: %s" % (p.returncode, p.stderr[:300])]


def fresh(vault="v"):
    shutil.rmtree(vault, ignore_errors=True)
    lib.make_vault(vault)
    return vault


def compare(want, got):
    """want: Messages in their order; got: bytes of each in the box."""
    want = [m for m in want if m.new is not None]
    if len(want) != len(got):
        return ["%d messages, not %d" % (len(got), len(want))]
    wrong = []
    for m, raw in zip(want, got):
        if (lib.bare(raw) if m.kind == "cut" else raw) != m.new:
            wrong.append("%d (%s): %r, want %r" % (
                m.number, m.kind, raw[-200:], m.new[-200:]))
    return wrong


def kept(list_, vault="v"):
    """Each original is in the vault, whole, and nothing else."""
    got, wrong = lib.read_vault(vault)
    want = {m.raw for m in list_ if m.kind != "clean"}
    return wrong + ["not in the vault: %r" % r[:100] for r in
                    want - set(got)] + [
        "in the vault: %r" % r[:100] for r in set(got) - want]


def module_counts(box, want):
    """Python's module, and formail."""
    wrong, n = [], len(box)
    if n != want:
        wrong.append("Python's module sees %d, not %d" % (n, want))
    for key in box.keys():
        box.get_bytes(key)
        if not box[key]["Subject"]:
            wrong.append("%s has no subject" % key)
    return wrong


def formail_counts(path, want):
    with open(path, "rb") as f:
        p = subprocess.run(["formail", "-s", "sh", "-c",
                            "cat >/dev/null; echo x"], stdin=f,
                           capture_output=True, check=False)
    n = p.stdout.count(b"x")
    return [] if n == want else ["formail sees %d, not %d" % (n, want)]


def nothing_more(*args, said=b""):
    """A second run finds nothing to do and touches nothing."""
    def state():
        p = subprocess.run(["find", args[-1], "-printf", "%p %s %T@ %i\n"],
                           capture_output=True, check=True)
        return sorted(p.stdout.splitlines())
    before = state()
    wrong = fine(apply(*args), said)
    return wrong + (["a second run changes it"] if state() != before else [])


# ---- mbox ----

def mbox(what, list_, data, *args, crlf=False, said=b""):
    fresh()
    with open("box", "wb") as f:
        f.write(data)
    os.chmod("box", 0o640)
    before = os.stat("box")
    wrong = fine(apply(*args, "box"), said)
    after = os.stat("box")
    if (before.st_ino, before.st_mode) != (after.st_ino, after.st_mode):
        wrong.append("it is another file")
    with open("box", "rb") as f:
        now = f.read()
    got = lib.split_mbox(now)
    wrong += compare(list_, [raw for _, raw in got])
    # From_ lines and what is between the messages, too.
    nl = b"\r\n" if crlf else b"\n"
    want = [f for (f, _), m in zip(lib.split_mbox(data), list_)
            if m.new is not None]
    if [f for f, _ in got] != want:
        wrong.append("the From_ lines are others: %s" % [f for f, _ in got])
    if got and not now.startswith(nl.join(f + raw for f, raw in got)):
        wrong.append("something else is between the messages")
    wrong += kept(list_)
    count = sum(m.new is not None for m in list_)
    box = mailbox.mbox("box", create=False)
    wrong += module_counts(box, count)
    box.close()
    wrong += [] if crlf else formail_counts("box", count)
    wrong += nothing_more(*args, "box", said=said)
    wrong += ["left over: " + n for n in os.listdir(".")
              if n.startswith(("box.", ".box"))]
    tap.result(what, wrong, ": %d messages, %d in it now" % (
        len(list_), count))


def bytes_of(list_, crlf=False, tail=b"\n"):
    lib.write_mbox("made", list_, crlf, tail)
    with open("made", "rb") as f:
        data = f.read()
    os.unlink("made")
    return data


def mboxes():
    list_ = lib.messages("boxes", 60, simsift, RULES, 300000)
    mbox("an mbox", list_, bytes_of(list_))
    list_ = lib.messages("boxes crlf", 30, simsift, RULES, 20000, "\r\n")
    # Its empty lines are \r\n, which the module takes for text.
    mbox("an mbox with CRLF", list_, bytes_of(list_, True, b"\r\n"), crlf=True)
    list_ = lib.messages("boxes end", 12, simsift, RULES, 3000, "\n")
    for kind in "clean", "cut", "hold":
        last = lib.message("last", 900, kind, 3000, "\n")
        last.raw = last.raw.rstrip()
        lib.ask([last], simsift, RULES)
        mbox("no final newline, %s" % kind, list_ + [last],
             bytes_of(list_ + [last], tail=b""))
        last.raw += b"\n"
        lib.ask([last], simsift, RULES)
        mbox("no empty line at the end, %s" % kind, list_ + [last],
             bytes_of(list_ + [last], tail=b""))
        mbox("one message, %s" % kind, [last], bytes_of([last]))
    first = [lib.message("first", i, k, 3000, "\n") for i, k in
             enumerate(("hold", "cut", "clean"))]
    lib.ask(first, simsift, RULES)
    mbox("the first is held", first, bytes_of(first))
    mbox("all are held", first[:1] * 3, bytes_of(first[:1] * 3))
    mbox("nothing is found", first[2:] * 3, bytes_of(first[2:] * 3))
    mbox("an empty one", [], b"")
    # In a box with such lengths what looks like a From_ line is text.
    list_ = []
    for i, kind in enumerate(("cut", "hold", "clean", "cut", "clean")):
        m = lib.message("counted", i, kind, 3000, "\n")
        head, body = m.raw.split(b"\n\n", 1)
        head = re.sub(rb"\nContent-Transfer-Encoding: \S+|\nLines: \d+", b"",
                      head)
        text = {"cut": b"Ask [TG @shop88] for keys.\n", "hold":
                lib.BULK.encode() + b"\n", "clean": b""}[kind]
        body = (b"The office moves next week, all of it, and we with it.\n" * 9
                + text + b"\nFrom ann@x.example Mon Nov  2 10:11:12 2026\n"
                b"\nThat is all.\n")
        m.raw = head + b"\nContent-Length: %d\n\n" % len(body) + body
        list_.append(m)
    lib.ask(list_, simsift, RULES)
    counted(list_)


def counted(list_):
    """An mboxcl2: no reader but ours, which looks at the lengths."""
    fresh()
    with open("box", "wb") as f:
        f.write(bytes_of(list_))
    wrong = fine(apply("box"))
    with open("box", "rb") as f:
        data = f.read()
    at, got = 0, []
    while at < len(data):
        m = re.compile(rb"From a@b.*\n((?:.+\n)*?Content-Length: (\d+)\n"
                       rb"(?:.+\n)*)\n").match(data, at)
        if m is None:
            wrong.append("no message at %d: %r" % (at, data[at:at + 200]))
            break
        end = m.end() + int(m.group(2))
        got.append(data[m.start(1):end])
        if data[end:end + 1] != b"\n":
            wrong.append("no empty line at %d" % end)
        at = end + 1
    wrong += compare(list_, got) + kept(list_) + nothing_more("box")
    tap.result("an mboxcl2: lengths hold", wrong)


def from_behind_a_cut():
    """A line "From …" that stands behind the token's line is text; without
    the token's line before it, it would begin a message."""
    text = (b"From: ann@news.example\nSubject: one\n\n" +
            b"The office moves to the second floor next week, all of it.\n" * 9
            + b"\n[TG @shop88]\nFrom ann@x.example Mon Nov  2 10:11:12 2026\n"
            b"That is all.\n")
    rest = b"From: bob@news.example\nSubject: two\n\nWe come, too.\n"
    fresh()
    with open("box", "wb") as f:
        f.write(lib.FROM_LINE + b"\n" + text + b"\n" + lib.FROM_LINE + b"\n" +
                rest + b"\n")
    p = apply("box")
    wrong = [] if p.returncode in (0, 1) else fine(p)
    box = lib.read_mbox("box")
    if len(box) != 2:
        wrong.append("%d messages" % len(box))
    elif box[1] != rest or b"\nThat is all.\n" not in box[0] or \
            b"From ann@x.example Mon Nov  2" not in box[0]:
        wrong.append("%r" % box)
    tap.result("a cut makes no From_ line", wrong)


# ---- Maildir ----

def maildir(what, list_, *args, counts=True):
    fresh()
    shutil.rmtree("md", ignore_errors=True)
    lib.write_maildir("md", list_, counts)
    for top, _, names in os.walk("md"):
        for name in names:
            os.chmod(os.path.join(top, name), 0o640)
            if os.geteuid() == 0:
                os.chown(os.path.join(top, name), 65534, 65534)
    before = {m[0]: m for m in lib.read_maildir("md")}
    names = {m[3]: m for m in lib.read_maildir("md")}
    wrong = fine(apply(*args, "md"))
    after = lib.read_maildir("md")
    by_new = {m.new: m for m in list_ if m.kind == "cut"}
    found = []
    for raw, flags, mtime, name in after:
        m = by_new.get(lib.bare(raw))
        old = before.get(m.raw if m else raw)
        if old is None:
            wrong.append("from nowhere: %s" % name)
            continue
        found.append(old[0])
        if m is None and names.get(name) != (raw, flags, mtime, name):
            wrong.append("untouched, and other: %s" % name)
        if m is not None and name in names:
            wrong.append("cut, and under its old name: %s" % name)
        if m is not None and ",S=" in old[3] and ",S=" not in name:
            wrong.append("%s became %s" % (old[3], name))
        if flags != old[1] or mtime != old[2]:
            wrong.append("flags or time: %s, %s became %s, %s" % (
                old[1], old[2], flags, mtime))
        st = [os.stat("md/%s/%s" % (sub, name)) for sub in ("cur", "new")
              if os.path.exists("md/%s/%s" % (sub, name))][0]
        if st.st_mode & 0o777 != 0o640 or (
                os.geteuid() == 0 and st.st_uid != 65534):
            wrong.append("mode %o, user %d: %s" % (
                st.st_mode, st.st_uid, name))
    want = sorted(m.raw for m in list_ if m.new is not None)
    if sorted(found) != want:
        wrong.append("%d messages, not %d" % (len(found), len(want)))
    wrong += lib.wrong_counts(after) + kept(list_)
    box = mailbox.Maildir("md", create=False)
    wrong += module_counts(box, len(want))
    wrong += nothing_more(*args, "md")
    wrong += ["left over: " + n for n in lib.tree("md", ("cur", "new"))]
    tap.result(what, wrong, ": %d messages, %d in it now" % (
        len(list_), len(after)))


def singly(list_):
    """Each but once: the Maildir tests tell them by their bytes."""
    return list({m.raw: m for m in list_}.values())


def move():
    """--move FOLDER in place of the vault, for what is held."""
    fresh()
    list_ = singly(lib.messages("move", 30, simsift, RULES, 3000))
    shutil.rmtree("md", ignore_errors=True)
    lib.write_maildir("md", list_)
    lib.write_maildir("md/.Promotion", [])
    before = {m[0]: m for m in lib.read_maildir("md")}
    wrong = fine(apply("--move", ".Promotion", "md"))
    moved = lib.read_maildir("md/.Promotion")
    want = {m.raw for m in list_ if m.kind == "hold"}
    if {m[0] for m in moved} != want or len(moved) != len(want):
        wrong.append("%d were moved, not %d" % (len(moved), len(want)))
    for raw, flags, mtime, _ in moved:
        if raw in before and (flags, mtime) != before[raw][1:3]:
            wrong.append("flags or time of what was moved")
    here = {m[0] for m in lib.read_maildir("md")}
    if here & want:
        wrong.append("it is still there")
    wrong += kept([m for m in list_ if m.kind != "hold"])
    wrong += lib.wrong_counts(moved)
    tap.result("--move", wrong, ": %d" % len(moved))
    # What lies in that folder has arrived.
    wrong = nothing_more("-r", "--move", ".Promotion", "md")
    tap.result("--move with -r, a second time", wrong)


def maildirs():
    list_ = singly(lib.messages("maildir", 60, simsift, RULES, 300000))
    maildir("a Maildir", list_)
    maildir("a Maildir without sizes in names", list_, counts=False)
    odd = [lib.message("odd", i, k, 3000, "\n") for i, k in
           enumerate(("hold", "cut", "clean", "cut"))]
    for m in odd:
        m.raw = m.raw.rstrip()
    lib.ask(odd, simsift, RULES)
    maildir("messages without a final newline", odd)
    move()


# ---- MH, files ----

def mh():
    fresh()
    list_ = singly(lib.messages("mh", 30, simsift, RULES, 20000))
    os.makedirs("mh")
    for i, m in enumerate(list_):
        with open("mh/%d" % (i + 1), "wb") as f:
            f.write(m.raw)
        os.utime("mh/%d" % (i + 1), (lib.MTIME, lib.MTIME))
        os.chmod("mh/%d" % (i + 1), 0o640)
    with open("mh/.mh_sequences", "w") as f:
        f.write("unseen: 1-%d\n" % len(list_))
    wrong = fine(apply("mh"))
    for i, m in enumerate(list_):
        name = "mh/%d" % (i + 1)
        if m.new is None or not os.path.exists(name):
            if (m.new is None) == os.path.exists(name):
                wrong.append("%s: %s" % (name, m.kind))
            continue
        with open(name, "rb") as f:
            wrong += compare([m], [f.read()])
        st = os.stat(name)
        if st.st_mode & 0o777 != 0o640 or int(st.st_mtime) != lib.MTIME:
            wrong.append("%s: mode or time: %o, %d" % (
                name, st.st_mode, st.st_mtime))
    with open("mh/.mh_sequences") as f:
        if f.read() != "unseen: 1-%d\n" % len(list_):
            wrong.append("the sequences are others")
    count = sum(m.new is not None for m in list_)
    wrong += module_counts(mailbox.MH("mh", create=False), count)
    wrong += kept(list_) + nothing_more("mh")
    wrong += ["left over: " + n for n in os.listdir("mh")
              if not n.isdigit() and n != ".mh_sequences"]
    tap.result("an MH folder", wrong, ": %d messages, %d in it now" % (
        len(list_), count))


# ---- --action, --json ----

def action():
    list_ = [lib.message("action", i, k, 3000, "\n") for i, k in
             enumerate(("clean", "cut", "cut", "clean", "cut"))]
    lib.ask(list_, simsift, RULES)
    for m in list_:
        if m.kind == "cut":
            m.kind, m.new = "hold", None
    mbox("--action hold", list_, bytes_of(list_), "--action", "hold")
    # What cannot be cut stays.
    list_ = [lib.message("action", i, k, 3000, "\n") for i, k in
             enumerate(("clean", "cut", "hold", "clean"))]
    lib.ask(list_, simsift, RULES)
    list_[2].kind, list_[2].new = "clean", list_[2].raw
    mbox("--action cut", list_, bytes_of(list_), "--action", "cut",
         said=b"cannot be cut")


def objects():
    """The same rows as in the dry run, but for what a run adds."""
    fresh()
    list_ = lib.messages("json", 20, simsift, RULES, 3000)
    lib.write_mbox("box", list_)
    dry = subprocess.run([simsift, "scan", "--json", "-C", RULES, "box"],
                         capture_output=True, check=True)
    p = apply("box")
    wrong = fine(p)
    rows = [json.loads(l) for l in p.stdout.splitlines()]
    want = [json.loads(l) for l in dry.stdout.splitlines()]
    if len(rows) != len(want):
        wrong.append("%d rows, not %d" % (len(rows), len(want)))
    for a, b, m in zip(rows, want, list_):
        for key in b:
            if a.get(key) != b[key] and key != "sha256":
                wrong.append("%s: %s is %s, was %s" % (
                    b["id"], key, a.get(key), b[key]))
        if m.kind != "clean" and "sha256" not in a:
            wrong.append("%s: no sha256" % a["id"])
    tap.result("--json", wrong)


def dry():
    list_ = lib.messages("dry", 20, simsift, RULES, 3000)
    fresh()
    lib.write_mbox("box", list_)
    with open("box", "rb") as f:
        before = f.read()
    p = subprocess.run([simsift, "scan", "-C", RULES, "-V", "v", "box"],
                       capture_output=True, check=False)
    with open("box", "rb") as f:
        wrong = [] if f.read() == before and not lib.read_vault("v")[0] and \
            p.returncode == 0 else ["it is changed"]
    tap.result("without --apply nothing is changed", wrong)


dry()
mboxes()
from_behind_a_cut()
maildirs()
mh()
action()
objects()
sys.exit(tap.end())
