#!/bin/sh
# Rules that were read once are kept, and believed only where nothing has
# changed and nobody else can have written them.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
kept=$XDG_CACHE_HOME/simsift
printf 'Subject: s\n\nCheap SIM cards, write to https://t.me/simshop88 now\n' >m

# What changed a moment ago may change again unseen: it is not kept yet.
settle() {
	sleep 3.1
}
judge() { # the rules' folder
	"$SIMSIFT" explain --json -C "$1" <m 2>err
}
files() {
	find "$kept" -type f 2>/dev/null | wc -l
}

judge "$FILTERS" >want
is 'fresh rules are not kept' "$(files)" 0
settle
judge "$FILTERS" >first
is 'settled rules are kept' "$(files)" 1
judge "$FILTERS" >second
ok 'the answer is the same: not kept, kept now' cmp want first
ok 'the answer is the same: kept before' cmp want second
file=$(find "$kept" -type f)
is 'only we may read it' "$(stat -c %a "$file" "$kept")" "600
700"
was=$(stat -c %i "$file")
judge "$FILTERS" >/dev/null
is 'it is not written twice' "$(stat -c %i "$file")" "$was"
"$SIMSIFT" rules list -C "$FILTERS" >all
ok 'rules list has the literals' grep -q 'simtarif' all

# Whatever is wrong with it, the rules are read.
odd() { # what, command...
	cp "$file" good
	what=$1
	shift
	"$@"
	judge "$FILTERS" >got
	ok "$what: the same answer" cmp want got
	is "$what: nothing is said" "$(cat err)" ''
	rm -rf "$file"
	cat good >"$file"
	chmod 600 "$file"
}
size=$(wc -c <"$file")
# shellcheck disable=SC2317 # called by odd
cut_at() {
	head -c "$1" good >"$file"
}
# shellcheck disable=SC2317 # called by odd
flip() { # a byte at offset $1
	python3 - "$file" "$1" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([b ^ 0x40]))
END
}
odd 'empty' cut_at 0
odd 'a head alone' cut_at 64
odd 'half of it' cut_at $((size / 2))
odd 'a byte less' cut_at $((size - 1))
for at in 3 9 17 25 33 41 49 57 70 200 2000 20000 100000; do
	odd "byte $at is another" flip "$at"
done
odd 'others may read it' chmod 644 "$file"
# shellcheck disable=SC2317 # called by odd
linked() {
	mv "$file" "$file.x" && ln -s "$file.x" "$file"
}
# shellcheck disable=SC2317 # called by odd
instead() {
	rm "$file" && "$1" "$file"
}
odd 'a link' linked
odd 'a folder' instead mkdir
odd 'a pipe' instead mkfifo
rm -f "$file.x"
if [ "$(id -u)" = 0 ]; then
	odd "a stranger's" chown 12345 "$file"
	chown 0 "$file"
fi
chmod 770 "$kept"
judge "$FILTERS" >got
ok 'a folder others write: the same answer' cmp want got
chmod 700 "$kept"

# It is what the files say that counts.
before=$("$SIMSIFT" check -v -C "$FILTERS" <m)
mkdir changed
cp "$FILTERS"/*.cf changed
settle
"$SIMSIFT" check -v -C changed <m >/dev/null
is 'another folder has a file of its own' "$(files)" 2
is 'and the same verdict' "$("$SIMSIFT" check -v -C changed <m)" "$before"
required() {
	"$SIMSIFT" check -v -C changed <m |
		sed 's,.*score=[^/]*/\([0-9.]*\).*,\1,'
}
echo 'required_score 77' >changed/99_own.cf
is 'a file more' "$(required)" 77.0
settle
is 'a file more, kept' "$(required)" 77.0
sleep 0.1
echo 'required_score 78' >changed/99_own.cf
is 'as long as before, and another' "$(required)" 78.0
rm changed/99_own.cf
is 'a file less' "$(required)" 5.0
is '-c lines count' "$("$SIMSIFT" check -v -C changed -c 'required_score 3' <m |
	sed 's,.*score=[^/]*/\([0-9.]*\).*,\1,')" 3.0
ln -s "$TMP/nowhere.cf" changed/10_lost.cf
settle
for i in 1 2; do
	"$SIMSIFT" explain -C changed <m >out 2>err
	ok "a file that cannot be read is told of, time $i" grep -q lost err
done
rm changed/10_lost.cf

# An include is a file like the others.
mkdir inc
echo 'include more' >inc/a.cf
echo 'required_score 6' >inc/more
settle
includes() {
	"$SIMSIFT" check -v -C inc <m | sed 's,.*score=[^/]*/\([0-9.]*\).*,\1,'
}
is 'included' "$(includes)" 6.0
echo 'required_score 7' >inc/more
is 'included, changed' "$(includes)" 7.0

# Complaints are told of each time.
mkdir bad
echo 'body A /(/' >bad/a.cf
echo 'bodyy A /x/' >>bad/a.cf
echo 'body' >>bad/a.cf
settle
"$SIMSIFT" explain -C bad <m >out 2>err1
"$SIMSIFT" explain -C bad <m >out 2>err2
ok 'errors are told of' grep -q 'a.cf:3' err1
ok 'kept, too' cmp err1 err2

for i in 1 2 3 4 5 6 7 8 9; do
	mkdir "many$i"
	echo "required_score $i" >"many$i/a.cf"
done
settle
for i in 1 2 3 4 5 6 7 8 9; do
	"$SIMSIFT" check -C "many$i" <m
done
ok 'the folder does not grow' test "$(files)" -le 8

# Nowhere to keep it.
for home in relative /dev/null/x "$TMP/m"; do
	env -u XDG_CACHE_HOME HOME="$home" "$SIMSIFT" filter -C inc <m >out
	is "HOME=$home: filter is content" $? 0
done
env -u HOME -u XDG_CACHE_HOME "$SIMSIFT" filter -C inc <m >out
is 'no HOME: filter is content' $? 0
done_testing
