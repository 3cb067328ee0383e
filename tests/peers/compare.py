#!/usr/bin/env python3
"""compare.py CORPUS: simsift, SpamAssassin and rspamd on the same messages.

CORPUS has folders promo/ and ham/ with a message in each *.eml.  Each program
judges each message as a mail system would have it do: simsift filter, spamc and
rspamc, one process a message.  spamd and rspamd run here, on loopback, with one
worker, their own rules as shipped, no network and nothing learnt, and end with
this script.  Printed are

    found    of promo/: the verdict is not clean; is_spam; an action that
             marks or rejects
    alarms   of ham/: the same
    cut      of promo/: messages that came out without the promotion, still
             there otherwise
    CPU ms   of one message, client and server together
    MB       of memory: simsift at its peak, the servers while they wait

Behind the slash: only messages whose name ends in -k, which nobody looks at
while he writes our rules (tests/corpus/README.md).

Needs the packages spamd, spamc and rspamd; a program that is not there is left
out, and said so.  No part of `make check`.
"""
import argparse
import glob
import grp
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf('SC_CLK_TCK')
# Of rspamd: what asks a network or keeps a memory.
OFFLINE = ('rbl spf dkim dkim_signing dmarc arc fuzzy_check phishing asn '
           'mx_check url_redirector greylisting ratelimit replies neural '
           'history_redis reputation bimi p0f maillist elastic clickhouse '
           'dcc antivirus external_services metadata_exporter known_senders '
           'spamtrap statistic').split()
RSPAMD = '''
.include "$CONFDIR/common.conf"
options {
    pidfile = "$RUNDIR/rspamd.pid";
    .include "$CONFDIR/options.inc"
    dns { nameserver = ["127.0.0.1:9"]; timeout = 0.05s; retransmits = 1; }
}
logging { type = "file"; filename = "$LOGDIR/log"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:%d"; count = 1; }
'''


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def group_of(user):
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def wait_for(port, server, seconds=300):
    for _ in range(seconds * 10):
        if server.poll() is not None:
            return False
        with socket.socket() as s:
            if s.connect_ex(('127.0.0.1', port)) == 0:
                return True
        time.sleep(0.1)
    return False


def family(pid):
    """The process and all below it."""
    kids = {}
    for path in glob.glob('/proc/[0-9]*/stat'):
        try:
            with open(path) as f:
                text = f.read()
        except OSError:
            continue
        parent = int(text.rpartition(')')[2].split()[1])
        kids.setdefault(parent, []).append(int(path.split('/')[2]))
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        todo += kids.get(p, [])
    return out


def cpu_of(pids):
    """Seconds that the processes have used."""
    ticks = 0
    for p in pids:
        try:
            with open(f'/proc/{p}/stat') as f:
                part = f.read().rpartition(')')[2].split()
            ticks += sum(int(x) for x in part[11:15])
        except OSError:
            pass
    return ticks / TICK


def memory_of(pids):
    """MB, pages that several have shared out among them."""
    kb = 0
    for p in pids:
        try:
            with open(f'/proc/{p}/smaps_rollup') as f:
                kb += sum(int(line.split()[1]) for line in f
                          if line.startswith('Pss:'))
        except OSError:
            pass
    return kb / 1024


