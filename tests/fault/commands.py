"""TAP for commands.t: commands.py SIMSIFT INJECT.SO PUT_FOLDER, in a folder
with r/ and the fake program `sendmail`.

For each command of the vault and each call: the first of them fails, then the
second …, until there is none that could.  Whatever fails, what the vault says
was done was done, and status 0 means all of it.
"""
import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

simsift, inject, put_folder = sys.argv[1:4]
sys.path.insert(0, put_folder)
import vault_put  # noqa: E402

MESSAGE = (b"From: ann@news.example\nSubject: Moving\n\n" +
           b"We have cards in bulk, and a look at the new rooms.\n" * 40)
DISK = ("ENOSPC", "EDQUOT", "EIO")
CALLS = {
    "open": ("EMFILE", "EACCES"),
    "openat": ("EMFILE", "EACCES", "EIO"),
    "create": ("EMFILE", "EROFS") + DISK,
    "write": DISK + ("EINTR", "SHORT"),
    "read": ("EIO", "SHORT"),
    "pread": ("EIO", "EINTR", "SHORT"),
    "close": ("EIO",),
    "fsync": DISK,
    "renameat": DISK + ("EROFS",),
    "unlinkat": ("EIO", "EROFS"),
    "mkdir": ("ENOSPC", "EROFS"),
    "fdopendir": ("ENOMEM",),
    "readdir": ("EIO",),
    "fork": ("EAGAIN",),
    "malloc": ("ENOMEM",),
}


