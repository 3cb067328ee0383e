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
body = m.split(b"\n\n", 1)[1].replace(b"\r\n", b"\n").rstrip(b"\n")
text = id + b"\n" + hashlib.sha256(body).digest()
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
sed 's/^Subject: .*/Subject: [list] Moving\nX-Other: 1/' once >in
holds 'fields changed and added'
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
(sed -n '/^X-Simsift-Token/{N;s/ [0-9a-f]* *\n/ 12345\n/;p;}' once && cat once) >in
holds 'a wrong one before it'

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
