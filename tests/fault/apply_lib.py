"""Mailboxes for the tests of `scan --apply`: made from a seed, and read again
by readers that share nothing with ours.

What a message looks like when it is cut is what `simsift filter` prints; what
it must not be is torn, lost, or there twice.
"""
import base64
import collections
import hashlib
import os
import quopri
import random
import re
import shutil
import subprocess
import threading

RULES = r"""body TOKEN /\[TG @shop88\]/
score TOKEN 5
body BULK /cards in bulk/
score BULK 8
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo.telegram cut
category BULK promo.bulk
action promo.bulk hold
endif
"""
FROM_LINE = b"From a@b.example Mon Nov  2 10:11:12 2026"
IS_FROM = re.compile(
    rb"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +[A-Z][a-z]{2} +\d{1,2} "
    rb"+\d{1,2}:\d\d(?::\d\d)? +\d{4}\r?\n")
TOKEN = "[TG @shop88]"
BULK = "We sell cards in bulk to every country."
WORDS = """the office moves to second floor next week and there will be cake
for all who help with boxes please bring keys lamp chair plant letter back by
noon garden meeting train ticket report window kitchen answer list""".split()
SECRET = b"k" * 32


class Message:
    """What was put in (raw), and what is to come of it (new; None: held)."""

    def __init__(self, number, kind, raw):
        self.number, self.kind, self.raw, self.new = number, kind, raw, raw


def line(rng):
    text = " ".join(rng.choices(WORDS, k=rng.randint(6, 13)))
    return text.capitalize() + "."


def text_of(rng, size, extra):
    """Paragraphs of about size bytes; extra: a line somewhere in them."""
    lines, n = [line(rng) for _ in range(4)], 0
    while n < size:
        lines.append(line(rng) if rng.random() < .85 else "")
        n += len(lines[-1]) + 1
    lines.append("That is all.")
    if extra:
        at = rng.randrange(len(lines))
        lines[at] = (lines[at] + " " + extra).strip()
    if rng.random() < .3:
        lines.insert(rng.randrange(len(lines)), ">From here it is near.")
    if rng.random() < .2:
        lines[rng.randrange(4):0] = ["", ">From ann Mon Nov  2 10:11:12 2026",
                                     ">>From bob"]
    return "\n".join(lines) + "\n"


def encoded(rng, text, how):
    """Header lines and body."""
    if how == "base64":
        return ("Content-Transfer-Encoding: base64\n",
                base64.encodebytes(text.encode()).decode())
    if how == "qp":
        return ("Content-Transfer-Encoding: quoted-printable\n",
                quopri.encodestring(text.encode()).decode())
    if how == "length":
        return "Lines: %d\n" % text.count("\n"), text
    return "", text


def message(seed, number, kind, top=300000, newline=None):
    """The same for the same arguments.  kind: clean, cut, hold."""
    rng = random.Random("%s %d" % (seed, number))
    size = int(100 * (top / 100) ** (rng.random() ** 2))
    how = rng.choice(["plain"] * 5 + ["base64", "qp", "length"])
    extra = {"clean": "", "cut": "Ask " + TOKEN + " for keys.",
             "hold": BULK}[kind]
    head, body = encoded(rng, text_of(rng, size, extra), how)
    text = ("From: Ann <ann%d@news.example>\nTo: reader@example.org\n"
            "Subject: Number %d, %s\nDate: Mon, 2 Nov 2026 10:11:12 +0000\n"
            "Message-ID: <%s.%d@news.example>\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\n%s\n%s"
            % (number, number, line(rng), str(seed).replace(" ", "."), number,
               head, body))
    if newline is None:
        newline = "\r\n" if rng.random() < .15 else "\n"
    if rng.random() < .1:
        text += "\n\n"
    return Message(number, kind, text.replace("\n", newline).encode())


KINDS = ("clean", "clean", "clean", "cut", "cut", "hold")


def messages(seed, count, simsift, rules, top=300000, newline=None,
             kinds=KINDS):
    """Of the usual kinds; some are there twice, byte for byte."""
    rng, out = random.Random(seed), []
    for i in range(count):
        if i > 3 and rng.random() < .06:
            out.append(rng.choice(out))
            continue
        out.append(message(seed, i, rng.choice(kinds), top, newline))
    ask(out, simsift, rules)
    return out


