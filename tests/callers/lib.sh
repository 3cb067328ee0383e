# For the tests with real callers: . "${0%/*}/lib.sh"
#
#	needs PACKAGE PROGRAM...	without it there is no test: with CI=true a
#				failure, else a skip that names the way out
#	table CALLER		its section in README.md
#	column NAME		its column that is filled from now on
#	deliver()		made by the test: `$bare CALLER' is given the message
#				on standard input, and its exit counts.  It delivers
#				into $BOX (a Maildir) and folders below.  $failing is
#				the failure, $kept are words for `exit N'
#	failure NAME		the $PROGRAM does that from now on; see there
#	try NAME MESSAGE WANT	that failure, one message, what becomes of it; a
#				row of the table; what is not delivered is tried
#				again, and is there once
#	one_try MESSAGE		the same without a row: prints it
#	nasty_all WANT		15 messages: how many arrive byte for byte
#	table_done		the committed table says what the run gave
#
# WANT is `inbox: cut', `Quarantine: original', `exit 75'...: see landed.py.
# $PROGRAM stands where the examples have /usr/local/bin/simsift; `example
# FILE' prints one with it, and $BOX for the mailbox.
# Messages are in $MAIL; mail.py tells of them.
# shellcheck disable=SC1091 # it is there
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1
CALLERS=$TOP/tests/callers
ROWS=$B/callers
MAIL=$TMP/mail
OWN=$TMP/own # theirs, where a caller runs as somebody else
BOX=$OWN/Maildir
VAULT=$OWN/vault
PROGRAM=$TMP/bin/simsift
MOUNTED=

needs() { # package program...
	package=$1
	shift
	for program; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null &&
			continue
		skip "$program" "it is not installed ($package): make deps-callers"
		done_testing
	done
}

# The sanitizers want no LD_PRELOAD and terabytes of addresses.
if [ "${ASAN:-}" = 1 ]; then
	echo '1..0 # SKIP callers are tried with the program as it is shipped'
	exit 0
fi

clean_up() {
	[ -z "$MOUNTED" ] || umount "$MOUNTED"
	# What hangs has written its own number.
	for pid in "$TMP"/hangs/*; do
		pid=${pid##*/}
		case $(readlink "/proc/$pid/exe") in
		"$TMP/bin/simsift-hangs") kill -9 "$pid" ;;
		esac
	done
	chmod -R u+rwx "$TMP" 2>/dev/null
	rm -rf "$TMP"
}
trap clean_up EXIT

# ---- rules and messages ----

mkdir -p rules broken bin mail own hangs fired "$ROWS"
chmod 755 "$TMP"
chmod 777 hangs fired
# Where everybody may read it; and nothing is called so but what hangs.
cp "$SIMSIFT" bin/real
cp "$B/simsift-faults" bin/faults
cp "$B/inject.so" bin
cp "$(command -v sleep)" bin/simsift-hangs
cat >rules/own.cf <<'RULES'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
body SHOP /^Whole sale of cards/
score SHOP 6
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
category SHOP promo.shop
action promo.shop hold
endif
RULES
cp rules/own.cf broken
echo 'body WRONG /(/' >>broken/own.cf

python3 "$CALLERS/mail.py" "$MAIL"

example() { # file in filters/examples
	sed -e "s|/usr/local/bin/simsift|$PROGRAM|g" \
		-e "s|\$HOME/Maildir|$BOX|g" -e "s|~/Maildir|$BOX|g" \
		"$TOP/filters/examples/$1"
}

# ---- failures ----

