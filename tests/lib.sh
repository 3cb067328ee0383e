# TAP for shell tests: . "${0%/*}/../lib.sh"
#
#	ok 'what' command...	the command succeeds
#	is 'what' GOT WANT	two strings are equal
#	skip 'what' 'why'	in CI (CI=true) a skip is a failure
#	done_testing		last line
#
# $SIMSIFT is the program under test, $FILTERS the shipped rules, $TOP the
# source tree, $TMP a folder that goes away, $B the build folder.
set -u
TOP=$(cd "${0%/*}/../.." && pwd)
B=${BUILD:-$TOP/build}
SIMSIFT=${SIMSIFT:-$B/simsift}
TMP=$(mktemp -d)
# A copy of our own: rule files that belong to a stranger are refused.
FILTERS=$TMP/filters
trap 'chmod -R u+rwx "$TMP" 2>/dev/null; rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM
LC_ALL=C.UTF-8
TZ=UTC
export LC_ALL TZ
# Nothing of the user's own takes part.
HOME=$TMP/home XDG_CONFIG_HOME=$TMP/config XDG_CACHE_HOME=$TMP/cache
export HOME XDG_CONFIG_HOME XDG_CACHE_HOME
mkdir -p "$HOME" "$FILTERS"
cp "$TOP"/filters/*.cf "$FILTERS"
n=0 bad=0

result() { # 0|1 what
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
	fi
}

ok() {
	what=$1
	shift
	if "$@"; then result 0 "$what"; else result 1 "$what"; fi
}

is() {
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		printf '%s\n' "$2" | sed 's/^/#  got: /'
		printf '%s\n' "$3" | sed 's/^/# want: /'
	fi
}

skip() {
	if [ "${CI:-}" = true ]; then
		result 1 "$1: $2"
	else
		n=$((n + 1))
		echo "ok $n - $1 # SKIP $2"
	fi
}

done_testing() {
	echo "1..$n"
	[ "$bad" -eq 0 ]
	exit
}