def ask(list_, simsift, rules):
    """What each becomes; what the generator meant is checked."""
    for m in list_:
        p = subprocess.run(
            [simsift, "filter", "--no-vault", "--header", "-C", rules],
            input=m.raw, capture_output=True, check=True)
        action = re.search(rb"action=(\w+)", p.stdout)
        action = action.group(1) if action else b"none"
        want = {"clean": b"pass", "cut": b"cut", "hold": b"hold"}[m.kind]
        if action != want:
            raise SystemExit("Bail out! message %d is to be %s: %s" % (
                m.number, m.kind, p.stdout[:300] + p.stderr))
        m.new = None if m.kind == "hold" else bare(p.stdout)
        if m.kind == "clean":
            m.new = m.raw


def bare(raw):
    """Without the fields that we add."""
    head, sep, body = raw, b"", b""
    for mark in (b"\r\n\r\n", b"\n\n"):
        at = raw.find(mark)
        if at != -1 and at < len(head):
            head, sep, body = raw[:at], mark, raw[at + len(mark):]
    kept, ours = [], False
    for l in head.split(b"\n"):
        ours = l.lower().startswith(b"x-simsift") or \
            ours and l[:1] in (b" ", b"\t")
        if not ours:
            kept.append(l)
    return b"\n".join(kept) + sep + body


def body(raw):
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[1]


# ---- boxes ----

def write_mbox(path, list_, crlf=False, tail=b"\n"):
    """tail: what stands behind the last message."""
    nl = b"\r\n" if crlf else b"\n"
    with open(path, "wb") as f:
        for i, m in enumerate(list_):
            f.write(FROM_LINE + nl + m.raw)
            f.write(nl if i + 1 < len(list_) else tail)


def split_mbox(data):
    """[(From_ line, message)], without the empty line between them."""
    starts = []
    for m in IS_FROM.finditer(data):
        before = data[max(0, m.start() - 3):m.start()]
        if m.start() == 0 or before.endswith(b"\n\n") or \
                before.endswith(b"\n\r\n"):
            starts.append((m.start(), m.end()))
    if data and (not starts or starts[0][0] != 0):
        return [(b"", data)]
    out = []
    for i, (at, text) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else len(data)
        raw = data[text:end]
        if raw.endswith(b"\n\r\n"):
            raw = raw[:-2]
        elif raw.endswith(b"\n\n"):
            raw = raw[:-1]
        out.append((data[at:text], raw))
    return out


def read_mbox(path):
    with open(path, "rb") as f:
        return [raw for _, raw in split_mbox(f.read())]


MTIME = 1793600000


def write_maildir(path, list_, counts=True):
    """Flags, times and places of each are their own; counts: with S= and W=."""
    for sub in ("tmp", "new", "cur"):
        os.makedirs(os.path.join(path, sub))
    for i, m in enumerate(list_):
        name = "%d.M%dP%d.host" % (MTIME + i, i, 400 + i)
        if counts and i % 3:
            name += ",S=%d,W=%d" % (len(m.raw), wide(m.raw))
        name = os.path.join(path, "cur" if i % 4 else "new", name)
        if i % 4:
            name += ":2," + ("", "S", "FS", "RS", "DFRST")[i % 5]
        with open(name, "wb") as f:
            f.write(m.raw)
        os.utime(name, (MTIME + i, MTIME + 60 * i))


def wide(raw):
    """What W= counts: the size with CRLF."""
    return len(raw) + len(re.findall(rb"(?<!\r)\n", raw))


def read_maildir(path):
    """[(message, flags, mtime, name)], of cur and new."""
    out = []
    for sub in ("cur", "new"):
        for name in sorted(os.listdir(os.path.join(path, sub))):
            full = os.path.join(path, sub, name)
            with open(full, "rb") as f:
                raw = f.read()
            flags = name.split(":2,")[1] if ":2," in name else ""
            out.append((raw, flags, int(os.stat(full).st_mtime), name))
    return out


