"""What became of a message: landed.py STATUS MESSAGE MAILDIR VAULT

MESSAGE is the file the caller was given; beside it may be MESSAGE.want, the same
without the promotion.  Prints, of each copy in MAILDIR and its folders, where it
is and what: `inbox: cut', `Quarantine: marked hold'; `vault: original' of one that
is held in VAULT.  What lands is

	original	byte for byte
	cut, marked	our field, and the rest is as it should be
	marked hold	the same, and the field says that it is to be held
	damaged		anything else

`(LF)': the caller has made LF of its CRLF.

With `all FOLDER MAILDIR': how many of the messages of FOLDER are in MAILDIR, and
the names of the others.

With `bare FOLDER MAILDIR NEW': MAILDIR's messages as they were sent, into the
folder NEW, under the names of FOLDER, in the order in which they came.

STATUS is the caller's: 0, or words such as `exit 75', which then stand first: the
mail system has the message still.  `LOST' if nobody has it, `TWICE' if two have;
the vault keeps what it was given once, however often it comes.
"""
import os
import re
import sys

FIELD = re.compile(rb"X-Simsift[-A-Za-z]*:.*\r?\n(?:[ \t].*\n)*")
# What callers put on top.
ADDED = re.compile(
    rb"\A(?:From .*\n|Return-Path:.*\n|(?:Delivered|X-Original)-To:.*\n|"
    rb"Received:.*\n(?:[ \t].*\n)*)*")


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


def what(raw, original, want):
    if b"\r\n" in original and b"\r\n" not in raw:
        return what(raw, original.replace(b"\r\n", b"\n"),
                    want.replace(b"\r\n", b"\n")) + " (LF)"
    raw = raw.replace(b"\r\n", b"\n") if b"\r\n" not in original else raw
    if raw == original:
        return "original"
    bare = ADDED.sub(b"", raw)
    first = FIELD.match(bare)
    rest = bare
    while (m := FIELD.match(rest)):
        rest = ADDED.sub(b"", rest[m.end():])
    original = ADDED.sub(b"", original)
    if rest == original:
        if first is None:
            return "original"
        return "marked hold" if b"action=hold" in first.group(0) else "marked"
    if rest == want and first is not None:
        return "cut"
    return "damaged (%d bytes of %d)" % (len(raw), len(original))


def files(box):
    for sub in ("new", "cur"):
        for name in sorted(os.listdir(os.path.join(box, sub))):
            yield read(os.path.join(box, sub, name))


def in_order(box):
    new = os.path.join(box, "new")
    return sorted((os.path.join(new, name) for name in os.listdir(new)),
                  key=lambda path: os.stat(path).st_ctime_ns)


if sys.argv[1] == "bare":
    names, box, folder = sys.argv[2:]
    os.mkdir(folder)
    names = sorted(os.listdir(names)) + ["one too many"]
    for name, path in zip(names, in_order(box)):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(ADDED.sub(b"", read(path)))
    sys.exit()
if sys.argv[1] == "all":
    folder, box = sys.argv[2:]
    landed, names = list(files(box)), sorted(os.listdir(folder))
    other = [n for n in names if read(os.path.join(folder, n)) not in landed]
    print("%d of %d%s" % (len(names) - len(other), len(names),
                          ": " + " ".join(other) if other else "") +
          (", %d copies" % len(landed) if len(landed) != len(names) else ""))
    sys.exit()
status, message, box, vault = sys.argv[1:]
original, want = read(message), read(message + ".want")
found = []
for name in sorted(os.listdir(box)):
    if name.startswith("."):
        found += [name[1:] + ": " + what(raw, original, want)
                  for raw in files(os.path.join(box, name))]
found = ["inbox: " + what(raw, original, want) for raw in files(box)] + found
if os.path.isdir(vault):
    for raw in files(vault):
        if b"\r\n" not in original:
            raw = raw.replace(b"\r\n", b"\n")
        head, _, rest = raw.partition(b"\n\n")
        if b"X-Simsift-Vault-Action: hold" in head:
            at = raw.find(original)
            found.append("vault: " + ("original" if at > 0 and
                                      not raw[at + len(original):].strip()
                                      else "damaged"))
whole = len(found)
boxed = sum(not f.startswith("vault") for f in found)
if status != "0":
    whole += 1
    boxed += 1
    found.insert(0, status)
if whole == 0:
    found.append("LOST")
if boxed > 1:
    found.append("TWICE")
print(", ".join(found))
