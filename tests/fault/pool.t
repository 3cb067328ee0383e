#!/bin/sh
# A child of the pool that dies, hangs or babbles costs the message it was at.
. "${0%/*}/../lib.sh"
FAULTS=$B/simsift-faults
cd "$TMP" || exit 1

mkdir r box
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
END
for i in $(seq 100 299); do
	printf 'Subject: a\n\nThe office moves, ask [TG @shop88] for keys.\n' \
		>box/"$i"
done
"$FAULTS" scan --json -C r box >want
is 'without a fault' "$(grep -c '"verdict":"promo"' want)" 200

bad() { # how which...
	how=$1
	shift
	for i; do
		printf 'Subject: a\n\nSIMSIFT_CHILD: %s\n' "$how" >box/"$i"
	done
	for j in 1 2 3; do
		"$FAULTS" scan --json -C r -c 'limit_time 1000' -j $j box \
			>out 2>err
		is "$how, $j workers: 1" $? 1
		is "$how, $j workers: these are not judged" \
			"$(grep '"verdict":"error"' out |
				sed 's|.*"id":"box/||; s/".*//' | tr '\n' ' ')" \
			"$* "
		is "$how, $j workers: each has its line on stderr" \
			"$(grep -c 'not judged' err)" $#
		grep -v '"verdict":"error"' out >rest
		grep -v -e "\"id\":\"box/$1\"" -e "\"id\":\"box/$2\"" \
			-e "\"id\":\"box/$3\"" want >want.rest
		ok "$how, $j workers: the others are as they were, in order" \
			cmp -s rest want.rest
	done
	for i; do
		cp box/299 box/"$i"
	done
}
bad crash 100 107 298
bad exit 101 102 230
bad garbage 100 150 200
bad endless 111 171 298
bad hang 105 106 250
ok 'no child is left' sh -c "! pgrep -f '^$FAULTS scan'"

# A dead parent takes them with it.
printf 'Subject: a\n\nSIMSIFT_CHILD: hang\n' >box/100
"$FAULTS" scan --json -C r -c 'limit_time 30000' box >out 2>err &
pid=$!
sleep 1
kill -9 $pid
wait $pid 2>/dev/null
sleep 0.3
ok 'killed: no child is left' sh -c "! pgrep -f '^$FAULTS scan'"
done_testing
