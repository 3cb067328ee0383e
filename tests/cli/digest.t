#!/bin/sh
# digest: the messages of a box as one to be read.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
body BULK /cards in bulk/
score BULK 9
body NOTE /a new plan/
score NOTE 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
category BULK promo.wholesale
category NOTE promo.carrier
action promo.telegram cut
action promo.wholesale hold
action promo.carrier mark
endif
END

d() { "$SIMSIFT" digest -C r "$@"; }
status() { # command...: its exit status; what it printed is in out, err
	"$@" >out 2>err
	echo $?
}
body() { sed '1,/^$/d' "${1:-out}"; }

# ---- a box with what there is to see ----

cat >box <<'END'
From ann@news.example Mon Nov  2 10:11:12 2026
From: Ann Example <ann@news.example>
To: list@news.example
Subject: Moving day
Date: Mon, 2 Nov 2026 10:11:12 +0100

Hello all,


the office moves next week, ask [TG @shop88] for the keys.  The plan is at https://news.example/a/long/address/that/goes/on/and/on/for/ever?x=1 and https://short.example/.

> On Monday Bob wrote a line that has to be folded since it is far too long:
>> this one is deeper

* an item of a list that is so long that it has to be folded, with blanks below
    some   code   that is kept just as it is, however long it may be in the end

-- 
Ann

From z@news.example Tue Nov  3 10:11:12 2026
From: =?UTF-8?B?5byg5LiJ?= <z@news.example>
To: list@news.example
Subject: =?UTF-8?B?5YWz5LqO5Lya6K6u?=
Date: Tue, 3 Nov 2026 10:11:12 +0800
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

今天的会议改到下午三点在二楼举行，请各位同事提前五分钟到场，并且带上自己的电脑。会议
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5.pdf
Content-Transfer-Encoding: base64

QUJDREVGR0g=
--b--

From news@shop.example Wed Nov  4 10:11:12 2026
From: "Shop, The" <news@shop.example>
Subject: Newsletter
Date: Wed, 4 Nov 2026 10:11:12 +0000
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

View this in your browser.
--b
Content-Type: text/html; charset=utf-8

<div style="display:none">Preview &zwnj;&nbsp;</div><h1>Big news</h1>
<p>See <a href="https://track.example/c/1">our teapots</a> at
<a href="https://www.tea.example/">tea.example</a>, twice: <a
href="https://track.example/c/1">again</a>. We have a long line and a new plan.</p>
<ul><li>one<li>two <a href="https://tea.example/2">links</a>
<ul><li>deep</ul></ul><ol><li>first<li>second</ol>
<blockquote>Quoted words, enough of them that the line has to be folded.</blockquote>
<pre>  kept
    as it is</pre><p>&nbsp; &#8203;</p><table><tr><th>Name<th>Price<tr><td>Tea<td>3</table>
--b--

From x@bulk.example Thu Nov  5 10:11:12 2026
From: Sales <x@bulk.example>
Subject: An offer @farmshop
Date: Thu, 5 Nov 2026 10:11:12 +0000

Buy cards in bulk.

END
rule='============================================================'
cat >want <<END
4 messages. Promotion was cut out of 1. 1 would be held, and
is not shown.

 1  Ann Example           Moving day [cut]
 2  张三                  关于会议
 3  Shop, The             Newsletter
 4  Sales                 An offer @f…op [held]

$rule
1. Moving day
   Ann Example <ann@news.example>
   Mon, 2 Nov 2026 10:11:12 +0100
   [promotion cut out: promo.telegram, 1 place]

Hello all,

the office moves next week, ask for the keys.  The plan is
at https://news.example/…[1] and https://short.example/.

> On Monday Bob wrote a line that has to be folded since it
> is far too long:
>> this one is deeper

* an item of a list that is so long that it has to be
  folded, with blanks below
    some   code   that is kept just as it is, however long it may be in the end

--
Ann

[1] https://news.example/a/long/address/that/goes/on/and/on/for/ever?x=1

$rule
2. 关于会议
   张三 <z@news.example>
   Tue, 3 Nov 2026 10:11:12 +0800

今天的会议改到下午三点在二楼举行，请各位同事提前五分钟到场，
并且带上自己的电脑。会议

[attachment: 报.pdf, application/pdf, 8 bytes]

$rule
3. Newsletter
   "Shop, The" <news@shop.example>
   Wed, 4 Nov 2026 10:11:12 +0000
   [marked: promo.carrier, score 5.0]

Big news

See our teapots[1] at tea.example, twice: again[1]. We have
a long line and a new plan.

* one
* two links[2]
  * deep
1. first
2. second

> Quoted words, enough of them that the line has to be
> folded.

  kept
    as it is

