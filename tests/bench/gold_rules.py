#!/usr/bin/env python3
"""gold_rules.py CORPUS GOLD.tsv OUTDIR

Writes, for each document of GOLD.tsv (file, start, end, kind: offsets in
characters of CORPUS/file), a rule set that names its spans of kind "cut"
literally: OUTDIR/FAMILY__STEM/rules.cf.  With it nothing is left to the
rules, so what `simsift -C` then cuts wrongly is the cutter's fault.

A rule is a piece of a span: at most PIECE bytes of one line, so that it lies
whole in one unit wherever a long paragraph or chunk is split.  Where the same
words also stand where nothing is to be cut, the text round them is asked for
as well.  Markdown may arrive rendered: its marks and addresses are optional.
An HTML document may arrive as text, with any white space between its words;
as HTML, a piece is the source of one run of text.
"""
import csv
import os
import re
import sys
from collections import defaultdict
from html import unescape

PIECE = 120     # bytes of text in a rule, and …
REACH = 100     # … of what is asked for on either side of it
TITLE = 200     # characters within which a title may be cut off
HEAD = '''required_score 5
ifplugin Simsift
action promo cut
cut_max_percent 100
keep_min_percent 0
cut_max_sentences 100
endif

'''
RULE = '''%(type)s %(name)s %(pattern)s
score %(name)s 10
ifplugin Simsift
category %(name)s promo.telegram
cut %(name)s match
endif
'''


def read_gold(path):
    gold = defaultdict(list)
    with open(path, encoding='utf-8', newline='') as f:
        for r in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE):
            gold[r['file']].append((int(r['start']), int(r['end']),
                                    r['kind']))
    return gold


def read_text(path):
    with open(path, 'rb') as f:
        return f.read().decode('utf-8')


def literal(s):
    """s as a pattern; a run of white space is one white character."""
    out = []
    for c in re.sub(r'\s+', ' ', s):
        if c == ' ':
            out.append(r'\s')
        elif c < ' ' or c == '\x7f':
            continue            # not shown
        elif c.isascii() and not c.isalnum() and c != '_':
            out.append('\\' + c)
        else:
            out.append(c)
    return ''.join(out)


def raw_literal(s):
    """s as it stands in a rawbody unit."""
    return ''.join(r'\n' if c == '\n' else r'\t' if c == '\t' else
                   '\\' + c if c.isascii() and not c.isalnum() and c != '_'
                   else c for c in s)


class Rules:
    def __init__(self):
        self.text, self.n, self.seen = HEAD, 0, set()

    def add(self, kind, pattern):
        if (kind, pattern) in self.seen:
            return
        self.seen.add((kind, pattern))
        self.n += 1
        self.text += RULE % {'type': kind, 'name': 'GOLD_%d' % self.n,
                             'pattern': pattern}


def flags_of(text, spans):
    """For each character: 0 stays, 1 goes, 2 may go."""
    flags = bytearray(len(text))
    for x, y, kind in spans:
        flags[x:y] = bytes([1 if kind == 'cut' else 2]) * (y - x)
    return flags


def occurrences(needle, text):
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def only_gold(needle, text, flags):
    """Does needle stand in text only where all of it may go?"""
    return all(0 not in flags[at:at + len(needle)]
               for at in occurrences(needle, text))


def pieces(items, size):
    """[(characters, place)] split so that none has more than PIECE bytes."""
    out, now, n = [], [], 0
    for it in items:
        if n + size(it) > PIECE and now:
            out.append(now)
            now, n = [], 0
        now.append(it)
        n += size(it)
    return out + ([now] if now else [])


# ---- Markdown and plain text -----------------------------------------------

MARKUP = re.compile(
    r'(?P<image>!\[[^\]\n]*\]\([^)\s]*\))|(?P<open>\[(?=[^\[\]\n]*\]\())'
    r'|(?P<close>\]\([^)\s]*\))|(?P<bold>\*\*)'
    r'|(?P<lead>(?m:^)(?:\#{1,6}[ \t]*|[-*][ \t]+))')


class Word:
    """A stretch of the source; `bare`: not shown where it was rendered."""

    def __init__(self, text, at, bare):
        self.text, self.at, self.bare = text, at, bare

    def pattern(self):
        p = literal(self.text)
        return r'(?:\s?%s)?' % p if self.bare else p


def words(text):
    out, at = [], 0
    for m in MARKUP.finditer(text):
        out += [Word(c, at + i, False)
                for i, c in enumerate(text[at:m.start()])]
        out.append(Word(m[0], m.start(), True))
        at = m.end()
    return out + [Word(c, at + i, False) for i, c in enumerate(text[at:])]


