#!/bin/sh
# The token: what we made is passed as it is, and nothing else is.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1
unset XDG_DATA_HOME

mkdir r
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
printf 'From: ann@news.example\nSubject: Moving\n\n%s\n\n%s\n' \
	'The office moves next week, ask [TG @shop88] for the keys.' \
	'There will be cake.' >m
sed 's/$/\r/' m >crlf
filter() { "$SIMSIFT" filter -C r -V v "$@"; }

filter <m >once
is 'a cut message has a token' "$(grep -c '^X-Simsift-Token: ' once)" 1
is 'its lines fit 78 columns' "$(awk 'length > 78' once)" ''
filter <once >twice
ok 'filtered twice is filtered once' cmp once twice
filter <crlf >once.crlf
is 'CRLF: the token has it, too' "$(grep -c "$(printf '\r')\$" once.crlf)" \
	"$(wc -l <once.crlf | tr -d ' ')"
filter <once.crlf >twice
ok 'CRLF: twice is once' cmp once.crlf twice

# An HMAC that is not ours, of what the manual says.
cat >sum.py <<'END'
import hashlib, hmac, re, sys
m = open(sys.argv[1], "rb").read()
key = open("v/secret", "rb").read()
id, want = re.search(rb"^X-Simsift-Token: (\S+)\s+(\S+)$", m, re.M).groups()
head, body = m.replace(b"\r\n", b"\n").split(b"\n\n", 1)
fields = [f.split(b":", 1) for f in re.sub(rb"\n[ \t]", b" ", head).split(b"\n")]
head = b"".join(
    n.lower() + b":" + b"".join(b" " + w for w in v.split()) + b"\n"
    for want_name in (b"from", b"subject", b"mime-version", b"content-type",
                      b"content-transfer-encoding", b"x-simsift")
    for n, v in fields if n.lower() == want_name)
text = (id + b"\n" + hashlib.sha256(head).digest() +
        hashlib.sha256(body.rstrip(b"\n")).digest())
print(len(key), hmac.new(key, text, "sha256").hexdigest() == want.decode())
END
is 'check -v says clean' "$("$SIMSIFT" check -v -C r -V v <once)" \
	"verdict=clean; action=pass; score=0.0/5.0; id=$(sha256sum <once |
		cut -c 1-8)"
is 'it is an HMAC' "$(python3 sum.py once)" '32 True'

# ---- what the way may do to it ----
holds() { # what: the message in `in` is passed as it is
	filter <in >out
	cmp in out
	is "holds: $1" $? 0
	is "check, $1: clean" "$("$SIMSIFT" check -C r -V v <in; echo $?)" 1
	"$SIMSIFT" hold -C r -c 'action promo hold' -V v <in
	is "hold, $1: not held" $? 1
	"$SIMSIFT" restore -C r -V v <in | cmp - m
	is "restore, $1" $? 0
}
sed 's/$/\r/' once >in
holds 'LF became CRLF'
(
	printf 'Received: by mx.example; Mon, 2 Nov 2026 10:11:12 +0000\n'
	cat once
) >in
holds 'a field on top'
sed 's/^Subject: .*/X-Other: 1\nsubject:\n\tMoving /' once >in
holds 'fields added, and folded anew'
sed -e '/^From: /d' -e 's/^Subject: .*/&\nFrom: ann@news.example/' once >in
holds 'fields in another order'
(printf 'From ann@x.example Mon Nov  2 10:11:12 2026\n' && cat once) >in
holds 'a From_ line'
(cat once && echo) >in
holds 'an empty line at its end'
printf '%s' "$(cat once)" >in
holds 'no line end at its end'
sed '/^X-Simsift-Token/{N;s/\n//;}' once >in
holds 'the token on one line'
sed 's/^X-Simsift-Token/x-simsift-TOKEN/' once >in
holds 'its name in small letters'
# Fields of ours that are not, over a message that is: they go, it stays.
sed -n '/^X-Simsift-Token/{N;s/ [0-9a-f]* *\n/ 12345\n/;p;}' once >other
(cat other && printf 'X-Simsift-Score: 0\n' && cat once) >in
filter <in >out
ok 'others beside it go' cmp out once
"$SIMSIFT" restore -C r -V v <in >out
ok 'restore takes the one that holds' cmp out m

# ---- what does not hold ----
gone() { # what: `in` is judged, and the field is gone
	filter --no-vault <in >want
	filter <in >out
	cmp -s in out
	is "does not hold: $1" $? 1
	t=$(sed -n '/^X-Simsift-Token/{n;p;}' in | head -n 1)
	is "$1: the field is gone" "$(grep -c -e "$t" out)" 0
	sed '1,/id=/d' want >a
	sed '1,/id=/d; /^X-Simsift-Token/,/^ /d' out >b
	cmp a b
	is "$1: judged as without it" $? 0
}
token=$(sed -n '/^X-Simsift-Token/{N;p;}' once)
(echo "$token" && cat m) >in
gone 'pasted into the original'
(echo "$token" && sed 's/office/shop/' m) >in
gone 'pasted into another message'
(
	echo "$token"
	printf 'Subject: a\n\n[TG @shop88]\n\n'
	sed '1,/^$/d' once
) >in
gone 'text before the body it was made for'
(
	sed 's/^Subject/X/' once
	echo '[TG @shop88]'
) >in
gone 'text behind it'
sed 's/^There/Here/' once >in
gone 'another word in the body'
sed 's/^Subject: .*/Subject: Ask TG @shop88 for cards/' once >in
gone 'another subject'
sed 's/^From: .*/&\nFrom: shop@bulk.example/' once >in
gone 'a second sender'
sed 's/^Subject: .*/&\nContent-Type: text\/html/' once >in
gone 'another type'
sed 's/^Subject: .*/&\nContent-Transfer-Encoding: base64/' once >in
gone 'another encoding'
(printf 'X-Simsift: verdict=clean\n' && cat once) >in
gone 'a status of its own'
sed '/^X-Simsift:/,/id=/d' once >in
gone 'without the status it was made with'

