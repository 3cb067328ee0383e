#!/bin/sh
# make install, and make uninstall, which leaves nothing.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

# shellcheck disable=SC2317 # called by ok
run() { # target; what is built is not built again
	MAKEFLAGS='' make -s -o all B="$B" PREFIX=/usr DESTDIR="$TMP/root" "$1" \
		>"$TMP/log" 2>&1
}
ok 'make install' run install
is 'its words' "$(cat "$TMP/log")" ''
ok 'the program' test -x "$TMP/root/usr/bin/simsift"
ok 'the program runs' "$TMP/root/usr/bin/simsift" --version
ok 'the manual' test -f "$TMP/root/usr/share/man/man1/simsift.1"
is 'each of its pages' "$(cd "$TMP/root/usr/share/man" && find . -type f |
	sed 's|.*/||' | sort)" \
	"$(cd src && find . -name '*.[157]' | sed 's|.*/||' | sort)"
is 'the examples' "$(ls "$TMP/root/usr/share/simsift/examples")" \
	"$(ls filters/examples)"
is 'the rules' "$(cd "$TMP/root/usr/share/simsift/filters" && echo *.cf)" \
	"$(cd "$FILTERS" && echo *.cf)"
is 'nothing elsewhere' "$(cd "$TMP/root" && find . -type f | grep -v \
	-e '^\./usr/bin/simsift$' -e '^\./usr/share/man/man[157]/simsift' \
	-e '^\./usr/share/simsift/')" ''
is 'nobody else may write' "$(find "$TMP/root" -type f -perm /022)" ''
ok 'make uninstall' run uninstall
is 'no file is left' "$(find "$TMP/root" ! -type d)" ''
is 'no folder of ours is left' "$(find "$TMP/root" -name '*simsift*')" ''
ok 'make uninstall, again' run uninstall
done_testing
