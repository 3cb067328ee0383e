#!/bin/sh
# make dist: the tree, the same bytes each time, from git and from itself.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

# shellcheck disable=SC2317 # called by ok
dist() { # tree, build folder
	(cd "$1" && MAKEFLAGS='' make -s B="$2" dist) >"$TMP/log" 2>&1
}
ok 'make dist' dist . "$TMP/one"
tarball=$(cat "$TMP/log")
ok 'it prints the name' test -f "$tarball"
ok 'it is packed' gzip -t "$tarball"
mkdir "$TMP/tree"
ok 'it unpacks' tar -C "$TMP/tree" -xzf "$tarball"
is 'into one folder' "$(ls "$TMP/tree")" "$(basename "$tarball" .tar.gz)"
if [ -e .git ] && git ls-files >"$TMP/files" 2>/dev/null; then
	is 'with all that is tracked' "$(cd "$TMP"/tree/* && find . -type f |
		sed 's|^\./||' | LC_ALL=C sort)" \
		"$(LC_ALL=C sort "$TMP/files")"
fi
is 'nobody else may write' "$(find "$TMP/tree" -type f -perm /022)" ''
ok 'the same from what was unpacked' dist "$TMP"/tree/* "$TMP/two"
ok 'byte for byte' cmp "$tarball" "$TMP/two/${tarball##*/}"
done_testing
