#!/bin/sh
# A child that answers with nonsense, or lies: the parent lets the original
# through each time.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
FAULTS=$B/simsift-faults
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'X'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
X
sed 's/promo cut/promo hold/' r/own.cf >held.cf
mkdir h
mv held.cf h/own.cf
cat >m <<'X'
From: ann@news.example
Subject: Moving

The office moves next week. Ask the porter [TG @shop88] for the keys.
The second floor is for the press, the third for all others.
X
mkdir box
for i in $(seq 10 49); do cp m box/"$i"; done
"$FAULTS" filter -C r --no-vault <m >cut.eml
ok 'without a lie it is cut' test "$(head -c 9 cut.eml)" = X-Simsift

# It is refused, and nobody believes any of it.
lie() { # how words
	SIMSIFT_CHILD=$1
	export SIMSIFT_CHILD
	is "$1: it is said" "$("$PTY" 2 "$FAULTS" filter -C r -V v \
		<m 2>/dev/null | grep -c "not judged: .*$2")" 1
	is "$1: filter 0" "$("$FAULTS" filter -C r -V v <m >out; echo $?)" 0
	ok "$1: the message as it was" cmp -s out m
	is "$1: hold 75" "$("$FAULTS" hold -C h -V v <m; echo $?)" 75
	ok "$1: nothing is stored" test ! -e v
	"$FAULTS" scan --json -C r -j 2 box >out 2>err
	is "$1: scan has a line for each" "$(wc -l <out)" 40
	# What comes behind a good answer is taken for the next one.
	[ "$1" = raw-more ] || [ "$1" = raw-twice ] ||
		is "$1: scan judges none of them" \
			"$(grep -c '"verdict":"error"' out)" 40
	unset SIMSIFT_CHILD
}
for how in overlap unsorted; do
	lie lie-$how 'edits overlap or are not in order'
done
for how in wild wrapped backwards rules; do
	lie lie-$how 'makes no sense'
done
lie lie-all 'refused'
lie lie-most 'refused'
lie lie-grow 'refused'
lie lie-sums 'refused'
lie lie-border 'goes from the header into the body'
lie lie-field 'the field has a wrong place'
lie lie-pass 'cuts without the action'
lie raw-half 'makes no sense'
lie raw-more 'makes no sense'
lie raw-twice 'makes no sense'

# The pool's own head.
SIMSIFT_CHILD=raw-length "$FAULTS" scan --json -C r -j 2 box >out 2>err
is 'an answer of 4 GB: only what has no pool is judged' "$(
	test "$(grep -c '"verdict":"error"' out)" -gt 20 && wc -l <out)" 40
# A converter with a path for a name is not opened.
if command -v strace >/dev/null; then
	SIMSIFT_CHILD=lie-need strace -f -o trace "$FAULTS" filter -C r \
		--no-vault <m >out 2>/dev/null
	ok 'a name of a converter that is none: no file of that name' sh -c \
		'! grep -q evil trace'
fi

# Each number of the answer as large as can be, and 0: what comes out is the
# message, or the cut one, behind whatever field.
body() {
	awk 'past || !/^(X-Simsift| )/ { past = 1; print }' "$1"
}
body cut.eml >cut.body
torn=0 refused=0 believed=0
for kind in huge null; do
	for i in $(seq 0 90); do
		SIMSIFT_CHILD="raw-$kind $i" "$FAULTS" filter -C r --no-vault \
			<m >out 2>/dev/null
		status=$?
		body out >out.body
		if [ $status -eq 0 ] && cmp -s out m; then
			refused=$((refused + 1))
		elif [ $status -eq 0 ] && { cmp -s out.body m ||
			cmp -s out.body cut.body; }; then
			believed=$((believed + 1))
		else
			torn=$((torn + 1))
			echo "# raw-$kind $i: status $status"
		fi
	done
done
is 'wrong numbers: nothing is torn' $torn 0
ok "wrong numbers: refused $refused, without harm $believed" \
	test $refused -gt 40 -a $believed -gt 0
done_testing
