#!/usr/bin/env python3
"""peers.py [options] CORPUS: the hits of SpamAssassin and of simsift.

CORPUS is a folder with a message in each file.  Of a tree of SpamAssassin's
rules (--rules DIR, by default Debian's) the header, body, rawbody and uri
rules that are plain patterns are written into one file for both programs,
under names that both report (__X becomes X_H), and both judge the same
messages, drawn by --seed.  Printed is, for each type, how many of
SpamAssassin's hits simsift has, how many of simsift's hits SpamAssassin has
not, and the rules that differ most.  Differences that the manual explains are
counted by their cause:

    bytes   . and [^a] are a character here, a byte there; \\w, \\s, \\b know
            all scripts here
    folded  found in the text without its disguise only
    link    a link to which Chinese text is joined: none there
    left    a pattern that is refused here or ran into a limit

--keep DIR leaves the rule file and all differences there.  --want makes too
many differences an exit status of 1.

Needs the packages spamassassin and, to have SpamAssassin guess charsets too,
libencode-detect-perl; no part of `make check`.
"""
import argparse
import collections
import email
import email.policy
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

TYPES = ('header', 'body', 'rawbody', 'uri')
# SpamAssassin's of these types that must be found, and ours that may be more.
GOAL = {'header': 99, 'body': 97, 'rawbody': 99, 'uri': 97}
EXCESS = 1

# Not fields of the message: SpamAssassin's own findings about its way.
COMPUTED = re.compile(r'X-Spam-|ALL-|EnvelopeFrom|X-Languages', re.I)
LEFT_MODIFIERS = re.compile(r':(host|domain|ip|revip|first|last)\b')

PERL = r'''
use strict; use warnings;
use Mail::SpamAssassin;
binmode STDOUT, ':utf8';
my ($config, $state) = @ARGV;
open my $in, '<', $config or die "$config: $!";
my $text = do { local $/; <$in> };
my $sa = Mail::SpamAssassin->new({
    config_text => $text, local_tests_only => 1, dont_copy_prefs => 1,
    userstate_dir => $state, home_dir_for_helpers => $state,
    need_tags => 0 });
$sa->compile_now(0, 0);
print "# ", Mail::SpamAssassin::Version(), "\n";
while (my $path = <STDIN>) {
    chomp $path;
    open my $fh, '<', $path or die "$path: $!";
    binmode $fh;
    my $raw = do { local $/; <$fh> };
    my $mail = $sa->parse($raw, 1);
    my $status = $sa->check($mail);
    print "$path\t", $status->get_names_of_tests_hit(), "\n";
    $status->finish; $mail->finish;
}
'''


def code_of(line):
    """The line without its comment."""
    return re.sub(r'(?<!\\)#.*', '', line).strip()


def lines_of(tree):
    for path in sorted(glob.glob(os.path.join(tree, '*.cf'))):
        with open(path, encoding='latin-1') as f:
            skip = []  # in an else
            for line in f:
                line = code_of(line.rstrip('\n'))
                word = line.split(' ', 1)[0]
                if word in ('if', 'ifplugin'):
                    skip.append(False)
                elif word == 'else' and skip:
                    skip[-1] = not skip[-1]
                elif word == 'endif' and skip:
                    skip.pop()
                elif line and not any(skip):
                    yield line


class Tree:
    """What is taken of a rule tree."""

    def __init__(self, tree):
        self.rules = {}      # name: (type, what stands behind the name)
        self.nosubject = set()
        self.replaced = set()
        self.tags = []
        self.zones = []
        self.left = collections.Counter()
        for line in lines_of(tree):
            self.line(line)

    def line(self, line):
        part = line.split(None, 2)
        if part[0] in TYPES and len(part) == 3:
            self.rule(*part)
        elif part[0] == 'tflags' and 'nosubject' in line.split():
            self.nosubject.add(part[1])
        elif part[0] == 'replace_rules':
            self.replaced.update(line.split()[1:])
        elif part[0].startswith('replace_'):
            self.tags.append(line)
        elif part[0].startswith('util_rb_'):
            self.zones.append(line)

    def rule(self, kind, name, what):
        if 'eval:' in what:
            self.left['eval'] += 1
        elif what.startswith('exists:'):
            self.left['exists'] += 1
        elif kind == 'header' and COMPUTED.match(what):
            self.left['field that SpamAssassin computes'] += 1
        elif kind == 'header' and LEFT_MODIFIERS.search(what.split()[0]):
            self.left['modifier that is refused here'] += 1
        else:
            self.rules[name] = (kind, what)

    def text(self, nofold=''):
        """One rule file for both; nofold: a flag for all rules."""
        new, out = {}, list(self.tags)
        for name, (kind, what) in self.rules.items():
            n = name
            if name.startswith('__'):
                n = name.lstrip('_') + '_H'
                n = 'N' + n if n[0].isdigit() else n
            new[name] = n
            out.append(f'{kind} {n} {what}')
            out.append(f'score {n} 0.01')
            flags = ' nosubject' if name in self.nosubject else ''
            if flags or nofold:
                out.append(f'tflags {n}{flags}{nofold}')
            if name in self.replaced:
                out.append(f'replace_rules {n}')
        self.kind = {new[k]: v[0] for k, v in self.rules.items()}
        self.what = {new[k]: v[1] for k, v in self.rules.items()}
        return '\n'.join(out) + '\n'


