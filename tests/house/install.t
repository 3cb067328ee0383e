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
for f in bash-completion/completions/simsift zsh/site-functions/_simsift \
	fish/vendor_completions.d/simsift.fish; do
	ok "completion: $f" test -s "$TMP/root/usr/share/$f"
done
is 'they are what the program prints' \
	"$(cat "$TMP/root/usr/share/bash-completion/completions/simsift")" \
	"$("$SIMSIFT" --completion bash)"
is 'nothing elsewhere' "$(cd "$TMP/root" && find . -type f | grep -v \
	-e '^\./usr/bin/simsift$' -e '^\./usr/share/man/man[157]/simsift' \
	-e '^\./usr/share/simsift/' \
	-e '^\./usr/share/[a-z-]*/[a-z_-]*[.a-z]*/_*simsift[.a-z]*$')" ''
is 'nobody else may write' "$(find "$TMP/root" -type f -perm /022)" ''
is 'what is installed names the place' "$(grep -rl /usr/local/ "$TMP/root/usr/share/man" \
	"$TMP/root/usr/share/simsift/examples")" ''
ok 'and calls the program there' grep -q '^| /usr/bin/simsift filter' \
	"$TMP/root/usr/share/simsift/examples/procmailrc.hold"
ok 'make install, over it' run install
ok 'make uninstall' run uninstall
is 'no file is left' "$(find "$TMP/root" ! -type d)" ''
is 'no folder is left' "$(find "$TMP/root" -mindepth 1)" ''
ok 'make uninstall, again' run uninstall

# Folders that were there before, and what others have put into ours, stay.
mkdir -p "$TMP/root/usr/share/man/man7" "$TMP/root/usr/bin"
ok 'make install, into folders that are there' run install
: >"$TMP/root/usr/share/man/man5/other.5"
ok 'make uninstall' run uninstall
is 'folders that are not ours' "$(cd "$TMP/root" && find . -mindepth 1 |
	sort | tr '\n' ' ')" './usr ./usr/bin ./usr/share ./usr/share/man ./usr/share/man/man5 ./usr/share/man/man5/other.5 ./usr/share/man/man7 '
done_testing