# One script in the place of the program.  It needs no PATH.  The large message
# goes with those of them that need one.
failure() { # name
	run="exec '$TMP/bin/real' \"\$@\" -C '$TMP/rules' -V '$VAULT'"
	inject="export LD_PRELOAD='$TMP/bin/inject.so' INJECT_FIRED='$TMP/fired/1'"
	faults="exec '$TMP/bin/faults' \"\$@\" -C '$TMP/rules' -V '$VAULT'"
	rm -f fired/1
	failing=$1 bare=
	case $1 in
	none) ;;
	judge-dies) run="export SIMSIFT_CHILD=crash; $faults" ;;
	judge-babbles) run="export SIMSIFT_CHILD=garbage; $faults" ;;
	judge-hangs) run="export SIMSIFT_CHILD=hang
		$faults -c 'limit_time 300'" ;;
	# A child beside the one that kills: it is judging.
	killed-judging) run="export SIMSIFT_CHILD=hang
		(while read -r a b </proc/\$\$/task/\$\$/children; [ \"\$a\" ]; do
			[ \"\$b\" ] && : >'$TMP/fired/1' && exec kill -9 \$\$
		done) </dev/null >/dev/null 2>&1 &
		$faults -c 'limit_time 60000'" ;;
	# Half of the result, then the signal.
	killed-writing) run="$inject INJECT_CALL=stdout INJECT_N=1 INJECT_ERRNO=-9
		$run" ;;
	crashed-writing) run="$inject INJECT_CALL=stdout INJECT_N=1 INJECT_ERRNO=-11
		$run" ;;
	# It is in the vault, and nobody is told.
	killed-storing) run="$inject INJECT_CALL=renameat INJECT_N=1 INJECT_ERRNO=-9
		$run" ;;
	output-fails) run="$inject INJECT_CALL=stdout INJECT_N=1 INJECT_ERRNO=28
		$run" ;;
	missing)
		rm -f "$PROGRAM"
		return
		;;
	hangs) run="echo \$\$ >'$TMP/hangs/'\$\$
		exec '$TMP/bin/simsift-hangs' 600" ;;
	no-memory-judging) run="$inject INJECT_CALL=malloc INJECT_N=1
		export INJECT_ERRNO=12; $run" ;;
	no-memory) run="ulimit -v 7000; $run" ;;
	vault-full)
		full_disk
		run="exec '$TMP/bin/real' \"\$@\" -C '$TMP/rules' -V '$TMP/full/vault'"
		[ "$MOUNTED" ] || run="$inject INJECT_CALL=create INJECT_N=1
		export INJECT_ERRNO=28; $run" ;;
	# A message that is too large for memory goes into a file.
	spool-full)
		full_disk
		run="export TMPDIR='$TMP/full'; $run"
		[ "$MOUNTED" ] || run="ulimit -f 1000; $run"
		;;
	rules-broken) run="exec '$TMP/bin/real' \"\$@\" -C '$TMP/broken' -V '$VAULT'" ;;
	rules-missing) run="exec '$TMP/bin/real' \"\$@\" -C '$TMP/none' -V '$VAULT'" ;;
	# What nothing was handed on to.
	bare)
		bare='env -i'
		run="unset HOME PATH LANG LC_ALL XDG_DATA_HOME XDG_CONFIG_HOME
		$run"
		;;
	no-home) run="unset HOME XDG_DATA_HOME
		exec '$TMP/bin/real' \"\$@\" -C '$TMP/rules'" ;;
	*)
		echo "no such failure: $1" >&2
		exit 1
		;;
	esac
	printf '#!/bin/sh\n%s\n' "$run" >"$PROGRAM"
	chmod 755 "$PROGRAM"
}

full_disk() {
	[ ! -d full ] || return 0
	mkdir full
	if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=16k none full \
		2>/dev/null; then
		MOUNTED=$TMP/full
		chmod 777 full
		head -c 16384 /dev/zero >full/fill 2>/dev/null
	fi
}

# ---- what becomes of a message ----

empty_boxes() {
	rm -rf "$BOX" "$VAULT"
	maildir "$BOX"
	maildir "$BOX/.Quarantine"
}

maildir() {
	mkdir -p "$1/new" "$1/cur" "$1/tmp"
	chmod 700 "$1" "$1"/*
}

table() { # caller: its section of README.md
	table=$1
	file=$ROWS/$1.tsv
	: >"$file"
}

column() { # which of its recipes
	column=$1
}

cell() { # failure what: a row; `what' as landed.py prints it
	printf '%s\t%s\t%s\n' "$1" "$column" "$2" >>"$file"
}

# deliver's words go to the file `said'.
give() { # message
	deliver <"$MAIL/$1" >said 2>&1
	exit=$?
	[ "$exit" = 0 ] || exit=${kept:-exit $exit}
	python3 "$CALLERS/landed.py" "$exit" "$MAIL/$1" "$BOX" "$VAULT"
}

one_try() { # message: prints what `try' compares
	empty_boxes
	give "$1"
}

try() { # failure message want; the row has its name from failure and message
	failure "$1"
	got=$(one_try "$2")
	case $1 in
	none) row=$2 ;;
	*) row=$1 ;;
	esac
	cell "$row" "$got"
	is "$column: $row" "$got" "$3"
	[ "$got" = "$3" ] || sed 's/^/# said: /' said
	case $1 in
	killed-* | crashed-* | no-memory-judging | output-fails)
		ok "$column: $row: it did happen" test -e fired/1
		;;
	esac
	case $got in
	"${kept:-exit}"*)
		failure none
		got=$(give "$2")
		case $got in
		*LOST* | *TWICE* | *damaged* | "${kept:-exit}"*) ;;
		*) got=once ;;
		esac
		is "$column: $row: then it is tried again" "$got" once
		;;
	esac
}

nasty_all() { # want: "15 of 15", or "13 of 15: NAME NAME", those that are not
	failure none
	empty_boxes
	for m in "$MAIL"/nasty/*; do
		deliver <"$m" >said 2>&1 || cat said
	done
	got=$(python3 "$CALLERS/landed.py" all "$MAIL/nasty" "$BOX")
	cell nasty "$got"
	is "$column: byte for byte" "$got" "$1"
}

table_done() {
	is "README.md says of $table what was found (table.sh write)" \
		"$(sh "$CALLERS/table.sh" committed "$table")" \
		"$(sh "$CALLERS/table.sh" print "$table")"
}
