#!/bin/sh
# Whatever becomes of the child, of memory and of disks: the whole message and
# 0, or 75.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
FAULTS=$B/simsift-faults
cd "$TMP" || exit 1

mkdir r spool
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
printf 'Subject: a\n\nThe office moves next week, ask [TG @shop88] for keys.\n' >m
"$SIMSIFT" filter -C r <m >judged
ok 'without a fault it is judged' test "$(head -c 9 judged)" = X-Simsift
"$FAULTS" filter -C r <m >out
ok 'the program with faults is the same program' cmp -s out judged

# ---- a child that misbehaves ----
fault() { # how words
	SIMSIFT_CHILD=$1
	export SIMSIFT_CHILD
	"$FAULTS" filter -C r -c 'limit_time 300' <m >out
	is "$1: 0" $? 0
	ok "$1: the message as it was" cmp -s out m
	"$FAULTS" check -C r -c 'limit_time 300' <m
	is "$1: check 75" $? 75
	"$FAULTS" explain -C r -c 'limit_time 300' m >out 2>&1
	is "$1: explain 75" $? 75
	is "$1: scan's line" "$("$FAULTS" scan --json -C r \
		-c 'limit_time 300' m 2>/dev/null |
		grep -o '"verdict":"[a-z]*"')" '"verdict":"error"'
	ok "$1: it is said ($2)" sh -c \
		"'$PTY' 2 '$FAULTS' filter -C r -c 'limit_time 300' <m \
		2>/dev/null | grep -q 'not judged: .*$2'"
	unset SIMSIFT_CHILD
}
if [ "${ASAN:-}" = 1 ]; then
	fault crash ''
else
	fault crash 'died of signal' # 6, or 11: its walls refuse to raise
fi
fault exit 'makes no sense'
fault garbage 'makes no sense'
fault hang 'took too long'
fault endless ''
fault lie-token 'tokens in wrong places'
fault lie-body 'tokens in wrong places'
fault lie-pass 'cuts without the action'
is 'no child is left' "$(pgrep -f "^$FAULTS filter" | wc -l)" 0

cat >hang.py <<'END'
"""How long a hanging child keeps the message, in units of limit_time."""
import os, subprocess, sys, time
os.environ["SIMSIFT_CHILD"] = "hang"
t = time.monotonic()
subprocess.run([sys.argv[1], "filter", "-C", "r", "-c", "limit_time 300"],
               stdin=open("m"), stdout=subprocess.DEVNULL)
print("ok" if 0.29 < time.monotonic() - t < 1.5 else time.monotonic() - t)
END
is 'a hanging child is given limit_time' "$(python3 hang.py "$FAULTS")" ok

# ---- SIGKILL for the child at any moment, and for the parent ----
cat >kill.py <<'END'
import os, random, signal, subprocess, sys, time
program = sys.argv[1]
random.seed(7)
# The leak checker's helper is a child too, and must not be killed.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1"

def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []

data = open("m", "rb").read() + b"".join(
    b"The office moves to floor %d, eSIM cards are at the desk.\n" % i
    for i in range(20000))
open("large", "wb").write(data)
command = [program, "filter", "-C", "r"]
t = time.monotonic()
judged = subprocess.run(command, stdin=open("large"), capture_output=True)
took = time.monotonic() - t
assert judged.returncode == 0 and judged.stdout != data
hit = whole = torn = 0
for i in range(50):
    with open("out", "wb") as out:
        p = subprocess.Popen(command, stdin=open("large"), stdout=out)
    time.sleep(random.uniform(0, took))
    for pid in children(p.pid):
        os.kill(pid, signal.SIGKILL)
        hit += 1
    status = p.wait()
    got = open("out", "rb").read()
    if status == 0 and got in (data, judged.stdout):
        whole += 1
    else:
        torn += 1
print("whole %d, torn %d, %s" % (whole, torn,
      "child killed" if hit >= 10 else "child killed only %d times" % hit))
END
is 'child killed, 50 times' "$(python3 kill.py "$SIMSIFT")" \
	'whole 50, torn 0, child killed'

