#!/bin/sh
# Golden cases: a folder is a case, a new case is a new folder.
#
#	in.eml		the message
#	want.eml	what filter prints; not there: the message itself
#	want.txt	the line of check -v, without its id
#	want.tree	what explain --tree prints
#	rules.cf	the only rules; not there: the shipped ones
#
# Filtering twice must be filtering once, X-Simsift fields aside.
# Run one case: tests/cases/run.t NAME
. "${0%/*}/../lib.sh"

# Our field, which comes first but for a From_ line, out of standard input.
without_field() {
	perl -0777 -pe \
		's/\A(From [^\n]*\n)?X-Simsift:[^\n]*\n(?:[ \t][^\n]*\n)*/$1\/\/""/e'
}

# Says what is wrong on file descriptor 3; silence is success.
same() { # what GOT WANT
	cmp -s "$2" "$3" && return
	echo "# $1 differs:" >&3
	diff -a -u "$3" "$2" | cat -v | sed 's/^/#   /' | head -40 >&3
}

run_case() { # folder
	rules=$FILTERS want=$1/in.eml
	if [ -f "$1/rules.cf" ]; then
		rules=$TMP/rules # a copy: the owner of a checkout may be anyone
		cp "$1/rules.cf" "$rules/"
	fi
	[ -f "$1/want.eml" ] && want=$1/want.eml
	"$SIMSIFT" filter --no-vault -C "$rules" <"$1/in.eml" >"$TMP/once"
	status=$?
	[ "$status" -eq 0 ] || echo "# filter: exit status $status" >&3
	same output "$TMP/once" "$want"

	"$SIMSIFT" filter --no-vault -C "$rules" <"$TMP/once" >"$TMP/twice"
	if ! cmp -s "$TMP/once" "$TMP/twice"; then
		without_field <"$TMP/once" >"$TMP/once.bare"
		without_field <"$TMP/twice" >"$TMP/twice.bare"
		same 'output of the second run' "$TMP/twice.bare" \
			"$TMP/once.bare"
	fi
	# With a vault a cut message has a token and is passed as it is.
	"$SIMSIFT" filter -C "$rules" <"$1/in.eml" >"$TMP/once"
	if grep -aq '^X-Simsift-Token: ' "$TMP/once"; then
		"$SIMSIFT" filter -C "$rules" <"$TMP/once" >"$TMP/twice"
		same 'its token' "$TMP/twice" "$TMP/once"
		"$SIMSIFT" restore -C "$rules" <"$TMP/once" >"$TMP/back"
		same 'the original' "$TMP/back" "$1/in.eml"
	fi
	if [ -f "$1/want.txt" ]; then
		"$SIMSIFT" check -v -C "$rules" <"$1/in.eml" |
			sed 's/; id=[^;]*//' >"$TMP/txt"
		same verdict "$TMP/txt" "$1/want.txt"
	fi
	if [ -f "$1/want.tree" ]; then
		"$SIMSIFT" explain -C "$rules" --tree "$1/in.eml" >"$TMP/tree"
		same tree "$TMP/tree" "$1/want.tree"
	fi
}

mkdir "$TMP/rules"
for in in "$TOP"/tests/cases/*/in.eml; do
	dir=${in%/in.eml}
	name=${dir##*/}
	[ -z "${1:-}" ] || [ "$name" = "$1" ] || continue
	run_case "$dir" 3>"$TMP/wrong"
	if [ -s "$TMP/wrong" ]; then
		result 1 "$name"
		cat "$TMP/wrong"
	else
		result 0 "$name"
	fi
done
done_testing
