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
done_testing