Name  Price
Tea  3

[1] https://track.example/c/1
[2] https://tea.example/2

$rule
4. An offer @f…op
   Sales <x@bulk.example>
   Thu, 5 Nov 2026 10:11:12 +0000
   [not shown: it would be held, promo.wholesale, score 9.0]

END
is 'digest: 0' "$(status d --width 60 box)" 0
body >got
is 'as it is read' "$(diff want got)" ''
is 'no words' "$(cat err)" ''
is 'the header' "$(sed '/^$/q
	s/<[^>]*>/<>/;s/^To: .*/To:/' out)" \
	'From: simsift <>
To:
Subject: [simsift] digest of 4 messages, 1 cut, 1 held
Date: Thu, 5 Nov 2026 10:11:12 +0000
Message-ID: <>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit'
d --width 60 -j 1 box >again
ok 'the same bytes each time, by one worker too' cmp -s out again
cp box before
gzip -c box >box.gz
d --width 60 box.gz >again
ok 'a packed one' cmp -s out again
d --width 60 - <box >again
ok 'on standard input' cmp -s out again
ok 'the box is as it was' cmp -s box before
is 'on a terminal: its width' "$(COLUMNS=44 "$TOP/tests/cli/pty_run.py" 1 \
	"$SIMSIFT" digest -C r box | grep -c '^=\{44\}$')" 4

# ---- taken apart again ----

is 'rfc1153: 0' "$(status d --format rfc1153 box)" 0
ok 'the preamble ends with 70 hyphens and an empty line' \
	test "$(sed -n '/^-\{70\}$/{n;p;}' out)" = ''
is '30 hyphens behind each' "$(grep -c -x -e '-\{30\}' out)" 4
is 'the trailer' "$(tail -n 2 out)" 'End of simsift Digest
*********************'
is 'the fields of an entry' "$(sed -n '/^Date: Tue/,/^$/p' out)" \
	'Date: Tue, 3 Nov 2026 10:11:12 +0800
From: =?UTF-8?B?5byg5LiJ?= <z@news.example>
To: list@news.example
Subject: =?UTF-8?B?5YWz5LqO5Lya6K6u?='
split() { formail -ds sh -c 'formail -c -x Subject: | head -n 1'; }
is 'formail takes it apart' "$(split <out)" \
	' [simsift] digest of 4 messages, 1 cut, 1 held
 Moving day
 =?UTF-8?B?5YWz5LqO5Lya6K6u?=
 Newsletter
 An offer =?UTF-8?B?QGbigKZvcA==?='

# What looks like an end or a start, by chance or not.
{
	printf 'From: a@b.example\nSubject: odd\nContent-Type: text/plain\n\n'
	for end in "$(printf '%030d' 0 | tr 0 -)" 'From a@b Mon Nov  2 10:11:12 2026' \
		'From: x@y.example' "$(printf '%070d' 0 | tr 0 -)" \
		'End of simsift Digest' 'Subject : forged' "$(printf '%080d' 0 |
			tr 0 -)" 'X-A: b' 'Date:x'; do
		printf '%s\nSubject: forged\nFrom: x@y.example\n\n' "$end"
		printf '%s\n\nSubject: forged\nFrom: x@y.example\n\n' "$end"
		printf '>%s\n\n  %s\nFrom: x@y.example\n\n' "$end" "$end"
	done
} >odd.eml
cp odd.eml odd2.eml
d --format rfc1153 odd.eml box odd2.eml >out
is 'nothing in a text takes it apart elsewhere' "$(split <out |
	tail -n +2 | cut -c1-8 | tr '\n' '|')" \
	' odd| Moving | =?UTF-8| Newslet| An offe| odd|'
sed 's/^Content-Type: .*/Content-Type: text\/html/;1,/^$/!s/^/<br>/' \
	odd.eml >odd.html
d --format rfc1153 odd.html odd.eml >out
is 'nor in HTML' "$(split <out | tail -n +2 | tr '\n' '|')" ' odd| odd|'

# ---- the messages themselves ----

is 'mime: 0' "$(status d --format mime box)" 0
cat >parts.py <<'END'
import email, email.policy, sys
m = email.message_from_binary_file(open("out", "rb"),
                                   policy=email.policy.default)
digest = m.get_payload()[1]
print(m.get_content_type(), m.get_payload()[0].get_content_type(),
      digest.get_content_type())
for i, p in enumerate(digest.get_payload()):
    print(p.get_content_type(), p.get_payload()[0]["subject"], p.defects)
bound = b"\n--" + digest.get_boundary().encode()
for i, b in enumerate(open("out", "rb").read().split(bound)[1:-1]):
    open("part.%d" % (i + 1), "wb").write(b.split(b"\n\n", 1)[1])
