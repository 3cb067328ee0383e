"""TAP for vault.t: vault.py SIMSIFT INJECT.SO, in a folder with cut/, hold/.

For each command, each state of the vault and each call: the first of them
fails, then the second …, until there is none that could.
"""
import errno
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

simsift, inject = sys.argv[1:3]
FROM = b"From ann@x.example Mon Nov  2 10:11:12 2026\n"
MESSAGE = (FROM + b"From: ann@news.example\nSubject: Moving\n\nThe office moves"
           b" next week, ask [TG @shop88] for the keys.\n" +
           b"There will be cake, and a look at the new rooms.\n" * 40)
DISK = ("ENOSPC", "EDQUOT", "EIO")
CALLS = {
    "open": ("EMFILE", "EACCES", "EINTR", "EIO"),
    "openat": ("EMFILE", "ENFILE", "EACCES", "EINTR", "EIO"),
    "create": ("EMFILE", "EROFS", "EACCES", "EINTR") + DISK,
    "write": DISK + ("EINTR", "EFBIG", "SHORT"),
    "read": ("EIO", "EINTR", "SHORT"),
    "pread": ("EIO", "EINTR", "SHORT"),
    "close": ("EIO", "EDQUOT", "EINTR"),
    "fsync": DISK + ("EINTR", "EROFS"),
    "renameat": DISK + ("EROFS", "EACCES"),
    "unlinkat": ("EIO", "EROFS"),
    "linkat": DISK + ("EPERM", "EMLINK"),
    "mkdir": ("ENOSPC", "EROFS", "EACCES", "EDQUOT"),
    "mkdirat": ("ENOSPC", "EROFS", "EACCES", "EDQUOT"),
    "fstat": ("EIO",),
    "fdopendir": ("ENOMEM",),
    "readdir": ("EIO",),
    "getrandom": ("EAGAIN", "EINTR", "ENOSYS"),
    "malloc": ("ENOMEM",),
    "pipe2": ("EMFILE", "ENFILE"),
    "fork": ("EAGAIN", "ENOMEM"),
    "poll": ("EINTR", "ENOMEM"),
}
# What may be missing in a state: there is nothing to read in a new vault, and
# nothing to make in an old one.
LACKS = {
    ("cut", "new"): {"pread"},
    ("cut", "other"): {"mkdir", "mkdirat", "linkat", "pread", "unlinkat"},
    ("cut", "same"): {"mkdir", "mkdirat", "linkat", "create", "unlinkat",
                      "getrandom"},
    ("hold", "new"): {"pread", "linkat", "unlinkat"},
    ("hold", "other"): {"mkdir", "mkdirat", "linkat", "pread", "unlinkat"},
    ("hold", "same"): {"mkdir", "mkdirat", "linkat", "create", "unlinkat",
                       "getrandom", "write"},
}
# The message cannot be read, or not be printed: then the caller has it.
MAY_REFUSE = {"read", "write", "close", "malloc"}


def program(kind, vault, inp, **env):
    command = "filter" if kind == "cut" else "hold"
    # Patterns and locales are none of our business here.
    env = dict(os.environ, LC_ALL="C", **env)
    return subprocess.run([simsift, command, "-C", kind, "-V", vault],
                          input=inp, env=env, capture_output=True, check=False,
                          timeout=60)


def restored(vault, ident):
    p = subprocess.run([simsift, "restore", "-C", "cut", "-V", vault, ident],
                       capture_output=True, check=False)
    return p.stdout if p.returncode == 0 else None


def files(vault, *folders):
    out = []
    for f in folders:
        try:
            out += os.listdir(os.path.join(vault, f))
        except OSError:
            pass
    return out


def bare(out):
    """Without our fields."""
    lines, kept, ours = out.split(b"\n"), [], False
    for line in lines:
        ours = line.startswith(b"X-Simsift") or ours and line[:1] == b" "
        if not ours:
            kept.append(line)
    return b"\n".join(kept)


def promise(kind, vault, call, p):
    """What is wrong, or None."""
    sha = hashlib.sha256(MESSAGE).hexdigest()
    for name in files(vault, "new", "cur"):
        if restored(vault, name.split(".")[1]) is None:
            return "a torn file: " + name
    if files(vault, "tmp") and call != "unlinkat":
        return "something is left in tmp"
    kept = restored(vault, sha) == MESSAGE
    if kind == "hold":
        if p.returncode not in (0, 1, 75) or p.stdout:
            return "status %d" % p.returncode
        return "0, and it is not stored" if p.returncode == 0 and not kept \
            else None
    if p.returncode == 75:
        return None if call in MAY_REFUSE else "75"
    if p.returncode != 0:
        return "status %d" % p.returncode
    if bare(p.stdout) == MESSAGE:
        return None
    if bare(p.stdout) == MESSAGE.replace(b" [TG @shop88]", b""):
        return None if kept else "cut, and the original is lost"
    return "0 with %d bytes" % len(p.stdout)


def one(kind, state, call, error, n, folder):
    """(fired, what is wrong or None, did it do its work all the same?)"""
    vault, fired = os.path.join(folder, "v"), os.path.join(folder, "fired")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    if state != "new":
        program(kind, vault, MESSAGE if state == "same" else
                MESSAGE.replace(b"office", b"shop"))
    number = 0 if error == "SHORT" else getattr(errno, error)
    p = program(kind, vault, MESSAGE, LD_PRELOAD=inject, INJECT_CALL=call,
                INJECT_N=str(n), INJECT_ERRNO=str(number), INJECT_FIRED=fired)
    good = p.returncode == 0 and (kind == "hold" or b"action=cut" in p.stdout)
    return os.path.exists(fired), promise(kind, vault, call, p), good


def probe(job):
    kind, state, call, error = job
    folder = "-".join(job)
    wrong, n, good = [], 0, 0
    while n < 3000:
        fired, why, worked = one(kind, state, call, error, n + 1, folder)
        if not fired:
            break
        n += 1
        good += worked
        if why:
            wrong.append("call %d: %s" % (n, why))
        # Where the whole of it waits and goes on.
        if error in ("EINTR", "SHORT") and call in (
                "write", "read", "pread", "fsync", "poll") and not worked:
            wrong.append("call %d: not tried again" % n)
    shutil.rmtree(folder, ignore_errors=True)
    return job, n, wrong


def main():
    jobs = [(kind, state, call, error) for kind, state in LACKS
            for call, errors in CALLS.items() for error in errors]
    number = bad = runs = 0
    results = {}
    with ThreadPoolExecutor(2) as pool:
        for job, n, wrong in pool.map(probe, jobs):
            runs += n
            results.setdefault(job[:3], []).append((job[3], n, wrong))
    for (kind, state, call), list_ in results.items():
        wrong = [(e, w) for e, _, ws in list_ for w in ws]
        if call not in LACKS[kind, state]:
            wrong += [(e, "the probe never fired") for e, n, _ in list_
                      if n == 0]
        number += 1
        bad += bool(wrong)
        print("%s %d - %s, %s vault: %s (%s)" % (
            "not ok" if wrong else "ok", number, kind, state, call,
            ", ".join("%s %d" % (e, n) for e, n, _ in list_)))
        for e, w in wrong[:8]:
            print("# %s, %s" % (e, w))
    print("# %d calls made to fail" % runs)
    print("1..%d" % number)
    return int(bad > 0)


sys.exit(main())
