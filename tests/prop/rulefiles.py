#!/usr/bin/env python3
"""rulefiles.py PROGRAM: 200 broken rule files, as TAP.

For each file `rules lint FILE` says what is wrong, with file and line, and
exits 1 (0 where the file happens to be fine); it never crashes and never
hangs.  `filter` with that file gives the message back whole and exits 0.
"""
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE = 40 if os.environ.get('ASAN') else 2

GOOD = r'''# A file with each directive of the language, and nothing wrong in it.
required_score 5.0
replace_start <
replace_end   >
replace_tag   TG     (?:TG|Telegram|电报|飞机)
replace_tag   SPACE  [\s_]
replace_pre   SP     \b
replace_inter SP     {0,2}
replace_post  SP     \b
body      __SIM      /e-?SIM|SIM\s?卡|手机卡|接码/i
body      BRACKET    /(?:\[|【)\s*<TG>[^\[\]\n]{0,16}@\w{4,32}\s*(?:\]|】)/i
replace_rules BRACKET
describe  BRACKET    Bracket with a Telegram handle \# 1
score     BRACKET    1.0
test      BRACKET    ok    换卡很简单。[TG @cardshop77]
test      BRACKET    fail  [Telegram] is a messenger
rawbody   TOKEN      m{\[\[<TG>[^\]\n]{0,12}@\w{4,32}\]\(https?://t\.me/[^)\s]{1,64}\)\]}
replace_rules TOKEN
score     TOKEN      1.0 1.0 1.0 1.0
uri       T_ME       m,^https?://t\.me/s/,i
score     T_ME       0.5
full      BOUNDARY   /^--shopmail-[0-9a-f]{8}$/m
score     BOUNDARY   0.1
header    FROM_SHOP  From:name =~ /sim ?shop/i
header    NO_ID      Message-ID !~ /@/ [if-unset: none@here]
header    HAS_LIST   exists:List-Id
header    TO_MANY    ToCc =~ /undisclosed(?:[^@]{0,64}@){20}/
header    RAW_SUBJ   Subject:raw =~ /=\?gb18030\?/i
header    ANY        ALL =~ /X-Shop-Mailer/
mimeheader PIC_QR    Content-Type =~ /name="?qr[^"]{0,20}\.png/i
score     FROM_SHOP  2
score     NO_ID      0.1
score     HAS_LIST   -0.1
score     TO_MANY    0.1
score     RAW_SUBJ   0.1
score     ANY        0.1
score     PIC_QR     0.1
tflags    T_ME       multiple maxhits=3
tflags    BRACKET    nofold
tflags    HAS_LIST   nice
tflags    TOKEN      nosubject
lang en describe T_ME A link to a Telegram channel
lang de describe T_ME Ein Verweis auf einen Kanal
meta      PROMO_SIM  __SIM && (BRACKET || TOKEN || T_ME > 1)
meta      MUCH       (BRACKET + TOKEN + T_ME * 2 - 1) / 2 >= 3
describe  PROMO_SIM  Telegram SIM shop in another text
score     PROMO_SIM  5.0
score     MUCH       (0)
if (version >= 3.004000) && !plugin(Mail::SpamAssassin::Plugin::DKIM)
body      OLD_STYLE  /free sim deal/i
score     OLD_STYLE  0.1
else
body      NOT_HERE   /(/
endif
ifplugin Simsift
category  PROMO_SIM  promo.telegram
cut       BRACKET    clause     when PROMO_SIM
cut       TOKEN      match      when PROMO_SIM && !HAS_LIST
cut       T_ME       paragraph
body      LPA        /LPA:1\$/
score     LPA        0.1
category  LPA        keep.esim-delivery
guard     LPA        paragraph
action    promo      mark
action    promo.telegram  cut
cut_max_percent 40
test      BRACKET cut  好。[TG @cardshop77]  =>  好。
endif
'''.replace('score     MUCH       (0)', 'score     MUCH       1\n'
            'score     MUCH       (0.5)')

MAIL = (b'From: Ann <ann@example.org>\r\nTo: bob@example.org\r\n'
        b'Subject: The order of the week\r\nMIME-Version: 1.0\r\n'
        b'Content-Type: text/plain; charset=utf-8\r\n\r\n'
        b'The parcel was sent on Monday.\r\n\r\n'
        b'\xe6\x98\x8e\xe5\xa4\xa9\xe8\xa7\x81\xe3\x80\x82\r\n')