END
is 'its parts' "$(python3 parts.py)" 'multipart/mixed text/plain multipart/digest
message/rfc822 Moving day []
message/rfc822 关于会议 []
message/rfc822 Newsletter []
message/rfc822 An offer @f…op []'
python3 - <<'END'
import mailbox
for i, m in enumerate(mailbox.mbox("box")):
    open("in.%d" % (i + 1), "wb").write(m.as_bytes(unixfrom=False))
END
for i in 1 2 3; do
	"$SIMSIFT" filter -C r --no-vault <in.$i |
		sed 's/; id=[0-9a-z]*$//;/^ id=[0-9a-z]*$/d;s/;$//' >want.$i
	sed 's/;$//' part.$i >got.$i
	ok "message $i, as filter gives it" cmp -s want.$i got.$i
done
is 'held: a line' "$(sed '1,/^$/d' part.4)" \
	'[not shown: it would be held, promo.wholesale, score 9.0]'
cp out mime
d --format mime box >out
ok 'the same bytes each time' cmp -s out mime
printf 'Subject: a\n\nend without a line end' >a.eml
printf 'Subject: b\r\n\r\nbytes \377\000 and CRLF\r\n' >b.eml
d --format mime a.eml b.eml >out
python3 parts.py >/dev/null
ok 'without a line end' cmp -s part.1 a.eml
ok 'any bytes' cmp -s part.2 b.eml
is 'which the header says' "$(grep -c '^Content-Transfer-Encoding: binary' \
	out)" 2

# ---- which messages ----

subjects() { sed -n 's/^ [ 0-9]*[0-9]  .*  //p' out | tr '\n' '|'; }
d --from SHOP box >out
is '--from' "$(subjects)" 'Newsletter|'
d --from 张 box >out
is '--from, decoded' "$(subjects)" '关于会议|'
d --since 2026-11-04 box >out
is '--since a day' "$(subjects)" 'Newsletter|An offer @f…op [held]|'
d --since 9000w box >out
is '--since so long ago' "$(grep -c '\[cut\]' out)" 1
printf 'Subject: no date\n\nHello.\n' >undated
d --since 2026-11-05 box undated >out
is 'without a date a message is not too old' "$(subjects)" \
	'An offer @f…op [held]|no date|'
d --max 2 box >out
is '--max: the last ones' "$(subjects)" 'Newsletter|An offer @f…op [held]|'
ok 'which is said' grep -q '^2 messages, the last of 4\. ' out
d --max 3 box >out
is '--max 3' "$(subjects)" '关于会议|Newsletter|An offer @f…op [held]|'
is 'none fits: 0' "$(status d --from nobody box)" 0
is 'nothing is printed' "$(cat out)" ''
ok 'but said' grep -q 'no message to be read' err
mkdir -p md/cur md/new md/tmp md/.sub/cur md/.sub/new md/.sub/tmp
cp in.1 md/cur/1.a:2,S
cp in.2 md/.sub/new/2.b
d md >out
is 'a Maildir' "$(subjects)" 'Moving day [cut]|'
d -r md >out
is 'and what is below' "$(subjects)" 'Moving day [cut]|关于会议|'

# ---- strangers' text ----

printf '\033[2J\0 \342\200\256' >odd.bytes
{
	cat <<'END'
From: "\[31mred" <a@b.example>
Subject: code
Content-Type: text/html; charset=utf-8

<p>Your code: <b>48</b>3920</p>
END
	printf '<p>LPA:1%ssmdp.example%sK2-SECRET ' '$' '$'
	cat odd.bytes
	printf 'evil <a href="https://x.example/?c=LPA:1%ss.example%s%s">%s' \
		'$' '$' K2-SECRET 'link</a>'
} | sed "s/\[31m/$(printf '\033')&/" >secret.eml
for f in plain rfc1153; do
	d --format $f secret.eml >out
	is "$f: no secret" "$(grep -c -e 3920 -e SECRET out)" 0
	ok "$f: escapes" grep -q '\\x1b\[2J.*\\u{202e}evil link\[1\]' out
	is "$f: no control" "$(tr -d '\n' <out | grep -c '[[:cntrl:]]')" 0
done
python3 - <<'END'
with open("long.eml", "w") as f:
    f.write("From: " + "a" * 3000 + "@b.example\nSubject: " + "会" * 900 +
            "\nContent-Type: text/html; charset=utf-8\n\n<p>" + "x" * 5000 +
            "</p><pre>" + "y" * 5000 + "</pre><p>e" + "\u0301" * 3000 +
            '</p><a href="https://x.example/' + "z" * 5000 + '">l</a>' +
            '<a href="https://x.example/' + "z" * 9000 + '">m</a>')
