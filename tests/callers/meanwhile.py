"""TAP for meanwhile.t: meanwhile.py SIMSIFT N LIB, in an empty folder that is
reached by everybody.

procmail and Dovecot's LDA deliver N messages into one mbox and one Maildir,
four at once, while `scan --apply` goes over both again and again, and is
killed now and then.  Each message must be there once: old, cut or held.
"""
import collections
import os
import queue
import random
import re
import signal
import subprocess
import sys
import threading
import time

simsift, count = os.path.abspath(sys.argv[1]), int(sys.argv[2])
sys.path.insert(0, sys.argv[3])
import apply_lib as lib  # noqa: E402

TOP = os.getcwd()
LDA = "/usr/lib/dovecot/dovecot-lda"
SEED = int(os.environ.get("SEED", "1"))
KILL = int(os.environ.get("KILL", "10"))  # of 100 runs
tap = lib.Tap()
# What deliverers and Dovecot's index put into a header.
ADDED = re.compile(rb"(Return-Path|Delivered-To|X-IMAPbase|X-IMAP|X-UID|Status|"
                   rb"X-Status|X-Keywords|Content-Length|Lines):", re.I)
CONF = """base_dir = %(top)s/run
state_dir = %(top)s/run
log_path = %(top)s/dovecot.log
info_log_path = /dev/null
ssl = no
listen =
mail_home = %(top)s
first_valid_uid = 0
mbox_write_locks = dotlock fcntl
mbox_dotlock_change_timeout = 30s
postmaster_address = root@example.org
"""
BOXES = {"mbox": "mbox:%s/mail:INBOX=%s/box" % (TOP, TOP),
         "Maildir": "maildir:%s/md" % TOP}
RC = """SHELL=/bin/sh
LOCKSLEEP=1
LOCKTIMEOUT=30
SUSPEND=1
MAILDIR=%s
DEFAULT=%s
LOGFILE=%s/procmail.log
:0%s
%s
"""