# Each with the line that must be named; 0: any line; None: it may be fine.
BROKEN = [
    ('unclosed pattern', 'body A /abc\n', 1),
    ('unclosed braces', 'body A m{abc\n', 1),
    ('unclosed nested braces', 'body A m{a{1}\nbody B m{a{1}{\n', 2),
    ('no pattern', 'body A\n', 1),
    ('no delimiter', 'body A abc\n', 1),
    ('empty pattern', 'body A //\n', 1),
    ('a word as delimiter', 'body A mabcm\n', 1),
    ('unknown flag', 'body A /a/q\n', 1),
    ('text behind the pattern', 'body A /a/ /b/\n', 1),
    ('open group', '# one\nbody A /(abc/\n', 2),
    ('open class', 'body A /[abc/\n', 1),
    ('closed group', 'body A /abc)/\n', 1),
    ('nothing to repeat', 'body A /*a/\n', 1),
    ('bad range', 'body A /[z-a]/\n', 1),
    ('bad back reference', 'body A /(a)\\2/\n', 1),
    ('bad property', 'body A /\\p{Nonsense}/\n', 1),
    ('\\C', 'body A /a\\Cb/\n', 1),
    ('huge repeat', 'body A /a{70000}/\n', 1),
    ('repeats in repeats', 'body A /' + '(' * 30 + 'a' + '{60000})' * 30 +
     '/\n', None),
    ('deep groups', 'body A /' + '(' * 20000 + 'a' + ')' * 20000 + '/\n', 1),
    ('deep open groups', 'body A /' + '(' * 60000 + '/\n', 1),
    ('many open classes', 'body A /' + '[' * 60000 + '/\n', 1),
    ('many alternatives', 'body A /' + '|'.join(
        'w%d' % i for i in range(9000)) + '/\n', None),
    ('wide look-behind', 'body A /(?<=a+)b/\n', 1),
    ('a rule name with a dash', 'body A-B /a/\n', 1),
    ('a rule name with a digit first', 'body 1A /a/\n', 1),
    ('a long rule name', 'body ' + 'A' * 121 + ' /a/\n', 1),
    ('header without a field', 'header A =~ /a/\n', 1),
    ('header without an operator', 'header A From /a/\n', 1),
    ('header with a bad operator', 'header A From == /a/\n', 1),
    ('header with a bad modifier', 'header A From:nose =~ /a/\n', 1),
    ('exists with more', 'header A exists:From =~ /a/\n', 1),
    ('mimeheader exists', 'mimeheader A exists:From\n', 1),
    ('meta without an expression', 'meta A\n', 1),
    ('meta not complete', 'body B /b/\nmeta A B &&\n', 2),
    ('meta with an open (', 'body B /b/\nmeta A (B && (B)\n', 2),
    ('meta with a )', 'body B /b/\nmeta A B)\n', 2),
    ('meta without an operator', 'body B /b/\nmeta A B B\n', 2),
    ('meta with a bad operator', 'body B /b/\nmeta A B & B\n', 2),
    ('meta of itself', 'meta A A\n', 1),
    ('metas in a circle', 'meta A B\nmeta B C\nmeta C A\n', 0),
    ('deep meta', 'body B /b/\nmeta A ' + '(' * 20000 + 'B' + ')' * 20000 +
     '\n', 2),
    ('long meta', 'body B /b/\nmeta A ' + '+'.join(['B'] * 20000) + '\n', 2),
    ('right-deep meta', 'body B /b/\nmeta A ' + 'B+(' * 5000 + 'B' +
     ')' * 5000 + '\n', 2),
    ('many nots', 'body B /b/\nmeta A ' + '!' * 60000 + 'B\n', 2),
    ('a chain of metas', 'body M0 /b/\n' + ''.join(
        f'meta M{i} M{i - 1} && M0\n' for i in range(1, 5000)), None),
    ('score without a number', 'body A /a/\nscore A\n', 2),
    ('score of a word', 'body A /a/\nscore A five\n', 2),
    ('two scores', 'body A /a/\nscore A 1 2\n', 2),
    ('score of nan', 'body A /a/\nscore A nan\n', 2),
    ('score with an exponent', 'body A /a/\nscore A 1e9\n', 2),
    ('score added to none', 'body A /a/\nscore A (1)\n', 2),
    ('maxhits of a word', 'body A /a/\ntflags A multiple maxhits=x\n', 2),
    ('tflags without a flag', 'body A /a/\ntflags A\n', 2),
    ('describe without a text', 'body A /a/\ndescribe A\n', 2),
    ('test without a kind', 'body A /a/\ntest A\n', 2),
    ('test of a wrong kind', 'body A /a/\ntest A maybe a\n', 2),
    ('test without a text', 'body A /a/\ntest A ok\n', 2),
    ('a cut test without =>', 'body A /a/\nifplugin Simsift\n'
     'test A cut a b\nendif\n', 3),
    ('replace_tag without a name', 'replace_tag\n', 1),
    ('replace_tag without a text', 'replace_tag X\n', 1),
    ('replace_start too long', 'replace_start ' + '<' * 17 + '\n', 1),
    ('a tag of itself', 'replace_tag X <X><X>\nbody A /a<X>/\n'
     'replace_rules A\n', None),
    ('tags that grow', ''.join(
        f'replace_tag T{i} ' + f'<T{i + 1}>' * 60 + '\n' for i in range(8)) +
     'replace_tag T8 a\nbody A /b<T0>/\nreplace_rules A\n', None),
    ('a row of <', 'body A /' + '<' * 60000 + '/\nreplace_rules A\n', None),
    ('cut outside', 'body A /a/\ncut A match\n', 2),
    ('cut of a bad unit', 'body A /a/\nifplugin Simsift\ncut A sheet\n'
     'endif\n', 3),
    ('cut without a unit', 'body A /a/\nifplugin Simsift\ncut A\nendif\n', 3),
    ('cut with a bad word', 'body A /a/\nifplugin Simsift\n'
     'cut A match if A\nendif\n', 3),
    ('cut when nothing', 'body A /a/\nifplugin Simsift\ncut A match when\n'
     'endif\n', 3),
    ('a guard too large', 'body A /a/\nifplugin Simsift\nguard A part\n'
     'endif\n', 3),
    ('a bad category', 'body A /a/\nifplugin Simsift\ncategory A a/b\n'
     'endif\n', 3),
    ('a bad verb', 'ifplugin Simsift\naction promo burn\nendif\n', 2),
    ('action without a verb', 'ifplugin Simsift\naction promo\nendif\n', 2),
    ('a setting of a word', 'ifplugin Simsift\nlimit_time soon\nendif\n', 2),
    ('a setting out of range', 'ifplugin Simsift\ncut_max_percent 400\n'
     'endif\n', 2),
    ('required_score of a word', 'required_score much\n', 1),
    ('if without a condition', 'if\nendif\n', 1),
    ('if with a bad word', 'if moon(full)\nendif\n', 1),
    ('if without )', 'if (version > 3\nendif\n', 1),
    ('can without a name', 'if can()\nendif\n', 1),
    ('if without endif', 'if version > 3\nbody A /a/\n', 1),
    ('ifplugin without endif', 'body A /a/\nifplugin Simsift\n', 2),
    ('ifplugin without a name', 'ifplugin\nendif\n', 1),
    ('endif without if', 'body A /a/\nendif\n', 2),
    ('else without if', 'else\n', 1),
    ('two elses', 'if version > 3\nelse\nelse\nendif\n', 3),
    ('10,000 nested ifs', 'if version > 3\n' * 10000, 0),
    ('10,000 nested ifs, closed', 'if version > 3\n' * 10000 +
     'endif\n' * 10000, 65),
    ('10,000 nested false ifs', 'if version < 3\n' * 10000, 0),
    ('10,000 endifs', 'endif\n' * 10000, 1),
    ('include without a file', 'include\n', 1),
    ('include of what is not there', 'include nowhere.cf\n', 1),
    ('include of itself', 'include FILE\n', 1),
    ('include of a folder', 'include .\n', 1),
    ('include of a device', 'include /dev/zero\n', 1),
    ('lang alone', 'lang\n', 1),
    ('lang without more', 'lang en\n', 1),
    ('a NUL in a pattern', 'body A /a\0b/\n', 1),
    ('a NUL alone', 'body A /a/\n\0\nbody B /b/\n', 2),
    ('many NULs', '\0' * 100000, 0),
    ('a line of 1 MB', 'body A /' + 'a' * (1 << 20) + '/\n', 1),
    ('a comment of 1 MB', '#' + 'a' * (1 << 20) + '\n', None),
    ('a line of 1 MB without an end', 'x' * (1 << 20), 1),
    ('1 MB of blanks', ' ' * (1 << 20), None),
    ('one byte too long', 'body A /' + 'a' * (65536 - 8) + '/\n', 1),
    ('200,000 lines', 'x\n' * 200000, None),
    ('20,001 rules', ''.join(f'meta R{i} 0\n' for i in range(20001)), 20001),
    ('only returns', '\r' * 10000, None),
    ('returns for line ends', 'body A /a/\rbody B /b/\r', 0),
    ('a BOM in the middle', 'body A /a/\n\ufeffbody B /b/\n', None),
    ('UTF-16', b'\xff\xfe' + 'body A /a/\n'.encode('utf-16-le'), 0),
    ('bad UTF-8 in a class', b'body A /[\xe5\x8d/\n', 1),
    ('half a character', b'body A /SIM\xe5\x8d', 1),
    ('a surrogate', b'body A /\xed\xa0\x80(/\n', 1),
    ('bad UTF-8 outside patterns', b'\xff\xfe\xfd\n\x80\x81 \x82\n', None),
    ('wrong directives', 'boddy A /a/\nscroe A 1\nmetta B A\n', None),
    ('an ELF header', b'\x7fELF\x02\x01\x01' + b'\0' * 9 + b'\x03\0>\0' * 40,
     1),
]