def wrong_counts(list_):
    """Names of a Maildir whose S= or W= does not hold."""
    out = []
    for raw, _, _, name in list_:
        for mark, n in (("S", len(raw)), ("W", wide(raw))):
            m = re.search(r",%s=(\d+)" % mark, name)
            if m and int(m.group(1)) != n:
                out.append("%s: it has %s=%d" % (name, mark, n))
    return out


# ---- the vault ----

def make_vault(path):
    """With a secret of its own, so that tokens are the same in each."""
    os.makedirs(path)
    os.chmod(path, 0o700)
    with open(os.path.join(path, "secret"), "wb") as f:
        f.write(SECRET)
    os.chmod(os.path.join(path, "secret"), 0o600)


def read_vault(path):
    """{original: how many}, and what is wrong with its files."""
    out, wrong = collections.Counter(), []
    for sub in ("new", "cur"):
        try:
            names = os.listdir(os.path.join(path, sub))
        except OSError:
            continue
        for name in names:
            with open(os.path.join(path, sub, name), "rb") as f:
                data = f.read()
            m = re.search(rb"^X-Simsift-Vault-Length: (\d+)\r?\n", data, re.M)
            raw = data[m.end():] if m else b""
            sha = re.search(rb"^X-Simsift-Vault-Sha256: (\w+)", data, re.M)
            if not m or len(raw) != int(m.group(1)) or not sha or \
                    hashlib.sha256(raw).hexdigest() != sha.group(1).decode():
                wrong.append("torn in the vault: " + name)
            out[raw] += 1
            if out[raw] == 2:
                wrong.append("twice in the vault: " + name)
    return out, wrong


# ---- what a box must hold ----

def head_of(raw):
    return repr(raw[:60]) + (raw[:2000].split(b"Subject: ")[-1][:20].decode(
        "latin1"))


def check(list_, box, vault, final, twins=False, undo=False):
    """What is wrong.  box: bytes of each message in it.  final: all is done;
    twins: a message may be there both old and new, as in a Maildir after a
    kill; undo: old is as good as new, and nothing need be done."""
    want, by_new, wrong = collections.Counter(), {}, []
    kinds = {}
    for m in list_:
        want[m.raw] += 1
        kinds[m.raw] = m
        if m.kind == "cut":
            by_new[m.new] = m.raw
    old, new = collections.Counter(), collections.Counter()
    for raw in box:
        if raw in want:
            old[raw] += 1
        elif bare(raw) in by_new:
            new[by_new[bare(raw)]] += 1
        else:
            wrong.append("torn, or from nowhere: %s" % head_of(raw))
    for raw, c in want.items():
        m, o, n, kept = kinds[raw], old[raw], new[raw], raw in vault
        name = "%d (%s)" % (m.number, m.kind)
        if o + n < c and not (m.kind == "hold" and kept):
            wrong.append("lost: %s: %d of %d, in the vault: %s" % (
                name, o + n, c, kept))
        if o + n > c * (2 if twins and m.kind == "cut" else 1):
            wrong.append("twice: %s: %d old, %d new of %d" % (name, o, n, c))
        if n and not kept:
            wrong.append("cut, its original is not in the vault: " + name)
        if final and m.kind != "clean" and o:
            wrong.append("not done: %s: %d old, %d new" % (name, o, n))
        if undo and n:
            wrong.append("not undone: " + name)
    return wrong


def tree(path, but=()):
    """Names of all that is in a folder, of those but the given ones."""
    out = []
    for top, _, names in os.walk(path):
        for name in names:
            full = os.path.relpath(os.path.join(top, name), path)
            if not any(full == b or full.startswith(b + "/") for b in but):
                out.append(full)
    return sorted(out)


def copy(source, target):
    """With times."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


class Tap:
    """TAP lines."""

    def __init__(self):
        self.number = self.bad = 0
        self.one = threading.Lock()

    def result(self, what, wrong, note=""):
        with self.one:
            self.print(what, wrong, note)

    def print(self, what, wrong, note):
        self.number += 1
        self.bad += bool(wrong)
        print("%s %d - %s%s" % ("not ok" if wrong else "ok", self.number,
                                what, note), flush=True)
        for w in wrong[:8]:
            print("# %s" % w)
        if len(wrong) > 8:
            print("# and %d more" % (len(wrong) - 8))

    def end(self):
        print("1..%d" % self.number)
        return int(self.bad > 0)
