#!/bin/sh
# A cut beside a large attachment: the second look leaves out its middle, and
# the result goes out in pieces.  Neither may be seen from outside.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r full
cat >r/own.cf <<'END'
body TOKEN /\[TG \@shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
# Line 1000 of the attachment: in the middle, which only `full` rules read.
cp r/own.cf full/own.cf
cat >>full/own.cf <<'END'
full WHOLE /line 1000 of the file/
score WHOLE 5
END

make_mail() {
	printf '%s\n' 'From: Ann <ann@news.example>' 'Subject: Minutes' \
		'MIME-Version: 1.0' \
		'Content-Type: multipart/mixed; boundary="=_b"' '' \
		'--=_b' 'Content-Type: text/plain' '' \
		'The minutes are in the file. [TG @shop88]' \
		'Please read them before Thursday, there is a lot to decide.' \
		'--=_b' 'Content-Type: application/octet-stream' ''
	i=0
	while [ $i -lt 6000 ]; do
		i=$((i + 1))
		echo "line $i of the file -- a - b ---"
	done
	printf '%s\n' '--=_b' 'Content-Type: text/plain' '' \
		'See you then. [TG @shop88]' '--=_b--'
}
make_mail >lf
sed 's/$/\r/' lf >crlf

for m in lf crlf; do
	"$SIMSIFT" filter --no-vault -C r <$m | sed '/^X-Simsift:/,/id=/d' >got
	sed 's/ \[TG @shop88\]//' $m >want
	ok "$m: nothing else is gone" cmp got want
	is "$m: a full rule that still hits keeps it from being cut" \
		"$("$SIMSIFT" filter -C full <$m | grep -c 'TG @shop88')" 2
	sed 's/of the file/was here/' $m >other
	is "$m: a full rule that does not hit does not" \
		"$("$SIMSIFT" filter -C full <other | grep -c 'TG @shop88')" 0
done
ok 'a result that cannot be written' \
	sh -c "'$SIMSIFT' filter -C r <lf >/dev/full 2>/dev/null; [ \$? -eq 75 ]"
done_testing