def squeeze(ws, flags):
    """What is shown, white space as one blank, with flags; two ways: with
    the markup and without."""
    for rendered in False, True:
        chars, marks = [], bytearray()
        for w in ws:
            if w.bare and rendered:
                continue
            for i, c in enumerate(w.text):
                if c.isspace():
                    if chars and chars[-1] == ' ':
                        continue
                    c = ' '
                    # A blank is nobody's.
                chars.append(c)
                marks.append(2 if c == ' ' else flags[w.at + i])
        yield ''.join(chars), marks


def shown(ws, rendered):
    s = ''.join(w.text for w in ws if not (w.bare and rendered))
    return re.sub(r'\s+', ' ', s).strip()


def beside(ws, lo, hi, back):
    """The text of the paragraph before (or behind) words lo..hi, two ways."""
    out = []
    for rendered in False, True:
        s, rng = '', range(lo - 1, -1, -1) if back else range(hi, len(ws))
        for i in rng:
            w = ws[i]
            if w.bare and rendered:
                continue
            s = w.text + s if back else s + w.text
            if re.search(r'\n\s*\n', s) or len(s.encode()) > REACH:
                break
        s = re.split(r'\n\s*\n', s)[-1 if back else 0]
        s = re.sub(r'\s+', ' ', s)
        out.append(s.lstrip() if back else s.rstrip())
    return out


def with_context(ws, lo, hi, p):
    back, front = beside(ws, lo, hi, True), beside(ws, lo, hi, False)
    before = {literal(s[-16:]) or r'\A' for s in back}
    behind = {literal(s[:16]) or r'\z' for s in front}
    return '(?:%s)%s(?:%s)' % ('|'.join('(?<=%s)' % s for s in sorted(before)),
                               p, '|'.join('(?=%s)' % s
                                           for s in sorted(behind)))


def title_of(text):
    """(from, to) of the line that becomes a Subject."""
    m = re.match(r'(?s)---\n.*?\n---\n', text)
    at = m.end() if m else 0
    m = re.compile(r'[^\n]*[^\s*#>`][^\n]*').search(text, at)
    return m.span() if m else (0, 0)


def title_rules(rules, text, x, y):
    """A Subject may be the title's start only, without marks; a table of
    contents repeats it."""
    low, high = title_of(text)
    if not low <= x < high:
        return
    plain = lambda s: re.sub(r'[*#>`]+', '', s)
    before = plain(text[low:x]).strip()
    span = plain(text[x:min(y, high)])
    p = ''
    for c in reversed(re.sub(r'\s+', ' ', span).strip()[1:]):
        p = '(?:%s%s)?' % (literal(c), p)
    p = '%s%s%s' % ('(?<=%s)' % literal(before[-16:]) if before else r'\A',
                    literal(span.strip()[:1]), p)
    rules.add('body', r'/%s\s?\z/' % p)
    rules.add('rawbody', r'/%s[ ]?$/m' % p)


def markdown_rules(rules, text, spans):
    flags = flags_of(text, spans)
    ws = words(text)
    ways = list(squeeze(ws, flags))
    index = {}
    for i, w in enumerate(ws):
        for k in range(len(w.text)):
            index[w.at + k] = i
    for x, y, kind in spans:
        if kind != 'cut':
            continue
        title_rules(rules, text, x, y)
        lo, hi = index[x], index[y - 1] + 1
        for line in lines_of(ws, lo, hi):
            for piece in pieces(line, lambda i: len(ws[i].text.encode())):
                a, b = piece[0], piece[-1] + 1
                body = trim(ws, a, b)
                if not body:
                    continue
                a, b = body
                p = join(ws[a:b])
                if not all(only_gold(shown(ws[a:b], r), *ways[r])
                           for r in (0, 1) if shown(ws[a:b], r)):
                    p = with_context(ws, a, b, p)
                rules.add('body', '/%s/' % p)


def lines_of(ws, lo, hi):
    line = []
    for i in range(lo, hi):
        if ws[i].text == '\n':
            yield line
            line = []
        else:
            line.append(i)
    yield line


def trim(ws, a, b):
    while a < b and ws[a].text.isspace():
        a += 1
    while a < b and ws[b - 1].text.isspace():
        b -= 1
    return (a, b) if a < b and not all(w.bare for w in ws[a:b]) else None


def join(ws):
    """Words as a pattern; white space beside markup may be gone."""
    out, run = '', ''
    for w in ws:
        if w.bare:
            out += literal(run) + w.pattern()
            run = ''
        else:
            run += w.text
    return out + literal(run)


# ---- HTML ------------------------------------------------------------------

TAG = re.compile(r'(?is)<!--.*?-->|<(script|style|title|template)\b.*?</\1\s*>'
                 r'|<[a-z/!?][^>]*>')
