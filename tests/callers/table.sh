#!/bin/sh
# The table of what becomes of a message, from the rows that the tests wrote:
#
#	table.sh print CALLER		as it was found
#	table.sh committed CALLER	as README.md has it
#	table.sh write			puts what was found into README.md
#
# A row: failure, column, what; in the folder callers of $BUILD (or build).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rows=${BUILD:-$here/../../build}/callers

print() { # caller
	awk -F '\t' '
	function note(i, j, text) {
		cell[i, j] = text
		if (length(text) > width[j])
			width[j] = length(text)
	}
	function line(i, left, j) {
		printf "|"
		for (j = 0; j <= columns; j++)
			printf " %-" width[j] "s |", cell[i, j]
		print ""
	}
	BEGIN { note(0, 0, "what happens") }
	!($1 in row) { note(row[$1] = ++n, 0, $1) }
	!($2 in column) { note(0, column[$2] = ++columns, $2) }
	{ note(row[$1], column[$2], $3) }
	END {
		line(0)
		printf "|"
		for (j = 0; j <= columns; j++)
			printf "---|"
		print ""
		for (i = 1; i <= n; i++)
			line(i)
	}' "$rows/$1.tsv"
}

committed() { # caller
	awk -v me="## $1" '/^## / { on = $0 == me } on && /^\|/' \
		"$here/README.md"
}

put() { # caller: its section with a new table
	print "$1" >"$here/README.md.new"
	awk -v me="## $1" -v new="$here/README.md.new" '
	function table(line) {
		while ((getline line <new) > 0)
			print line
		done = 1
	}
	/^## / {
		if (on && !done)
			table()
		on = $0 == me
	}
	on && /^\|/ {
		if (!done)
			table()
		next
	}
	{ print }
	END {
		if (!done && !on)
			print "\n" me "\n"
		if (!done)
			table()
	}' "$here/README.md" >"$here/README.md.out"
	rm "$here/README.md.new"
	mv "$here/README.md.out" "$here/README.md"
}

case $1 in
print) print "$2" ;;
committed) committed "$2" ;;
write)
	for f in "$rows"/*.tsv; do
		f=${f##*/}
		put "${f%.tsv}"
	done
	;;
esac
