#!/usr/bin/env python3
"""gold.py [-j N] [-k DIR] [-f WORD] CORPUS GOLD.tsv SCORE [PROGRAM]

Is the cutter exact where the rules are?  Each document of GOLD.tsv gets the
rules of gold_rules.py and is scored alone by

    SCORE cut --filler CORPUS/hardham --json FILE ONE GOLD.tsv -- PROGRAM -C RULES

(SCORE makes the messages of all variants, runs PROGRAM on them and compares
what is gone with the spans); here the figures are summed up.  PROGRAM is
build/simsift unless given.  -j: so many at once; -k: leave rules and lists
there; -f: only documents whose name holds WORD.
Exit status 1 where not all is exact.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import gold_rules

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def one(a, name, spans):
    """The figures of SCORE for one document, as JSON."""
    here = os.path.join(a.keep, gold_rules.folder(name))
    corpus = os.path.join(here, 'corpus')
    os.makedirs(os.path.dirname(os.path.join(corpus, name)), exist_ok=True)
    shutil.copy(os.path.join(a.corpus, name), os.path.join(corpus, name))
    text = gold_rules.read_text(os.path.join(a.corpus, name))
    with open(os.path.join(here, 'rules.cf'), 'w', encoding='utf-8') as f:
        f.write(gold_rules.rules_for(name, text, spans))
    gold = os.path.join(here, 'gold.tsv')
    with open(gold, 'w', encoding='utf-8') as f:
        f.write('file\tstart\tend\tkind\n')
        for s in spans:
            f.write('%s\t%d\t%d\t%s\n' % (name, *s))
    out = os.path.join(here, 'figures.json')
    rules = os.path.join(here, 'rules')     # nothing else in -C's folder
    os.makedirs(rules, exist_ok=True)
    os.replace(os.path.join(here, 'rules.cf'), os.path.join(rules, 'rules.cf'))
    subprocess.run([sys.executable, a.score, 'cut', '--filler',
                    os.path.join(a.corpus, 'hardham'), '--json', out,
                    '--list', os.path.join(here, 'list.tsv'), corpus, gold,
                    '--', a.program, '-C', rules],
                   check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding='utf-8') as f:
        return json.load(f)


def report(results):
    rows, faults = defaultdict(Counter), Counter()
    for r in results:
        faults.update(r['faults'])
        for v, x in list(r['variants'].items()) + [('all', r)]:
            rows[v].update(
                messages=x['messages'], exact=x['exact'],
                broken=x['broken'], subjects=x['subjects_exact'],
                wrong=x['body']['wrong'], kept=x['body']['kept'],
                stayed=x['body']['stayed'])
    print('%-12s%6s%7s%9s%8s%8s%9s%9s' % (
        'variant', 'msgs', 'exact', '', 'wrong/M', 'broken', 'stayed',
        'subjects'))
    for v in sorted(rows, key=lambda v: (v == 'all', v)):
        x = rows[v]
        print('%-12s%6d%7d%8.2f%%%8.0f%8d%9d%9d' % (
            v, x['messages'], x['exact'], 100 * x['exact'] / x['messages'],
            1e6 * x['wrong'] / max(x['kept'], 1), x['broken'], x['stayed'],
            x['subjects']))
    right = sum(r['documents_right'] for r in results)
    print('documents exact in every variant: %d of %d' % (right,
                                                          len(results)))
    for k, n in faults.most_common():
        print('fault: %s: %d' % (k, n))
    x = rows['all']
    return x['exact'] == x['messages'] == x['subjects'] and not x['broken']


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('-j', dest='jobs', type=int, default=2)
    p.add_argument('-k', dest='keep')
    p.add_argument('-f', dest='word', default='')
    for name in 'corpus', 'gold', 'score':
        p.add_argument(name)
    p.add_argument('program', nargs='?',
                   default=os.path.join(TOP, 'build', 'simsift'))
    a = p.parse_args()
    tmp = None
    if a.keep is None:
        a.keep = tmp = tempfile.mkdtemp(prefix='gold-')
    gold = [(n, s) for n, s in sorted(gold_rules.read_gold(a.gold).items())
            if a.word in n and any(kind == 'cut' for *_, kind in s)]
    try:
        with ThreadPoolExecutor(a.jobs) as pool:
            results = list(pool.map(lambda x: one(a, *x), gold))
    finally:
        if tmp is not None:
            shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(0 if report(results) else 1)


if __name__ == '__main__':
    main()
