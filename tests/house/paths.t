#!/bin/sh
# The house in order: what is on the top level, and how long things are.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

is 'the top level' "$(for f in *; do
	case $f in
	src | filters | tests | Makefile | INSTALL | README.md | LICENSE) ;;
	build | build-*) ;;
	*) echo "$f" ;;
	esac
done)" ''
for f in src filters tests Makefile INSTALL README.md LICENSE; do
	ok "$f is there" test -e "$f"
done
# debian/ is what the package tools read, and has the names they want.
is 'src is flat' "$(find src -mindepth 1 -type d ! -path 'src/debian*')" ''
is 'only sources and manual pages in src' \
	"$(find src -type f ! -name '*.[ch157]' ! -path 'src/debian/*')" ''

is 'no line of src is wider than 80 columns' "$(for f in src/*.[ch]; do
	expand -t 8 "$f" | awk -v f="$f" '{
		line = $0
		gsub(/[\200-\277]/, "", line) # the tails of UTF-8 characters
		if (length(line) > 80)
			print f ":" NR ": " length(line) " columns"
	}'
done)" ''
is 'no trailing blanks in src' "$(grep -nE '[ 	]+$' src/*.[ch])" ''

is 'an example has 25 lines or less' "$(wc -l filters/examples/* |
	awk '$1 > 25 && $2 != "total" { print $2 ": " $1 " lines" }')" ''
is 'each says what it is for' "$(for f in filters/examples/*; do
	sed '1{/^#!/d;}' "$f" | head -n 1 | grep -qE '^(#|--) ' ||
		echo "$f"
done)" ''

# A function is from its { to its }, both at the start of a line.
lengths() {
	awk 'FNR == 1 { from = 0 }
	/^[a-z_].*\(/ { name = $0 }
	/^{/ { from = FNR }
	/^}/ && from { print FNR - from + 1, FILENAME ":" from; from = 0 }
	' src/*.c | sort -n
}
is 'no function over 120 lines' "$(lengths | awk '$1 > 120')" ''
is 'no file over 700 lines' "$(wc -l src/*.[ch] |
	awk '$1 > 700 && $2 != "total" { print $2 ": " $1 " lines" }')" ''
lengths | awk '{ v[NR] = $1 }
	END {
		printf "# %d functions: half up to %d lines, ", NR, v[int(NR / 2)]
		printf "nine in ten up to %d, the longest %d\n",
			v[int(NR * 9 / 10)], v[NR]
	}'
is 'nine functions in ten have 60 lines or less' \
	"$(lengths | awk '{ v[NR] = $1 } END { print v[int(NR * 9 / 10)] <= 60 }')" 1
is 'half of them 15 or less' \
	"$(lengths | awk '{ v[NR] = $1 } END { print v[int(NR / 2)] <= 15 }')" 1
done_testing
