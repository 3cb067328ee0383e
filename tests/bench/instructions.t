#!/bin/sh
# How many instructions judging takes, which no other load changes, against
# instructions.tsv: at most 5 % more.  NOTE=1 notes the present figures.
# Another compiler or libc makes other code: then 30 %.
. "${0%/*}/../lib.sh"
noted=$TOP/tests/bench/instructions.tsv
if [ "${ASAN:-}" = 1 ]; then
	ok 'not counted under ASan' true
	done_testing
fi
if ! command -v valgrind >/dev/null; then
	skip 'instructions' 'no valgrind'
	done_testing
fi
made_by="$(gcc -dumpfullversion) $(getconf GNU_LIBC_VERSION) $(uname -m)"
PYTHONDONTWRITEBYTECODE=1 python3 - "$TOP/tests/bench" "$TMP" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import inputs
inputs.messages(sys.argv[2])
inputs.rules(sys.argv[2] + "/rules", 300)
END

count() { # options and files of judge-inline
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		"$B/judge-inline" -C "$TMP/rules" "$@" 2>&1 >/dev/null |
		sed -n 's/.*Collected : //p'
}
compare() { # name, count
	printf '%s\t%s\n' "$1" "$2" >>"$TMP/now"
	want=$(awk -F '\t' -v n="$1" '$1 == n { print $2 }' "$noted")
	echo "# $1: $2 instructions, noted $want"
	ok "$1: as many as noted" awk -v now="$2" -v want="${want:-0}" \
		-v more="$more" \
		'BEGIN { exit !(now > 0 && now <= want * (1 + more / 100)) }'
}
more=30
[ "$(sed -n 's/^# made by //p' "$noted")" = "$made_by" ] && more=5

compare 'rules read' "$(count "$TMP/0.eml")"
sleep 2.1 # rules that have just changed are not kept
count -k "$TMP/0.eml" >/dev/null
compare 'rules kept, 3 KB' "$(count -k "$TMP/0.eml")"
compare '28 KB' "$(count -k "$TMP/1.eml")"
compare '209 KB, 40 KB of it text' "$(count -k "$TMP/2.eml")"
compare '209 KB, all text' "$(count -k "$TMP/3.eml")"
compare '28 KB, cut' "$(count -k "$TMP/4.eml")"
if [ "${NOTE:-}" = 1 ]; then
	{
		echo "# made by $made_by"
		cat "$TMP/now"
	} >"$noted"
fi
done_testing
