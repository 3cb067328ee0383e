#!/bin/sh
# Who includes whom: a room only what the Makefile's SRC lists before it, so
# there is no way round in a circle; one room for each of the libraries.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

rooms=$(printf 'include Makefile\nprint-src:\n\t@echo %s(SRC)\n' '$' |
	make -s -f - print-src)
ok 'the Makefile lists the rooms' test -n "$rooms"
is 'each source is listed' "$(for f in src/*.c; do
	f=${f#src/}
	f=${f%.c}
	case " $rooms " in
	*" $f "*) ;;
	*) case $f in gen_*) ;; *) echo "$f" ;; esac ;;
	esac
done)" ''

# file: a C file or header.  limits.h is for all, X_table.h is generated for
# X; a header that is no room's own (X_private.h, X_tags.h) is for X and X_*.
offenders() {
	awk -v rooms="$rooms" '
	function base(f) {
		sub(/.*\//, "", f)
		sub(/\.[ch]$/, "", f)
		return f
	}
	function first(f) {
		sub(/_.*/, "", f)
		return f
	}
	BEGIN {
		n = split(rooms, list, " ")
		for (i = 1; i <= n; i++)
			place[list[i]] = i
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		me = base(FILENAME)
		split($0, part, "\"")
		it = base(part[2])
		if (me ~ /^gen_/)
			sub(/^gen_/, "", me)
		if (it == "limits" || it == me || it == me "_table")
			next
		if (it == "cmd") {
			if (me !~ /^cmd_/ && me != "main")
				print FILENAME ": " part[2]
		} else if (!(it in place)) {
			if (first(it) != first(me))
				print FILENAME ": " part[2]
		} else if (me == "cmd") {
			next # above all rooms but cmd_* and main
		} else if (!(me in place)) {
			if (place[it] > place[first(me)])
				print FILENAME ": " part[2]
		} else if (place[it] > place[me])
			print FILENAME ": " part[2]
	}' src/*.[ch]
}
is 'no room includes one that stands above it' "$(offenders)" ''

only() { # what, pattern of headers, the file
	is "$1 in one file only" \
		"$(grep -lE "^[ 	]*#[ 	]*include[ 	]*<$2" src/*.[ch])" "$3"
}
only pcre2.h 'pcre2' src/re.c
only libetpan 'libetpan/' src/mime_etpan.c
only 'zlib.h, bzlib.h, lzma.h, zstd.h' '(zlib|bzlib|lzma|zstd)\.h' \
	src/unpack.c
only seccomp.h 'seccomp\.h' src/gen_sandbox.c
is 'the vault sees bytes and reports, never MIME' \
	"$(grep -lE '"(mime|judge|view|match)[_a-z]*\.h"' src/vault*.[ch])" ''
is 'no header is without a guard' "$(grep -L '^#ifndef [A-Z_0-9]*_H$' src/*.h)" ''
is 'limits.h includes nothing' "$(grep '#include' src/limits.h)" ''
is 'edit.c includes buf, edit, message and limits at most' \
	"$(grep '#include "' src/edit.c |
		grep -v -e '"buf.h"' -e '"edit.h"' -e '"limits.h"' \
			-e '"message.h"')" ''
is 'mailboxes are bytes: nothing that parses mail' \
	"$(grep -HE '#include "(mime|decode|html|view|judge)' src/box*.[ch] \
		src/feed.[ch] src/unpack.[ch])" ''
done_testing
