#!/bin/sh
# Manual pages: lint, and what the program prints of itself.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

pages=$(find src -name '*.[157]' | sort)
for p in $pages; do
	is "$p" "$(mandoc -Tlint -W warning "$p" 2>&1)" ''
done
# man on other systems is groff, and a terminal has 80 columns.
if command -v groff >/dev/null; then
	for p in $pages; do
		is "$p by groff: no line over 80" "$(groff -k -Tutf8 -mdoc \
			-P-cbou -rLL=78n "$p" 2>/dev/null | python3 -c '
import re, sys
for line in sys.stdin.buffer.read().decode().splitlines():
    # An example is as long as it is.
    if len(line) > 80 and not re.search("SIM_SHOP|LPA_CODE|X-Simsift:", line):
        print(line)')" ''
	done
fi
ok 'simsift.1 is there' test -f src/simsift.1
"$SIMSIFT" --help >"$TMP/help"
sed -n 's/^  \([a-z][a-z]*\) .*/\1/p; s/^  \(-[-a-zA-Z]*\) .*/\1/p' \
	"$TMP/help" >"$TMP/words"
while read -r word; do
	ok "simsift.1 speaks of $word" grep -q -e "[ .]${word#-}\>" \
		src/simsift.1
done <"$TMP/words"

# Options: those of the table, as completion offers them, are in the SYNOPSIS of
# their command and in the list of OPTIONS, and nothing else is there.
options() { # command
	"$SIMSIFT" --complete "$1" - | cut -f 1 | grep -v -x -e --help
}
# A line for each: the command, or - for the list, and the option.
awk '
function add(where, line,   word, n, i, k) {
	gsub(/[,|]|^\./, " ", line)
	n = split(line, word, " ")
	for (i = 1; i <= n; i++)
		if (word[i] ~ /^--/)
			print where, word[i]
		else if (word[i] ~ /^-[a-zA-Z]/ && where == "-")
			print where, (length(word[i]) > 2 ? "-" : "") word[i]
		else if (word[i - 1] == "Fl" && word[i] ~ /^-/)
			print where, "-" word[i]
		else if (word[i - 1] == "Fl")
			for (k = 1; k <= length(word[i]); k++)
				print where, "-" substr(word[i], k, 1)
}
/^\.Sh / { section = $2 }
section == "SYNOPSIS" && $1 == ".Nm" { command = "none" }
section == "SYNOPSIS" && $1 == ".Cm" && command == "none" {
	command = $2
}
section == "SYNOPSIS" && /Fl / && command != "none" { add(command, $0) }
/^\.It Fl / { add("-", $0) }
' src/simsift.1 | sort -u >"$TMP/manual"
"$SIMSIFT" --complete '' | cut -f 1 >"$TMP/commands"
while read -r c; do
	options "$c" | sort >"$TMP/table"
	sed -n "s/^$c //p" "$TMP/manual" >"$TMP/synopsis"
	is "the SYNOPSIS of $c has no option that is none" \
		"$(comm -13 "$TMP/table" "$TMP/synopsis")" ''
	is "the SYNOPSIS of $c has all its options" \
		"$(comm -23 "$TMP/table" "$TMP/synopsis" | grep -v -x -e -q -e -v)" ''
	cat "$TMP/table" >>"$TMP/all"
done <"$TMP/commands"
printf '%s\n' -h --help --version --completion >>"$TMP/all"
sort -u "$TMP/all" >"$TMP/table"
sed -n 's/^- //p' "$TMP/manual" >"$TMP/list"
is 'OPTIONS lists each option' "$(comm -23 "$TMP/table" "$TMP/list")" ''
is 'OPTIONS lists no option that is none' \
	"$(comm -13 "$TMP/table" "$TMP/list")" ''
done_testing