class Simsift:
    name = 'simsift'

    def __init__(self, program, filters, work):
        self.args = [program, 'filter', '-C', filters, '-V',
                     os.path.join(work, 'vault')]
        self.peak = 0

    def server(self):
        return []

    def judge(self, path):
        """Is it flagged, is it cut?"""
        with open(path, 'rb') as f:
            p = subprocess.Popen(self.args, stdin=f, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
            out = p.stdout.read()
            _, status, used = os.wait4(p.pid, 0)
            p.returncode = status
            p.stdout.close()
        self.peak = max(self.peak, used.ru_maxrss / 1024)
        head = out.partition(b'\n\n')[0].replace(b'\r', b'')
        field = b' '.join(head.partition(b'X-Simsift: ')[2].split())
        return b'verdict=' in field, b'action=cut' in field

    def memory(self):
        return self.peak

    def close(self):
        pass


class Server:
    def start(self, args, port):
        self.port = port
        self.process = subprocess.Popen(
            args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        if not wait_for(port, self.process):
            self.close()
            sys.exit(f'compare.py: {self.name} does not start')

    def server(self):
        return family(self.process.pid)

    def memory(self):
        return memory_of(self.server())

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class SpamAssassin(Server):
    name = 'SpamAssassin'

    def __init__(self, work, user):
        port = free_port()
        home = os.path.join(work, 'spamd')
        os.makedirs(home)
        shutil.chown(home, user)
        self.start(['spamd', '-L', '-m', '1', '--min-children=1',
                    f'--username={user}', '-x', f'--helper-home-dir={home}',
                    f'--virtual-config-dir={home}', '-i', '127.0.0.1',
                    '-p', str(port), '--syslog=null',
                    f'--pidfile={work}/spamd.pid'], port)

    def judge(self, path):
        with open(path, 'rb') as f:
            run = subprocess.run(
                ['spamc', '-d', '127.0.0.1', '-p', str(self.port), '-c',
                 '-x', '-t', '60'], stdin=f, stdout=subprocess.PIPE)
        if run.returncode not in (0, 1):
            raise OSError(f'spamc: {run.returncode} for {path}')
        return run.returncode == 1, False


class Rspamd(Server):
    name = 'rspamd'

    def __init__(self, work, user):
        port = free_port()
        home = os.path.join(work, 'rspamd')
        os.makedirs(os.path.join(home, 'override.d'))
        for module in OFFLINE:
            with open(f'{home}/override.d/{module}.conf', 'w') as f:
                f.write('enabled = false;\n')
        with open(f'{home}/rspamd.conf', 'w') as f:
            f.write(RSPAMD % port)
        for base, _, names in os.walk(home):
            for n in [base] + [os.path.join(base, k) for k in names]:
                shutil.chown(n, user)
        variables = [f'--var={v}={home}' for v in (
            'RUNDIR', 'DBDIR', 'LOGDIR', 'LOCAL_CONFDIR')]
        self.start(['rspamd', '-f', '-u', user, '-g', group_of(user), '-c',
                    f'{home}/rspamd.conf', *variables], port)

    def judge(self, path):
        run = subprocess.run(
            ['rspamc', '-h', f'127.0.0.1:{self.port}', '--json', '-t', '60',
             path], stdout=subprocess.PIPE, text=True)
        answer = json.loads(run.stdout)
        return answer['action'] in ('add header', 'rewrite subject',
                                    'reject'), False


def measure(program, corpus):
    flagged = {'promo': [], 'ham': []}
    cut = total = 0
    program.judge(corpus['ham'][0])  # the servers' first one takes longer
    server = program.server()
    before = cpu_of(server)
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    for kind, paths in corpus.items():
        for path in paths:
            bad, was_cut = program.judge(path)
            total += 1
            cut += was_cut and kind == 'promo'
            if bad:
                flagged[kind].append(path)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime +
            cpu_of(server) - before)
    return flagged, cut, 1000 * used / total, program.memory()


def aside(paths):
    return sum(1 for p in paths if p.endswith('-k.eml'))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.dirname(os.path.dirname(here))
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('corpus')
    p.add_argument('--simsift', default=f'{top}/build/simsift')
    p.add_argument('--filters', default=f'{top}/filters')
    args = p.parse_args()
    corpus = {k: sorted(glob.glob(os.path.join(args.corpus, k, '*.eml')))
              for k in ('promo', 'ham')}
    if not all(corpus.values()):
        sys.exit(f'compare.py: {args.corpus}: no promo/*.eml and ham/*.eml')
    user = 'nobody' if os.getuid() == 0 else pwd.getpwuid(os.getuid())[0]
    n = {k: f'{len(v)}/{aside(v)}' for k, v in corpus.items()}
    print(f'{"":14}{"found":>9}{"alarms":>9}{"cut":>6}{"CPU ms":>9}'
          f'{"MB":>6}')
    print(f'{"messages":14}{n["promo"]:>9}{n["ham"]:>9}')
    for make, needs in ((lambda w: Simsift(args.simsift, args.filters, w), ()),
                        (lambda w: SpamAssassin(w, user), ('spamd', 'spamc')),
                        (lambda w: Rspamd(w, user), ('rspamd', 'rspamc'))):
        lacks = [x for x in needs if shutil.which(x) is None]
        if lacks:
            print(f'no {lacks[0]}: apt-get install {" ".join(needs)}')
            continue
        with tempfile.TemporaryDirectory() as work:
            os.chmod(work, 0o755)
            program = make(work)
            try:
                flagged, cut, ms, mb = measure(program, corpus)
            finally:
                program.close()
        hit = {k: f'{len(v)}/{aside(v)}' for k, v in flagged.items()}
        print(f'{program.name:14}{hit["promo"]:>9}{hit["ham"]:>9}'
              f'{cut or "-":>6}{ms:9.1f}{mb:6.0f}', flush=True)


main()
