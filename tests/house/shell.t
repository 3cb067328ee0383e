#!/bin/sh
# Every shell script is clean to shellcheck.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

for f in tests/*/*.t tests/*.sh tests/callers/*.sh .ci/*; do
	case $(head -n 1 "$f") in
	'#!'*sh) is "$f" "$(cd "${f%/*}" && shellcheck -x "${f##*/}")" '' ;;
	'#!'*) ;;
	*) is "$f" "$(shellcheck -s sh -e SC2034 "$f")" '' ;;
	esac
	case $f in
	*.t) ok "$f can be run" test -x "$f" ;;
	esac
done
done_testing