PICTURE = re.compile(r"""(?is)^<img\b[^>]*?\ssrc=["']?([^"'\s>]+)""")


def runs(text):
    """Runs of text, each on one line of the source."""
    at = 0
    for m in list(TAG.finditer(text)) + [None]:
        end = m.start() if m else len(text)
        for line in re.finditer(r'\S(?:[^\n]*\S)?', text[at:end]):
            yield at + line.start(), at + line.end()
        at = m.end() if m else end


def as_text(text, rs, flags):
    """The document as text without white space, its flags, and where in it
    each run starts."""
    chars, marks, start = [], bytearray(), []
    for x, y in rs:
        start.append(len(chars))
        # A character reference is one character.
        for m in re.finditer(r'&(?:#?\w+);|.', text[x:y], re.S):
            for c in unescape(m[0]):
                if not c.isspace():
                    chars.append(c)
                    marks.append(flags[x + m.start()])
    return ''.join(chars), marks, start + [len(chars)]


def loose(s):
    """Characters with white space between them allowed."""
    return r'\s*'.join(literal(c) for c in s)


def only_gold_from(flat, marks, low, at, end):
    """Does flat[low:end] stand only where what is at..end of it may go?"""
    needle = flat[low:end]
    return all(0 not in marks[k + at - low:k + len(needle)]
               for k in occurrences(needle, flat))


def text_rule(rules, flat, marks, at, end):
    low = at
    while low > 0 and at - low < REACH // 3 and not only_gold_from(
            flat, marks, low, at, end):
        low -= 1
    before = loose(flat[low:at]) + r'\s*\K' if low < at else ''
    rules.add('body', '/%s%s/' % (before, loose(flat[at:end])))
    if before:      # it may stand in the paragraph before
        rules.add('rawbody', '/%s%s/' % (before, loose(flat[at:end])))
    if at > TITLE:
        return
    # A Subject may end within it, and a table of contents repeats that.
    p = ''
    for c in reversed(flat[at + 1:end]):
        p = r'(?:\s*%s%s)?' % (literal(c), p)
    p = r'%s\s*\K%s%s\s?' % (loose(flat[max(at - 16, 0):at]),
                             literal(flat[at]), p)
    rules.add('body', r'/%s\z/' % p)
    rules.add('rawbody', '/%s$/m' % p)


def source_rule(rules, text, flags, x, y):
    """The run x..y of an HTML source, with as much before it as tells it."""
    low = x
    while low > 0 and x - low < REACH and not only_gold_from(
            text, flags, low, x, y):
        low -= 1
    p = raw_literal(text[x:y])
    if low < x:
        p = r'%s\K%s' % (raw_literal(text[low:x]), p)
    rules.add('rawbody', '/%s/' % p)


def html_rules(rules, text, spans):
    flags = flags_of(text, spans)
    rs = list(runs(text))
    flat, marks, start = as_text(text, rs, flags)
    for m in TAG.finditer(text):
        src = PICTURE.match(m[0])
        if src and flags[m.start()] == 1 and only_gold(src[1], text, flags):
            rules.add('uri', '/^%s$/' % raw_literal(unescape(src[1])))
    for i, (x, y) in enumerate(rs):
        for m in re.finditer(b'\1+', bytes(flags[x:y])):
            at = x + m.start()
            for piece in pieces(text[at:x + m.end()],
                                lambda c: len(c.encode())):
                source_rule(rules, text, flags, at, at + len(piece))
                at += len(piece)
        for m in re.finditer(b'\1+', bytes(marks[start[i]:start[i + 1]])):
            at = start[i] + m.start()
            for piece in pieces(flat[at:start[i] + m.end()],
                                lambda c: len(c.encode())):
                text_rule(rules, flat, marks, at, at + len(piece))
                at += len(piece)


# ---- the whole -------------------------------------------------------------

def rules_for(name, text, spans):
    rules = Rules()
    spans = sorted(spans)
    if name.endswith(('.html', '.htm')):
        html_rules(rules, text, spans)
    else:
        markdown_rules(rules, text, spans)
    return rules.text


def folder(name):
    stem = os.path.splitext(os.path.basename(name))[0]
    return '%s__%s' % (name.split('/')[-2], stem)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    corpus, gold, out = sys.argv[1:]
    for name, spans in sorted(read_gold(gold).items()):
        path = os.path.join(out, folder(name))
        os.makedirs(path, exist_ok=True)
        text = read_text(os.path.join(corpus, name))
        with open(os.path.join(path, 'rules.cf'), 'w', encoding='utf-8') as f:
            f.write(rules_for(name, text, spans))


if __name__ == '__main__':
    main()
