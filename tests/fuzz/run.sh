#!/bin/sh
# run.sh BUILD SECONDS TARGET...: each target for so long.  What it learns stays
# in BUILD/corpus, what it finds in BUILD/found.  In the environment:
#	FUZZ_CORPUS	a folder of messages more
#	FUZZ_FILTERS	rules for judge, other than a few of our own
#	FUZZ_EVERY	of the seeds only each n-th
#	FUZZ_SEED	of libFuzzer's dice; 0: another each time
set -u
build=$1 seconds=$2
shift 2
here=$(dirname "$0")
status=0

rm -rf "$build/seeds"
python3 "$here/seeds.py" "$build/seeds" "${FUZZ_EVERY:-1}" \
	${FUZZ_CORPUS:+"$FUZZ_CORPUS"} || exit 1
mkdir -p "$build/found"
for t; do
	mkdir -p "$build/corpus/$t" "$build/seeds/$t"
	if "$build/fuzz/$t" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=2048 -max_len=65536 -seed="${FUZZ_SEED:-0}" \
		-print_final_stats=1 -artifact_prefix="$build/found/$t-" \
		"$build/corpus/$t" "$build/seeds/$t" \
		>"$build/found/$t.log" 2>&1; then
		echo "$t: $(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$build/found/$t.log") runs, nothing found"
	else
		status=1
		echo "$t: found something; its end:"
		tail -n 30 "$build/found/$t.log"
		base64 "$build/found/$t-"* | head -n 20
		echo "again: $build/fuzz/$t $build/found/$t-<file>"
	fi
done
exit $status
