#!/bin/sh
# Manual pages: lint, and what the program prints of itself.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

pages=$(find src -name '*.[157]' | sort)
for p in $pages; do
	is "$p" "$(mandoc -Tlint -W warning "$p" 2>&1)" ''
done
ok 'simsift.1 is there' test -f src/simsift.1
"$SIMSIFT" --help >"$TMP/help"
sed -n 's/^  \([a-z][a-z]*\) .*/\1/p; s/^  \(-[-a-zA-Z]*\) .*/\1/p' \
	"$TMP/help" >"$TMP/words"
while read -r word; do
	ok "simsift.1 speaks of $word" grep -q -e "[ .]${word#-}\>" \
		src/simsift.1
done <"$TMP/words"
done_testing
