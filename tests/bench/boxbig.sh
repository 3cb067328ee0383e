#!/bin/sh
# boxbig.sh SIMSIFT FILTERS DIR [MESSAGES]: the same messages, 100,000 of them,
# as mbox, Maildir and MH folder, of 10 KB each (1 GB) and of 2 KB.
#
# What is not in DIR yet is made there (4.5 GB, 5 minutes).  Then: are the
# verdicts the same, message for message, in each kind of box, and in 7 pieces
# of the mbox those of the whole; then how fast it is (scan.sh).
set -eu
simsift=$1 filters=$2 dir=$3 count=${4:-100000}
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C
mkdir -p "$dir"
bad=0

# Verdicts without what names the box.
scan() {
	"$simsift" scan --json -C "$filters" -j 2 "$@" |
		sed 's/^{"v":1,"box":"[^"]*","id":"[^"]*","offset":[0-9]*,//'
}

differs() { # what file
	if cmp -s "$dir/want" "$2"; then
		echo "$1: the same"
	else
		echo "$1: OTHERS, $(wc -l <"$2") messages, from line" \
			"$(cmp "$dir/want" "$2" | sed 's/.*line //')"
		bad=1
	fi
}

for size in 10 2; do
	box=$dir/$size.mbox folders=$dir/$size
	if [ ! -e "$box" ]; then
		rm -rf "$folders"
		# With some room: a message is rarely as long as it says.
		python3 "$here/box.py" $((count * size / 500)) --size $size \
			--count "$count" --folders "$folders" >"$box.part"
		mv "$box.part" "$box"
	fi
	echo "--- $size KB a message: $(stat -c %s "$box") bytes"
	scan "$box" >"$dir/want"
	echo "$(wc -l <"$dir/want") messages, $(grep -c \
		'"verdict":"promo"' "$dir/want" || :) found"
	for kind in md mh; do
		scan "$folders/$kind" >"$dir/got"
		differs "$kind" "$dir/got"
	done
	length=$(stat -c %s "$box") at=0
	step=$((length / 7 + 1))
	: >"$dir/got"
	while [ $at -lt "$length" ]; do
		scan --range $at:$step "$box" >>"$dir/got"
		at=$((at + step))
	done
	differs '7 pieces' "$dir/got"
	rm -f "$dir/want" "$dir/got"
	"$here/scan.sh" "$simsift" "$filters" "$box"
done
exit $bad