class Run:
    """A folder with a vault: an old message, a new one, and what was done."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for d in "box/tmp", "box/new", "box/cur", "config":
            os.makedirs(self.path(d))
        self.vault = self.path("v")
        self.id = vault_put.put(self.vault, MESSAGE, envelope="<> <dana>")
        self.old = vault_put.put(self.vault, MESSAGE + b"old\n", 40 * 86400)
        with open(self.path("v/secret"), "wb") as f:
            f.write(b"k" * 32)
        os.chmod(self.path("v/secret"), 0o600)

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def run(self, *args, **env):
        env = dict(os.environ, LC_ALL="C", XDG_CONFIG_HOME=self.path("config"),
                   SENT=self.path("sent"), **env)
        return subprocess.run(
            [simsift, *args, "-C", "r", "-V", self.vault, "-c",
             "sendmail " + os.path.abspath("sendmail")],
            env=env, capture_output=True, check=False, timeout=60)

    def names(self):
        return [n for d in ("new", "cur") for n in os.listdir(
            self.path("v", d))]

    def flagged(self, ident, flag):
        return any(ident in n and ":2," in n and flag in n.split(":2,")[1]
                   for n in self.names())

    def sent(self):
        """None, or what the fake program was given."""
        try:
            with open(self.path("sent"), "rb") as f:
                return f.read()
        except OSError:
            return None

    def delivered(self):
        out = []
        for name in os.listdir(self.path("box/new")):
            with open(self.path("box/new", name), "rb") as f:
                out.append(f.read())
        return out


def release(r, p, call, done):
    flagged = r.flagged(r.id, "P")
    if any(not m.endswith(MESSAGE) for m in done):
        return "a torn message was delivered"
    if p.returncode == 0 and not (flagged and done):
        return "status 0, and it is not released"
    if flagged and not done:
        return "noted as released, and it is not"
    return None


def release_maildir(r, p, call):
    if os.listdir(r.path("box/tmp")) and call != "unlinkat":
        return "something is left in tmp"
    return release(r, p, call, r.delivered())


def release_sendmail(r, p, call):
    # What it was given before it failed is its own affair.
    sent = r.sent()
    whole = sent is not None and sent.endswith(MESSAGE)
    return release(r, p, call, [sent] if whole else [])


def report(r, p, call):
    sent = r.sent()
    # Without a secret it has no token.
    whole = sent is not None and sent.rstrip().endswith(b"simsift-vault(7)") \
        and sent.startswith((b"X-Simsift-Token", b"From: simsift"))
    flagged = r.flagged(r.id, "S"), r.flagged(r.old, "S")
    if p.returncode == 0 and not (whole and all(flagged)):
        return "status 0, and nothing was told"
    if any(flagged) and not whole:
        return "noted as told, and nobody was"
    return None


def report_stdout(r, p, call):
    flagged = r.flagged(r.id, "S"), r.flagged(r.old, "S")
    whole = p.stdout.rstrip().endswith(b"simsift-vault(7)")
    if p.returncode == 0 and not (whole and all(flagged)):
        return "status 0, and nothing was told"
    return "noted as told" if any(flagged) and not whole else None


def allow(r, p, call):
    folder = r.path("config/simsift")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    if [n for n in names if n != "90_allow.cf"] and call != "unlinkat":
        return "left over: " + " ".join(names)
    text = b""
    if "90_allow.cf" in names:
        with open(os.path.join(folder, "90_allow.cf"), "rb") as f:
            text = f.read()
    whole = text.endswith(b"welcomelist_from ann@news.example\nendif\n")
    if text and not whole:
        return "half a file"
    return "status 0, no line" if p.returncode == 0 and not whole else None


def purge(r, p, call):
    names = " ".join(r.names())
    if r.id not in names:
        return "what is newer is gone"
    if p.returncode == 0 and r.old in names:
        return "status 0, and it is there"
    return None


def listing(r, p, call):
    if p.returncode == 0 and p.stdout.count(b"\n") != 2:
        return "status 0, and not all"
    return None


# The check, the arguments, calls that it does not make.  Or that others make:
# a shell that cannot read its script ends with 0, and glibc dies where there is
# no memory to look a user's name up.
COMMANDS = {
    "release to a Maildir": (release_maildir, lambda r: (
        "release", r.id, "--maildir", r.path("box")),
        {"fork", "mkdir", "unlinkat"}),
    "release by sendmail": (release_sendmail, lambda r: ("release", r.id),
                            {"create", "mkdir", "unlinkat", "read"}),
    "report by sendmail": (report, lambda r: ("report", "--mail", "dana"),
                           {"create", "mkdir", "unlinkat", "read", "malloc"}),
    "report": (report_stdout, lambda r: ("report",),
               {"create", "mkdir", "fork", "unlinkat", "malloc"}),
    "allow": (allow, lambda r: ("allow", "ann@news.example"),
              {"pread", "fdopendir", "readdir", "fork", "read"}),
    "purge": (purge, lambda r: ("purge", "--older-than", "30d", "--yes"),
              {"create", "mkdir", "fork", "renameat", "pread"}),
    "list": (listing, lambda r: ("list",),
             {"create", "mkdir", "fork", "renameat", "unlinkat", "fsync"}),
}


def probe(job):
    what, call, error = job
    check, args, _ = COMMANDS[what]
    folder = os.path.abspath("-".join(job).replace(" ", "-"))
    number = 0 if error == "SHORT" else getattr(errno, error)
    wrong, n = [], 0
    while n < 3000:
        r = Run(folder)
        fired = r.path("fired")
        p = r.run(*args(r), LD_PRELOAD=inject, INJECT_CALL=call,
                  INJECT_N=str(n + 1), INJECT_ERRNO=str(number),
                  INJECT_FIRED=fired)
        if not os.path.exists(fired):
            break
        n += 1
        why = check(r, p, call)
        if p.returncode < 0:
            why = "died of signal %d" % -p.returncode
        if why is None and p.returncode != 0 and not p.stderr:
            why = "status %d without a word" % p.returncode
        if why is None and sum(
                r.run("show", "--raw", i).stdout in (MESSAGE, MESSAGE + b"old\n")
                for i in (r.id, r.old)) != (1 if what == "purge" and
                                            not r.names()[1:] else 2):
            why = "an original is not what it was"
        if why:
            wrong.append("call %d: %s: %s" % (n, why, p.stderr[:200]))
    shutil.rmtree(folder, ignore_errors=True)
    return job, n, wrong


def main():
    jobs = [(what, call, error) for what in COMMANDS
            for call, errors in CALLS.items()
            if call not in COMMANDS[what][2] for error in errors]
    results, runs, bad = {}, 0, 0
    with ThreadPoolExecutor(2) as pool:
        for job, n, wrong in pool.map(probe, jobs):
            runs += n
            results.setdefault(job[:2], []).append((job[2], n, wrong))
    for number, ((what, call), list_) in enumerate(results.items(), 1):
        wrong = [(e, w) for e, _, ws in list_ for w in ws]
        wrong += [(e, "the probe never fired") for e, n, _ in list_ if n == 0]
        bad += bool(wrong)
        print("%s %d - %s: %s (%s)" % (
            "not ok" if wrong else "ok", number, what, call,
            ", ".join("%s %d" % (e, n) for e, n, _ in list_)))
        for e, w in wrong[:8]:
            print("# %s, %s" % (e, w))
    print("# %d calls made to fail" % runs)
    print("1..%d" % len(results))
    return int(bad > 0)


sys.exit(main())