def spamassassin(text, zones, paths, work):
    config = os.path.join(work, 'theirs.cf')
    with open(config, 'w', encoding='latin-1') as f:
        f.write('loadplugin Mail::SpamAssassin::Plugin::Check\n'
                'loadplugin Mail::SpamAssassin::Plugin::ReplaceTags\n'
                'use_bayes 0\nuse_auto_welcomelist 0\ntime_limit 0\n'
                'required_score 1000\n' + '\n'.join(zones) + '\n' + text)
    script = os.path.join(work, 'hits.pl')
    with open(script, 'w') as f:
        f.write(PERL)
    run = subprocess.run(
        ['perl', script, config, work], input='\n'.join(paths) + '\n',
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors='replace')
    if run.returncode != 0:
        if 'locate Mail/SpamAssassin.pm' in run.stderr:
            sys.exit('peers.py: no SpamAssassin: apt-get install spamassassin')
        sys.exit('peers.py: SpamAssassin failed:\n' + run.stderr)
    hits, version = {}, '?'
    for line in run.stdout.splitlines():
        if line.startswith('#'):
            version = line[2:]
            continue
        path, _, names = line.partition('\t')
        hits[path] = set(names.split(',')) - {'', 'none'}
    return hits, version


def simsift(program, text, paths, work):
    rules = os.path.join(work, 'rules')
    os.makedirs(rules, exist_ok=True)
    with open(os.path.join(rules, 'peers.cf'), 'w', encoding='latin-1') as f:
        f.write(text)
    lint = subprocess.run([program, 'rules', 'lint', '-C', rules],
                          stdout=subprocess.PIPE)
    left = set(re.findall(r'(?:refused|error): (\w+):', lint.stdout.decode()))
    left |= set(re.findall(r'(\w+): slow: .*match limit',
                           lint.stdout.decode()))
    run = subprocess.run(
        [program, 'scan', '--json', '-C', rules, '-c', 'limit_time 600000',
         *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    hits = {}
    for line in run.stdout.decode().splitlines():
        row = json.loads(line)
        hits[row['id']] = {r['name'] for r in row['rules']}
        if row['verdict'] == 'error':
            print('not judged:', row['id'])
    return hits, left, run.stderr.decode(errors='replace')


class Cause:
    """Why the two differ, where that can be said."""

    def __init__(self, tree, left, unfolded):
        self.tree, self.left, self.unfolded = tree, left, unfolded
        self.seen = {}

    def facts(self, path):
        """Is there text that is not ASCII, and a link joined to such?"""
        if path not in self.seen:
            with open(path, 'rb') as f:
                whole = f.read()
            m = email.message_from_bytes(whole, policy=email.policy.compat32)
            text = whole.decode('gb18030', 'replace')
            for part in m.walk():
                if part.get_content_maintype() != 'text':
                    continue
                raw = part.get_payload(decode=True) or b''
                try:
                    text += raw.decode(part.get_content_charset() or 'gb18030',
                                       'replace')
                except LookupError:
                    text += raw.decode('gb18030', 'replace')
            head = ''.join(str(v) for v in m.values())
            self.seen[path] = (
                not text.isascii() or not head.isascii() or '=?' in head,
                re.search(r'[\w-]\.[a-z]{2,}[^\x00-\x7f]|'
                          r'[^\x00-\x7f][\w-]+\.[a-z]', text, re.A | re.I)
                is not None)
        return self.seen[path]

    def of(self, sign, kind, name, path):
        other, link = self.facts(path)
        what = self.tree.what[name]
        if sign == '-' and name in self.left:
            return 'left'
        if sign == '+' and name not in self.unfolded.get(path, {name}):
            return 'folded'
        if kind == 'uri' and link:
            return 'link'
        if other and re.search(r'\.[{*+?]|\[\^|\\[wWbBsSdD]|\[\[:|\\x', what):
            return 'bytes'
        return ''


def choose(corpus, n, seed):
    """Messages of all folders alike, so that spam is not outnumbered."""
    folders = {}
    for base, _, names in os.walk(corpus):
        files = sorted(os.path.join(base, k) for k in names)
        if files:
            folders[base] = files
    rnd = random.Random(seed)
    out = []
    order = sorted(folders)
    for f in order:
        rnd.shuffle(folders[f])
    while len(out) < n and order:
        for f in list(order):
            if not folders[f]:
                order.remove(f)
            elif len(out) < n:
                out.append(folders[f].pop())
    return sorted(out)


def by_type(tree, hits):
    pairs = {t: set() for t in TYPES}
    for path, names in hits.items():
        for n in names & tree.kind.keys():
            pairs[tree.kind[n]].add((path, n))
    return pairs


def report(tree, theirs, ours, cause, keep):
    bad, diff = 0, []
    theirs, ours = by_type(tree, theirs), by_type(tree, ours)
    print(f'{"":8} {"":>6}  {"found by SpamAssassin":>32}'
          f'  {"found by simsift":>32}')
    print(f'{"type":8} {"rules":>6}  {"all":>6} {"here":>6} {"%":>7}'
          f' {"unexplained":>10}  {"all":>6} {"more":>4} {"%":>6}'
          f' {"unexplained":>10}')
    for t in TYPES:
        a, b = theirs[t], ours[t]
        new = [('-', t, n, p, cause.of('-', t, n, p)) for p, n in a - b]
        new += [('+', t, n, p, cause.of('+', t, n, p)) for p, n in b - a]
        diff += new
        less = sum(1 for d in new if d[0] == '-' and not d[4])
        more = sum(1 for d in new if d[0] == '+' and not d[4])
        rules = sum(1 for v in tree.kind.values() if v == t)
        found = 100.0 * len(a & b) / max(len(a), 1)
        excess = 100.0 * len(b - a) / max(len(b), 1)
        short = 100.0 * less / max(len(a), 1) > 100 - GOAL[t]
        over = 100.0 * more / max(len(b), 1) > EXCESS
        bad |= short or over
        print(f'{t:8} {rules:6}  {len(a):6} {len(a & b):6} {found:7.2f}'
              f' {less:10}  {len(b):6} {len(b - a):4} {excess:6.2f}'
              f' {more:10}{"  *" if short or over else ""}')
    if keep:
        with open(os.path.join(keep, 'differences'), 'w') as f:
            for d in sorted(diff):
                f.write(' '.join(d) + '\n')
    kinds = collections.Counter((d[0], d[4] or 'unexplained') for d in diff)
    print('\ndifferences by cause:', ', '.join(
        f'{s}{k} {c}' for (s, c), k in kinds.most_common()))
    count = collections.Counter((d[0], d[1], d[2], d[4]) for d in diff)
    first = {}
    for d in sorted(diff):
        first.setdefault((d[0], d[1], d[2], d[4]), d[3])
    print('\n- SpamAssassin only, + simsift only; the first message of each')
    for key, k in count.most_common(30):
        sign, t, n, c = key
        print(f'{sign} {k:4} {t:8} {c:7} {n:28} {first[key]}')
        print(f'         {tree.what[n][:150]}')
    return int(bad)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('corpus')
    p.add_argument('--rules', default='/usr/share/spamassassin')
    p.add_argument('--simsift', default=os.path.join(os.path.dirname(
        os.path.abspath(__file__)), '../../build/simsift'))
    p.add_argument('-n', type=int, default=300)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--keep', metavar='DIR')
    p.add_argument('--want', action='store_true')
    arg = p.parse_args()
    paths = choose(arg.corpus, arg.n, arg.seed)
    if not paths:
        sys.exit(f'peers.py: no messages in {arg.corpus}')
    tree = Tree(arg.rules)
    if not tree.rules:
        sys.exit(f'peers.py: no rules in {arg.rules}'
                 ' (apt-get install spamassassin, or --rules DIR)')
    text = tree.text()
    if arg.keep:
        os.makedirs(arg.keep, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        theirs, version = spamassassin(text, tree.zones, paths, work)
        ours, left, words = simsift(arg.simsift, text, paths, work)
        unfolded, _, _ = simsift(arg.simsift, tree.text(' nofold'), paths,
                                 work)
        if arg.keep:
            with open(os.path.join(arg.keep, 'peers.cf'), 'w',
                      encoding='latin-1') as f:
                f.write(text)
    print(f'SpamAssassin {version}, {len(paths)} messages, '
          f'{len(tree.rules)} rules')
    print('left out:', ', '.join(f'{v} {k}' for k, v in tree.left.items()))
    for w in words.splitlines()[:8]:
        print('simsift:', w)
    if left:
        print('refused here or with a limit in reach:', len(left))
    bad = report(tree, theirs, ours, Cause(tree, left, unfolded), arg.keep)
    return bad if arg.want else 0


if __name__ == '__main__':
    sys.exit(main())
