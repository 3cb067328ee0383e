#!/bin/sh
# What comes in and what goes out: descriptors, pipes, sizes.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
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
"$SIMSIFT" filter -C r <m >want
ok 'a hit' test "$(wc -c <want)" -gt 100

# ---- closed descriptors ----
"$SIMSIFT" filter -C r <m >out 2>&-
is 'closed: 2' $? 0
ok 'closed: 2, output' cmp -s out want
for c in filter check; do
	"$SIMSIFT" $c -C r <&- >out 2>&1
	is "$c, closed: 0" $? 75
	"$SIMSIFT" $c -C r <&- 2>&- >out
	is "$c, closed: 0 2" $? 75
	"$SIMSIFT" $c -C r <&- >&- 2>err
	is "$c, closed: 0 1" $? 75
	"$SIMSIFT" $c -C r <&- >&- 2>&-
	is "$c, closed: 0 1 2" $? 75
done
"$SIMSIFT" filter -C r <m >&- 2>err
is 'filter, closed: 1' $? 75
"$SIMSIFT" filter -C r <m >&- 2>&-
is 'filter, closed: 1 2' $? 75
"$SIMSIFT" check -C r <m >&- 2>&-
is 'check, closed: 1 2' $? 0
is 'nothing was written into the message' "$(wc -c <m)" 67
for c in explain diff 'scan --json'; do
	# shellcheck disable=SC2086
	"$SIMSIFT" $c -C r m <&- 2>&- >out
	is "$c, closed: 0 2" $? 0
	ok "$c, closed: 0 2, output" grep -q 'shop88\|TOKEN' out
done

# ---- a reader that has seen enough, a full disk ----
cat >closed.py <<'END'
"""closed.py COMMAND...: with standard output a pipe that nobody reads."""
import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.call(sys.argv[1:], stdout=w))
END
for c in 'explain m' 'diff m' 'scan --json m' 'rules list' 'rules lint'; do
	# shellcheck disable=SC2086
	python3 closed.py "$SIMSIFT" $c -C r 2>err
	is "$c, nobody reads: 74" $? 74
	is "$c, nobody reads: no words" "$(cat err)" ''
	# shellcheck disable=SC2086
	"$SIMSIFT" $c -C r >/dev/full 2>err
	is "$c, full: 74" $? 74
	ok "$c, full: it is named" grep -q \
		"cannot write what ${c%% *} prints: No space" err
done

# ---- what is not judged is not called clean ----
for i in 1 2 3; do
	printf 'From a@x.example Mon Nov  2 10:11:1%s 2026\n' $i
	cat m
	echo
done >box
mkdir none
for c in explain diff; do
	"$SIMSIFT" $c -C r box >out 2>err
	is "$c, a mailbox: 75" $? 75
	ok "$c, a mailbox: what to do" grep -q 'simsift scan FILE' err
	"$SIMSIFT" $c -C none m >out 2>err
	is "$c, no rules: 75" $? 75
	ok "$c, no rules: it says so" grep -q 'not judged: there are no' err
	is "$c, no rules: nothing else" "$(cat out)" ''
	"$SIMSIFT" $c -C r none >out 2>err
	is "$c, a folder: 66" $? 66
	ok "$c, a folder: what to do" grep -q '(simsift scan none)$' err
	"$PTY" 0 "$SIMSIFT" $c -C r >out 2>err
	is "$c, typed: a word" "$(grep -c 'Ctrl-D ends it' err)" 1
done

for c in check filter; do
	is "$c, typed: a word" "$("$PTY" 02 "$SIMSIFT" $c -C r 2>/dev/null |
		grep -c 'Ctrl-D ends it')" 1
done

# ---- pipes ----
cat >pipe.py <<'END'
"""pipe.py WAY COMMAND...: the message m through pipes; prints the output."""
import os, subprocess, sys, threading, time
way, command = sys.argv[1], sys.argv[2:]
data = open("m", "rb").read()
if "large" in way:
    data += b"The office moves next week.\n" * 40000
r, w = os.pipe()
if "nonblock-in" in way:
    os.set_blocking(r, False)

def feed():
    step = len(data) // 7 + 1 if "slow" in way else len(data)
    for i in range(0, len(data), step):
        if "slow" in way:
            time.sleep(0.05)
        os.write(w, data[i:i + step])
    os.close(w)

r2, w2 = os.pipe()
if "nonblock-out" in way:
    os.set_blocking(w2, False)
p = subprocess.Popen(command, stdin=r, stdout=w2, close_fds=True)
os.close(r)
os.close(w2)
t = threading.Thread(target=feed)
t.start()
got = b""
if "closed" in way:
    os.close(r2)
