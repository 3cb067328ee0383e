#!/bin/sh
# scan: what cannot be read, and wrong words; the other boxes go on.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir r none
cat >r/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
END
printf 'Subject: a\n\n[TG @shop88]\n' >good
printf 'From a Mon Nov  2 10:11:12 2026\nSubject: a\n\nb\n\nFrom b Mon Nov  2 10:11:12 2026\nSubject: c\n\nd\n' >box

scan() {
	"$SIMSIFT" scan --json -C r "$@"
}
bad() { # what rows words box-and-options...
	what=$1 rows=$2 words=$3
	shift 3
	scan "$@" good >out 2>err
	is "$what: 1" $? 1
	is "$what: the other box is read" "$(tail -n 1 out |
		grep -c '"id":"good".*"verdict":"promo"')" 1
	is "$what: rows" "$(wc -l <out)" "$rows"
	is "$what: one clear line" "$(cat err)" "simsift: $words"
}
mkdir md md/cur md/new md/tmp
cp good md/cur/good
scan --type maildir none md >out 2>err
is 'a folder that is no mailbox: 1' $? 1
is 'the other box is read' "$(wc -l <out)" 1
is 'one clear line' "$(cat err)" \
	'simsift: none: no Maildir: neither cur nor new is there'
head -c 3000 "$SIMSIFT" >binary
bad 'a binary' 1 \
	'binary: neither a mailbox nor a message, but binary data' binary
cp binary x.mbox
bad 'a binary that is called an mbox' 1 \
	'x.mbox: neither a mailbox nor a message, but binary data' x.mbox
scan --type mbox binary >out 2>err
is '--type mbox for a binary: 1' $? 1
is 'it is said' "$(cat err)" \
	'simsift: binary: no mbox: no "From " line begins it'
{
	cat box
	head -c 100000 /dev/urandom | base64
} >large
gzip -c large | head -c 60000 >short.gz
bad 'a gz that ends too early' 3 \
	'short.gz: the packed file ends too early' short.gz
{
	gzip -c large | head -c -8
	printf 12345678
} >damaged.gz
bad 'a damaged gz' 3 'damaged.gz: the packed file is damaged' damaged.gz
mkfifo fifo
bad 'a pipe' 1 'fifo: neither a file nor a folder' fifo
{
	printf 'From a Mon Nov  2 10:11:12 2026\nSubject: large\n\n'
	head -c 200000000 /dev/zero | tr '\0' x
	printf '\n\n'
	cat box
} >huge
bad 'a message of 200 MB' 4 \
	"huge@32: not judged: larger than 67108864 bytes" huge
cat >rss.py <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL,
               stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
if [ "${ASAN:-}" != 1 ]; then
	mb=$(python3 rss.py "$SIMSIFT" scan --json -C r huge)
	ok "it takes no memory: $mb MB" test "$mb" -lt 64
fi
rm huge
if [ "$(id -u)" != 0 ]; then
	chmod 0 binary
	bad 'no permission' 1 \
		'binary: cannot be opened: Permission denied' binary
fi

scan nowhere good >out 2>err
is 'no such box: 66' $? 66
is 'the other one is read' "$(wc -l <out)" 1

# ---- what changes meanwhile ----
cat >change.py <<'END'
"""A box that others change while it is read: what is said, and the status.

scan reads from a pipe's worth of messages ahead; it is stopped by a reader that
does not read."""
import os, subprocess, sys, time
what, program = sys.argv[1:3]
text = ("From a Mon Nov  2 10:11:12 2026\nSubject: a\n\n" +
        "The office moves next week.\n" * 400 + "\n").encode()
if what == "mbox":
    open("changing", "wb").write(text * 4000)
    box = "changing"
else:
    os.makedirs("changing.d", exist_ok=True)
    for i in range(4000):
        open("changing.d/%05d" % i, "wb").write(text)
    box = "changing.d"
p = subprocess.Popen([program, "scan", "--json", "-C", "r", box, "good"],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
first = p.stdout.readline()
if what == "mbox":
    os.truncate(box, 100000)
else:
    for i in range(4000):
        os.unlink("changing.d/%05d" % i)
    os.rmdir("changing.d")
out, err = p.communicate()
lines = err.decode().splitlines()
print(p.returncode, b'"id":"good"' in out.splitlines()[-1],
      all(("became shorter" in l or "No such file" in l) and
          len(l) < 200 for l in lines), len(lines) > 0)
END
is 'an mbox that is cut short meanwhile' \
	"$(python3 change.py mbox "$SIMSIFT")" '1 True True True'
is 'a folder that vanishes meanwhile' \
	"$(python3 change.py folder "$SIMSIFT")" '1 True True True'

# ---- wrong words ----
wrong() { # words
	"$SIMSIFT" scan -C r "$@" >out 2>err
	is "scan $*: 64" $? 64
	is "scan $*: one line" "$(wc -l <err)" 1
}
wrong
wrong --type letter good
wrong --range 5 box
wrong --range x:5 box
wrong --range 5:x box
wrong --range 5:5 box good
wrong --range 99999999999999999999:5 box
wrong -j 0 good
wrong -j 1000 good
wrong -j 2x good
wrong --no-such good
scan --range 0:5 good >out 2>err
is 'a range of a message: 1' $? 1
is 'it is said' "$(cat err)" 'simsift: good: --range is for an mbox'
done_testing