def cases(rnd):
    whole = GOOD.encode()
    yield 'the good file', whole, 'good'
    inside = whole.index(b'ifplugin Simsift'), whole.rindex(b'endif')
    for k in range(1, 61):
        at = len(whole) * k // 61
        must = 0 if inside[0] + 16 <= at < inside[1] else None
        yield f'cut off at byte {at}', whole[:at], must
    for what, text, line in BROKEN:
        yield what, text if isinstance(text, bytes) else text.encode(), line
    for k in range(10):
        yield (f'random bytes {k}',
               bytes(rnd.randrange(256) for _ in range(20000)), None)
    for k in range(20):
        b = bytearray(whole)
        for _ in range(30):
            b[rnd.randrange(len(b))] = rnd.randrange(256)
        yield f'the good file with 30 bytes changed {k}', bytes(b), None


def run(argv, cwd, stdin=b''):
    try:
        p = subprocess.run(argv, cwd=cwd, input=stdin, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return 'hangs', b'', b''
    return p.returncode, p.stdout, p.stderr


def try_one(top, number, case):
    what, text, line = case
    folder = os.path.join(top, str(number))
    os.mkdir(folder)
    name = os.path.join(folder, 'broken.cf')
    with open(name, 'wb') as f:
        f.write(text.replace(b'FILE', b'broken.cf'))
    wrong = []
    status, out, err = run([PROGRAM, 'rules', 'lint', name], folder)
    out = out.decode('utf-8', 'replace')
    places = [int(n) for n in re.findall(
        '^' + re.escape(name) + r':(\d+)(?::\d+)?: error: ', out, re.M)]
    if status not in (0, 1):
        wrong.append(f'lint: status {status} {err[-300:]!r}')
    elif status == 1 and not places:
        wrong.append(f'lint: no place is named: {out[:300]!r}')
    elif line == 'good' and (status != 0 or ': ' in out.split('\n', 1)[0]):
        wrong.append(f'lint: {out[:500]}')
    elif isinstance(line, int) and status == 0:
        wrong.append(f'lint: nothing is wrong: {out[:300]!r}')
    elif isinstance(line, int) and line > 0 and line not in places:
        wrong.append(f'lint: line {line} is not named: {out[:300]!r}')
    status, out, err = run([PROGRAM, 'filter', '-C', folder], folder, MAIL)
    if status != 0:
        wrong.append(f'filter: status {status} {err[-300:]!r}')
    elif out != MAIL:
        wrong.append(f'filter: another message: {out[:200]!r}')
    os.unlink(name)
    return what, wrong


def loop(top):
    """Files that include each other."""
    folder = os.path.join(top, 'loop')
    os.mkdir(folder)
    for k in range(40):
        with open(os.path.join(folder, f'{k}.cf'), 'w') as f:
            f.write(f'include {(k + 1) % 40}.cf\nbody R{k} /r{k}x/\n')
    status, out, _ = run([PROGRAM, 'rules', 'lint', '-C', folder], folder)
    bad = status != 1 or not re.search(rb'/\d+\.cf:1:\d+: error: ', out)
    wrong = [f'lint: {status} {out[:300]!r}'] if bad else []
    status, out, _ = run([PROGRAM, 'filter', '-C', folder], folder, MAIL)
    if status != 0 or out != MAIL:
        wrong.append(f'filter: {status}')
    return '40 files that include each other', wrong


def main():
    rnd = random.Random(3)
    top = tempfile.mkdtemp(dir=os.environ.get('TMP'))
    every = list(cases(rnd))
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda k: try_one(top, k, every[k]), range(len(every))))
    results.append(loop(top))
    bad = 0
    for n, (what, wrong) in enumerate(results, 1):
        print(f'{"not " if wrong else ""}ok {n} - {what}')
        for w in wrong:
            print('#  ' + w.replace('\n', '\n#  '))
        bad += bool(wrong)
    print(f'1..{len(results)}')
    return int(bad > 0)


if __name__ == '__main__':
    sys.exit(main())