def plain_user():
    """root's dovecot-lda wants a server to ask about users."""
    if os.geteuid() != 0:
        return
    os.chown(".", 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def prepare():
    os.makedirs("run")
    os.makedirs("mail")
    with open("dovecot.conf", "w") as f:
        f.write(CONF % {"top": TOP})
    with open("own.cf", "w") as f:
        f.write(lib.RULES)
    for kind, box in (("mbox", TOP + "/box"), ("Maildir", TOP + "/md/")):
        with open(kind + ".rc", "w") as f:
            f.write(RC % (TOP, box, TOP, ":" * (kind == "mbox"), box))
        os.chmod(kind + ".rc", 0o600)
    os.environ.update(HOME=TOP, USER="reader", LOGNAME="reader")
    lib.make_vault("v")


def deliver(program, kind, m):
    """Exit status 75 is tried again, as a mail server does."""
    raw = m.raw
    if program == "procmail":
        command = ["procmail", "-m", "%s/%s.rc" % (TOP, kind)]
        if kind == "mbox":
            raw = lib.FROM_LINE + b"\n" + raw
    else:
        command = [LDA, "-c", TOP + "/dovecot.conf", "-f", "a@b.example", "-o",
                   "mail_location=" + BOXES[kind]]
    for _ in range(20):
        p = subprocess.run(command, input=raw, capture_output=True,
                           check=False, timeout=120)
        if p.returncode == 0:
            return None
        if p.returncode != 75:
            break
    return "%s, %s: status %d: %s" % (program, kind, p.returncode, p.stderr)


def deliverer(todo, wrong):
    while True:
        try:
            job = todo.get_nowait()
        except queue.Empty:
            return
        why = deliver(*job)
        if why:
            wrong.append(why)


def apply(kill_after=None):
    p = subprocess.Popen([simsift, "scan", "--apply", "--json", "-C", TOP,
                          "-V", TOP + "/v", "box", "md"], stderr=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, start_new_session=True)
    if kill_after is not None:
        time.sleep(kill_after)
        if p.poll() is None:
            os.killpg(p.pid, signal.SIGKILL)
    err = p.communicate()[1].decode(errors="replace")
    return p.returncode, err


def bare(raw):
    """Without what deliverers add, and without our fields."""
    head, sep, body = lib.bare(raw).partition(b"\n\n")
    return b"\n".join(l for l in head.split(b"\n") if not ADDED.match(l)) + \
        sep + body.rstrip(b"\n") + b"\n"


def check(kind, list_, box, vault):
    """What is wrong with a box after the last run."""
    wrong, got = [], collections.defaultdict(list)
    for raw in box:
        m = re.search(rb"^Message-ID: (\S+)", raw, re.M | re.I)
        got[m.group(1) if m else raw[:80]].append(bare(raw))
    for m in list_:
        ident = re.search(rb"^Message-ID: (\S+)", m.raw, re.M).group(1)
        here, kept = got.pop(ident, []), bare(m.raw) in vault
        name = "%s: %d (%s)" % (kind, m.number, m.kind)
        if m.kind == "hold":
            if here:
                wrong.append("not done: " + name)
            elif not kept:
                wrong.append("lost: " + name)
            continue
        if len(here) != 1:
            wrong.append("%s: %s, in the vault: %s" % (
                "twice" if here else "lost", name, kept))
        elif here[0] == bare(m.raw) and m.kind == "cut":
            wrong.append("not done: " + name)
        elif here[0] != bare(m.new):
            wrong.append("torn: %s: %r" % (name, here[0][-200:]))
        elif m.kind == "cut" and not kept:
            wrong.append("cut, its original is not in the vault: " + name)
    return wrong + ["from nowhere: %r" % i for i in got]


def by_dovecot(kind, want):
    """What Dovecot says of a box that it knows from before."""
    p = subprocess.run(["doveadm", "-c", TOP + "/dovecot.conf", "-o",
                        "mail_location=" + BOXES[kind], "fetch",
                        "size.physical size.virtual hdr.message-id", "ALL"],
                       capture_output=True, check=False)
    n = p.stdout.lower().count(b"hdr.message-id: <")
    if p.returncode != 0 or n != want:
        return ["doveadm: status %d, %d messages of %d: %s" % (
            p.returncode, n, want, p.stderr[-300:])]
    return []


def logged(name, harmless):
    try:
        with open(name, errors="replace") as f:
            return ["%s: %s" % (name, l.strip()[:200]) for l in f
                    if re.search("(?i)error|fatal|panic|corrupt|wrong", l) and
                    not re.search(harmless, l)]
    except OSError:
        return []


def main():
    plain_user()
    prepare()
    rng = random.Random(SEED)
    all_ = [lib.message("meanwhile %d" % SEED, i, rng.choice(lib.KINDS), 20000,
                        "\n") for i in range(count + 40)]
    lib.ask(all_, simsift, TOP)
    for m in all_:
        if m.new is not None:
            m.new = m.new.rstrip(b"\n") + b"\n"
        m.raw = m.raw.rstrip(b"\n") + b"\n"
    lists = {"mbox": all_[:20], "Maildir": all_[20:40]}
    lib.write_mbox("box", lists["mbox"])
    lib.write_maildir("md", lists["Maildir"])
    todo, wrong = queue.Queue(), []
    routes = [(p, k) for p in ("procmail", "lda") for k in BOXES]
    for i, m in enumerate(all_[40:]):
        program, kind = routes[i % 4]
        lists[kind].append(m)
        todo.put((program, kind, m))
    total = todo.qsize()
    threads = [threading.Thread(target=deliverer, args=(todo, wrong))
               for _ in range(4)]
    t = time.monotonic()
    for thread in threads:
        thread.start()
    ran = gave_way = killed = 0
    usual = .1
    while any(thread.is_alive() for thread in threads):
        late = rng.uniform(.3, 1.1) * usual if rng.random() * 100 < KILL else None
        start = time.monotonic()
        status, err = apply(late)
        ran += 1
        killed += status == -signal.SIGKILL
        gave_way += status == 1
        if late is None:
            usual = time.monotonic() - start
        if status not in (0, 1, -signal.SIGKILL) or (
                status == 1 and not re.search("lock|changed", err)):
            wrong.append("status %s: %s" % (status, err[:300]))
        time.sleep(rng.uniform(0, .1))
    t = time.monotonic() - t
    tap.result("procmail and Dovecot deliver meanwhile", wrong,
               ": %d messages, %.0f s, %d runs, %d killed, %d gave way" % (
                   total, t, ran, killed, gave_way))
    status, err = apply()
    tap.result("the last run", [] if status == 0 else [
        "status %d: %s" % (status, err[:300])])
    kept = {bare(raw) for raw in lib.read_vault("v")[0]}
    boxes = {"mbox": lib.read_mbox("box"),
             "Maildir": [m[0] for m in lib.read_maildir("md")]}
    for kind, box in boxes.items():
        tap.result("%s: each is there once, old, cut or held" % kind,
                   check(kind, lists[kind], box, kept),
                   ": %d in the box, %d held" % (len(box), len(
                       [m for m in lists[kind] if m.kind == "hold"])))
        tap.result("%s: Dovecot reads it" % kind, by_dovecot(kind, len(box)))
    wrong = lib.wrong_counts(lib.read_maildir("md")) + [
        "left over: " + n for n in os.listdir("md/tmp")] + [
        "left over: " + n for n in os.listdir(".")
        if n.startswith(("box.", ".box"))]
    tap.result("nothing is left over", wrong)
    # It hopes that mail was only added (mbox_dirty_syncs), says when that was
    # wrong, and reads the box anew.
    tap.result("no complaints in Dovecot's log", logged(
        "dovecot.log", "stats-writer|net_connect_unix|"
        "Next message unexpectedly corrupted"))
    return tap.end()


sys.exit(main())
