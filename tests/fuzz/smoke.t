#!/bin/sh
# Each fuzz target for a few seconds: `make fuzz` does it for long.
. "${0%/*}/../lib.sh"
for=${FUZZ_FOR:-4}

can_fuzz() {
	printf '%s\n' 'int LLVMFuzzerTestOneInput(const char *p, long n);' \
		'int LLVMFuzzerTestOneInput(const char *p, long n)' \
		'{ return n < 0 && *p; }' |
		clang -fsanitize=fuzzer -x c -o "$TMP/probe" - 2>/dev/null
}

if ! can_fuzz; then
	skip 'fuzzing' 'apt-get install clang libclang-rt-14-dev'
	done_testing
fi
if ! make -s -C "$TOP" fuzz-progs >"$TMP/make" 2>&1; then
	sed 's/^/# /' "$TMP/make"
	result 1 'the targets are built'
	done_testing
fi
targets=
for c in "$TOP"/tests/fuzz/*.c; do
	targets="$targets $(basename "$c" .c)"
done
mkdir "$TMP/fuzz"
ln -s "$TOP/build-fuzz/fuzz" "$TMP/fuzz/fuzz"
# shellcheck disable=SC2086 # words
FUZZ_EVERY=8 FUZZ_SEED=1 sh "$TOP/tests/fuzz/run.sh" "$TMP/fuzz" "$for" \
	$targets \
	>"$TMP/ran" 2>&1
while read -r line; do
	case $line in
	*': '*' runs, nothing found') result 0 "$line" ;;
	*': found something'*) result 1 "$line" ;;
	*) echo "# $line" ;;
	esac
done <"$TMP/ran"
is 'all were run' "$n" "$(find "$TOP/tests/fuzz" -name '*.c' | wc -l)"
done_testing