cat >orphan.py <<'END'
import os, signal, subprocess, sys, time
os.environ["SIMSIFT_CHILD"] = "hang"
p = subprocess.Popen([sys.argv[1], "filter", "-C", "r", "-c",
                      "limit_time 60000"], stdin=open("m"),
                     stdout=subprocess.DEVNULL)
kids = []
end = time.monotonic() + 5
while not kids and time.monotonic() < end:
    with open("/proc/%d/task/%d/children" % (p.pid, p.pid)) as f:
        kids = [int(x) for x in f.read().split()]
time.sleep(0.2)
p.send_signal(signal.SIGKILL)
p.wait()

def lives(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False

end = time.monotonic() + 3
while any(map(lives, kids)) and time.monotonic() < end:
    time.sleep(0.05)
left = [k for k in kids if lives(k)]
for k in left:
    os.kill(k, signal.SIGKILL)
print("%s, left %d" % ("had a child" if kids else "had none", len(left)))
END
is 'parent killed: no child is left' "$(python3 orphan.py "$FAULTS")" \
	'had a child, left 0'

# ---- no memory ---- (the sanitizers need terabytes of addresses)
torn=0 judged=0 whole=0 refused=0
if [ "${ASAN:-}" != 1 ]; then
	# A shell speaks of a program that died while it was being loaded.
	exec 4>&2 2>/dev/null
	for kb in 1000 2000 3000 4000 5000 6000 7000 8000 10000 12000 15000 \
		20000 30000 50000 100000 200000 400000; do
		(
			# shellcheck disable=SC3045 # dash and bash have it
			ulimit -v $kb
			"$SIMSIFT" filter -C r <large >out 2>/dev/null
		) 2>/dev/null
		status=$?
		if [ "$status" -eq 0 ] && cmp -s out large; then
			whole=$((whole + 1))
		elif [ "$status" -eq 0 ] && [ "$(wc -c <out)" -gt \
			"$(($(wc -c <large) - 20))" ]; then
			judged=$((judged + 1))
		elif [ "$status" -eq 0 ]; then
			torn=$((torn + 1))
			echo "# ulimit -v $kb: status 0, $(wc -c <out) bytes"
		else
			refused=$((refused + 1))
		fi
	done
	exec 2>&4 4>&-
	is 'little memory: never 0 with less than the whole' $torn 0
	{
		head -c 8000000 /dev/zero
		echo $? >written
	} 2>/dev/null | (
		# shellcheck disable=SC3045 # dash and bash have it
		ulimit -v 8000
		"$SIMSIFT" filter -C r >out
		echo $? >status
	)
	is 'no memory for the message: 75, and the caller could write all of it' \
		"$(cat status written)" '75
0'
	ok "little memory: refused $refused, passed $whole, judged $judged" \
		test $refused -gt 0 -a $judged -gt 0
fi

# ---- no room ----
head -c 67108900 /dev/zero >above
if [ "${ASAN:-}" = 1 ]; then
	seq='ignored'
else
	seq='ignored fatal'
fi
for signal in $seq; do
	(
		[ "$signal" = fatal ] || trap '' XFSZ
		ulimit -f 2000
		TMPDIR=$TMP/spool "$SIMSIFT" filter -C r <above 2>/dev/null
		echo $? >&2
	) 2>status | cat >out
	is "no room for the temporary file, SIGXFSZ $signal: 75" \
		"$(tail -n 1 status)" 75
	is "nothing is left of it, SIGXFSZ $signal" "$(ls -A spool)" ''
	(
		[ "$signal" = fatal ] || trap '' XFSZ
		ulimit -f 100
		"$SIMSIFT" filter -C r <large >out 2>/dev/null
		echo $? >&2
	) 2>status
	is "no room for the output, SIGXFSZ $signal: 75" \
		"$(tail -n 1 status)" 75
done
SIMSIFT_CHILD=crash "$FAULTS" filter -C r <large >/dev/full
is 'child dead and the disk full: 75' $? 75

rm -f above large out
done_testing