END
for f in plain rfc1153; do
	d --format $f --width 300 long.eml >out
	is "$f: no line is too long for mail" "$(awk 'length > 998' out |
		wc -l)" 0
done
is 'a field is folded at 78' "$(sed -n '/^Subject: =/,/^$/p' out |
	awk 'length > 78')" ''
awk 'BEGIN { print "Subject: big\n"; for (i = 0; i < 40000; i++)
	print "a line of a text that goes on and on" }' >big.eml
d big.eml >out
is 'a long text: said where it ends' "$(tail -n 2 out | head -n 1)" \
	'[the rest is longer than a digest shows]'
printf 'Subject: none\nContent-Type: image/png\n\nx' >none.eml
d none.eml >out
ok 'no text' grep -q '^\[attachment: image/png, 1 bytes\]' out
printf '%b' 'Subject: fl\nContent-Type: text/plain; format=flowed\n\n' \
	'> a quoted \n> line\n>> deep\n a b \nc\n-- \nAnn\n' >fl.eml
d fl.eml >out
is 'flowed lines are joined' "$(body | sed -n '/^>/,$p' | tr '\n' '|')" \
	'> a quoted line|>> deep|a b c|--|Ann||'
printf '%b' 'Subject: fwd\nContent-Type: message/rfc822\n\n' \
	'From: bob@news.example\nSubject: inner\n\nThe text.\n' >fwd.eml
d fwd.eml >out
is 'a message inside it has its head' "$(body | sed -n '/^---/,$p' |
	tr '\n' '|')" '--- inner|--- bob@news.example||The text.||'

# ---- what cannot be read ----

head -c 3000 /dev/zero >binary
head -c 150 box.gz >cut.gz
is 'bad boxes: 1' "$(status d binary cut.gz box)" 1
is 'a line each' "$(wc -l <err)" 2
ok 'the others are read' grep -q '  Moving day \[cut\]$' out
is 'no such box: 66' "$(status d nowhere box)" 66
is 'the others, again' "$(subjects | wc -c)" "$(d box >out
	subjects | wc -c)"
is 'a message that nobody could judge: 1' "$(status env \
	SIMSIFT_CHILD=crash "$B/simsift-faults" digest -C r undated)" 1
ok 'it is named' grep -q '^simsift: undated: not judged' err
is 'nobody takes the output: 74' "$("$SIMSIFT" digest -C r box 2>/dev/null \
	>/dev/full; echo $?)" 74

# ---- one message is not to cost the digest ----

python3 - <<'END'
head = "From: a@b.example\nSubject: long\n\n"
with open("line", "w") as f:
    f.write(head + "\1" * 48000000 + "\n")
with open("urls", "w") as f:
    f.write(head)
    for i in range(6000):
        f.write("http://x%d.example/%s\n" % (i, "u" * 7900))
END
for f in line urls; do
	is "$f: a message that is all one: 0" \
		"$(status timeout 60 "$SIMSIFT" digest -C r $f undated)" 0
	ok "$f: the other one is there" grep -q '^2 messages' out
	ok "$f: it is not all shown" test "$(wc -c <out)" -lt 16000000
done
rm -f line urls

# ---- by mail ----

cat >sendmail <<'END'
#!/bin/sh
echo "$@" >"${0%/*}/args"
cat >"${0%/*}/sent"
END
printf '#!/bin/sh\nexit 75\n' >sendmail-fails
chmod +x sendmail sendmail-fails
is '--mail: 0' "$(status d --mail me@x.example \
	-c "sendmail $TMP/sendmail" box)" 0
is 'nothing on standard output' "$(cat out)" ''
is 'to whom' "$(cat args)" '-oi -- me@x.example'
is 'in the header, too' "$(grep '^To: ' sent)" 'To: me@x.example'
d box >out
body sent >sent.body
body out >out.body
ok 'the same text' cmp -s sent.body out.body
is '--mail, none fits: nothing is sent' "$(rm sent
	status d --mail me@x.example -c "sendmail $TMP/sendmail" --from no box
	ls sent 2>/dev/null)" 0
is 'sendmail fails: 74' "$(status d --mail me@x.example \
	-c "sendmail $TMP/sendmail-fails" box)" 74
ok 'it says so' grep -q 'no digest was sent: .*sendmail-fails' err

# ---- the command line ----

for o in '--format html' '--width 0' '--width 1000' '--max x' '--since soon' \
	'--since 2026-13-01' '--since 2026-02-30' '--mail no@body,x' '-j 0' \
	'--type odd' '--json'; do
	# shellcheck disable=SC2086
	is "$o: 64" "$(status d $o box)" 64
done
is 'no box: 64' "$(status d)" 64
done_testing