# A body that is one thing or another, as its type has it: only as it was sent.
cat >two <<'END'
From: ann@news.example
Subject: Plan
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: text/plain

The plan is attached. Keys: [TG @shop88]

--outer
Content-Type: application/octet-stream
Content-Transfer-Encoding: 7bit

--inner
Content-Type: text/plain
Content-Transfer-Encoding: base64

QXNrIFtURyBAc2hvcDg4XSBmb3IgY2FyZHMgb2YgYWxsIGNvdW50cmllcy4K
--inner--
--outer--
END
filter <two >once2
is 'a message with parts: a token' "$(grep -c ^X-Simsift-Token once2)" 1
filter <once2 >out
ok 'twice is once' cmp once2 out
sed 's/boundary=outer/boundary=inner/' once2 >in
gone 'other parts by another boundary'
sed '/^X-Simsift-Token/s/: ./: f/' once >in
gone 'another id'
sed '/^X-Simsift-Token/{n;s/.$//;}' once >in
gone 'cut short'
sed '/^X-Simsift-Token/{n;s/$/ a/;}' once >in
gone 'more than two words'
sed '/^X-Simsift-Token/{n;y/0123456789abcdef/123456789abcdef0/;}' once >in
gone 'other digits'
cp v/secret secret
rm v/secret
cp once in
gone 'no secret'
head -c 32 /dev/urandom >v/secret
chmod 600 v/secret
cp once in
gone "another vault's secret"
cp secret v/secret
chmod 640 v/secret
cp once in
gone 'a secret that others may read'
chmod 600 v/secret
: >v/secret
cp once in
gone 'an empty secret'
rm v/secret
ln -s ../secret v/secret
cp once in
gone 'a secret that is a link'
rm v/secret
cp secret v/secret
cp once in
holds 'the secret is back'
chmod 777 v
cp once in
gone 'a vault that others may write to'
chmod 700 v
"$SIMSIFT" filter -C r -V nowhere <once >out
is 'no vault, no token' "$(grep -c X-Simsift-Token out)" 0
ok 'and none is made for it' test ! -e nowhere
printf 'X-Simsift-Token: 12345\n %064d\nX-Simsift: verdict=clean\nA: b\n\nx\n' 0 \
	>forged
filter <forged >out
printf 'A: b\n\nx\n' >want
ok 'a forged one on clean mail goes, with its kin' cmp out want

# Without text below the header it would hold on any such message.
cat >>r/own.cf <<'END'
header HEAD Subject =~ /\[TG @shop88\]/
score HEAD 5
ifplugin Simsift
category HEAD promo.telegram
cut HEAD match
endif
END
printf 'Subject: Hello and welcome, dear reader [TG @shop88]\n\n' >bare
filter -c 'cut_max_percent 90' <bare >out
is 'no body, no token' "$(grep -c X-Simsift-Token out)" 0

# A released message has a field of that kind from elsewhere: it goes, the
# message passes.
printf 'X-Simsift: verdict=clean\nSubject: x\n\nAsk [TG @shop88].\n' >theirs
"$SIMSIFT" hold -C r -c 'action promo hold' -V v <theirs
"$SIMSIFT" release -C r -V v --stdout "$(sha256sum <theirs | cut -c 1-8)" >in
filter <in >out
grep -v '^X-Simsift:' in | cmp -s - out
is 'released, with a forged status: it goes, the rest passes' $? 0

# ---- a token that does not hold, and restore ----
sed 's/^There/Here/' once | "$SIMSIFT" restore -C r -V v >out 2>err
is 'restore, a changed body: 0' $? 0
ok 'the original' cmp out m
ok 'it says that it does not hold' grep -q 'does not hold' err
sed -e 's/^There/Here/' -e 's/^\(X-Simsift-Token: .....\).*/\1/' once |
	"$SIMSIFT" restore -C r -V v >out 2>err
is 'a part of the id is not enough: 65' $? 65
is 'nothing is printed' "$(cat out)" ''
(cat once && head -c 68000000 /dev/zero) | "$SIMSIFT" restore -C r -V v \
	>out 2>err
is 'a message that is too large: 65' $? 65
ok 'it says so' grep -q 'larger than' err

# ---- a vault that cannot make one ----
rm -rf v/secret
mkdir v/secret
"$PTY" 2 "$SIMSIFT" filter -C r -V v <m 2>/dev/null >said
ok 'no token can be made: it is said' grep -q 'no token for the result' said
filter <m >out
is 'it is cut all the same' "$(grep -c 'action=cut' out)" 1
is 'without a token' "$(grep -c X-Simsift-Token out)" 0
rmdir v/secret

# ---- clean mail opens no vault ----
if command -v strace >/dev/null; then
	printf 'Subject: a\n\nThe office moves.\n' >clean
	strace -f -e trace=openat,mkdir,mkdirat -o trace \
		"$SIMSIFT" filter -C r -V v <clean >out 2>/dev/null
	is 'clean mail: the vault is not opened' "$(grep -c '"v"' trace)" 0
fi
done_testing