else:
    if "nonblock-out" in way:
        time.sleep(0.3)
    while True:
        piece = os.read(r2, 4096)
        if not piece:
            break
        got += piece
t.join()
status = p.wait()
if status == 0 and "large" in way:
    same = got == data or got.endswith(data[-1000000:])
    print("whole" if same and len(got) > len(data) - 20 else "torn")
elif status == 0:
    sys.stdout.buffer.write(got)
else:
    print("status", status)
END
for way in plain slow nonblock-in,slow nonblock-out nonblock-in,nonblock-out; do
	python3 pipe.py "$way" "$SIMSIFT" filter -C r >out
	ok "pipe: $way" cmp -s out want
done
for way in large large,slow large,nonblock-out large,slow,nonblock-in; do
	is "pipe: $way" "$(python3 pipe.py "$way" "$SIMSIFT" filter -C r)" whole
done
for c in filter 'check -v'; do
	# shellcheck disable=SC2086
	is "$c: nobody reads" "$(python3 pipe.py closed "$SIMSIFT" $c -C r)" \
		'status 75'
done
is 'filter: nobody reads a large one' \
	"$(python3 pipe.py closed,large "$SIMSIFT" filter -C r)" 'status 75'
is 'explain: nobody reads' \
	"$(python3 pipe.py closed "$SIMSIFT" explain -C r 2>/dev/null)" \
	'status 74'
for c in filter 'check -v'; do
	# shellcheck disable=SC2086
	"$SIMSIFT" $c -C r <m >/dev/full
	is "$c: a full disk" $? 75
done
"$SIMSIFT" explain -C r <m >/dev/full 2>err
is 'explain: a full disk' $? 74
"$SIMSIFT" filter -C r <"$TMP" >out
is 'a folder as input: 75' $? 75

# ---- sizes ----
: >empty
"$SIMSIFT" filter -C r <empty >out
is 'empty: 0' $? 0
is 'empty' "$(wc -c <out)" 0
printf x >one
"$SIMSIFT" filter -C r <one >out
is 'one byte: 0' $? 0
ok 'one byte' cmp -s out one
"$SIMSIFT" filter -C r -c 'limit_message 50' <m >out
is 'above limit_message: 0' $? 0
ok 'above limit_message: as it was' cmp -s out m
"$SIMSIFT" filter -C r -c 'limit_message 67' <m >out
ok 'at limit_message: judged' cmp -s out want
is 'above limit_message, on a terminal' \
	"$("$PTY" 2 "$SIMSIFT" filter -C r -c 'limit_message 50' <m \
		2>/dev/null)" \
	'simsift: not judged: the message is larger than limit_message (50 bytes)'

large=67108864 # 64 MB
{ cat m; head -c $((large - 67)) /dev/zero; } >large
"$SIMSIFT" filter -C r -c 'limit_message 1000' <large >out
is '64 MB: 0' $? 0
ok '64 MB: as it was' cmp -s out large
echo >>large
TMPDIR=$TMP/spool "$SIMSIFT" filter -C r <large >out
is 'above 64 MB: 0' $? 0
ok 'above 64 MB: as it was' cmp -s out large
is 'above 64 MB: no temporary file is left' "$(ls -A spool)" ''
# shellcheck disable=SC2002
cat large | TMPDIR=$TMP/spool "$SIMSIFT" filter -C r 2>/dev/null |
	cmp -s - out
is 'above 64 MB, through pipes' $? 0
TMPDIR=$TMP/nowhere "$SIMSIFT" filter -C r <large >out
is 'above 64 MB, TMPDIR is not there: 0' $? 0
ok 'above 64 MB, TMPDIR is not there: as it was' cmp -s out large
"$SIMSIFT" filter -C r <large >/dev/full
is 'above 64 MB, a full disk: 75' $? 75
"$SIMSIFT" check -C r <large
is 'above 64 MB, check: 75' $? 75
is 'above 64 MB, on a terminal' \
	"$("$PTY" 2 "$SIMSIFT" filter -C r <large 2>/dev/null)" \
	'simsift: not judged: the message is larger than 67108864 bytes'
rm -f large out

# ---- a whole mailbox by mistake ----
for i in 1 2; do
	echo "From ann@news.example Mon Nov  2 10:11:1$i 2026"
	cat m
	echo
done >mbox
"$SIMSIFT" filter -C r <mbox >out
is 'a whole mailbox: 0' $? 0
ok 'a whole mailbox: as it was' cmp -s out mbox
"$PTY" 2 "$SIMSIFT" filter -C r <mbox >out 2>/dev/null
ok 'a whole mailbox: the line names scan' grep -q 'simsift scan' out
done_testing
