# For the tests with real callers: . "${0%/*}/lib.sh"
#
#	needs PACKAGE PROGRAM...	without it there is no test: with CI=true a
#				failure, else a skip that names the way out
#	table CALLER		its section in README.md
#	column NAME		its column that is filled from now on
#	deliver()		made by the test: the real caller is given the
#				message on standard input; its exit is what counts.
#				It delivers into $BOX (a Maildir) and folders below
#	failure NAME		the $PROGRAM does that from now on; see there
#	try NAME MESSAGE WANT	that failure, one message, what becomes of it; a
#				row of the table
#	one_try MESSAGE		the same without failure and row: prints it
#	nasty_all WANT		15 messages: how many arrive byte for byte
#	table_done		the committed table says what the run gave
#
# WANT is `inbox: cut', `Quarantine: original', `exit 75'...: see landed.py.
# $PROGRAM stands where the examples have /usr/local/bin/simsift; `example
# FILE' prints one with it, and $BOX for the mailbox.
# Messages are in $MAIL: clean cut held large above, cut.want held.want...
# shellcheck disable=SC1091 # it is there
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1
CALLERS=$TOP/tests/callers
ROWS=$B/callers
MAIL=$TMP/mail
BOX=$TMP/Maildir
PROGRAM=$TMP/bin/simsift
VAULT=$TMP/vault
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

mkdir -p rules broken bin mail hangs "$ROWS"
chmod 755 "$TMP"
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
	run="exec '$SIMSIFT' \"\$@\" -C '$TMP/rules' -V '$VAULT'"
	inject="export LD_PRELOAD='$B/inject.so' INJECT_FIRED='$TMP/fired'"
	faults="exec '$B/simsift-faults' \"\$@\" -C '$TMP/rules' -V '$VAULT'"
	rm -f fired
	case $1 in
	none) ;;
	judge-dies) run="export SIMSIFT_CHILD=crash; $faults" ;;
	judge-hangs) run="export SIMSIFT_CHILD=hang
		$faults -c 'limit_time 300'" ;;
	# A child beside the one that kills: it is judging.
	killed-judging) run="export SIMSIFT_CHILD=hang
		(while read -r a b </proc/\$\$/task/\$\$/children; [ \"\$a\" ]; do
			[ \"\$b\" ] && : >'$TMP/fired' && exec kill -9 \$\$
		done) </dev/null >/dev/null 2>&1 &
		$faults -c 'limit_time 60000'" ;;
	# Half of the result, then the signal.
	killed-writing) run="$inject INJECT_CALL=stdout INJECT_N=1 INJECT_ERRNO=-9
		$run" ;;
	crashed-writing) run="$inject INJECT_CALL=stdout INJECT_N=1 INJECT_ERRNO=-11
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
	no-memory) run="ulimit -v 8000; $run" ;;
	vault-full)
		full_disk
		run="exec '$SIMSIFT' \"\$@\" -C '$TMP/rules' -V '$TMP/full/vault'"
		[ "$MOUNTED" ] || run="$inject INJECT_CALL=write INJECT_N=1
		export INJECT_ERRNO=28; $run" ;;
	rules-broken) run="exec '$SIMSIFT' \"\$@\" -C '$TMP/broken' -V '$VAULT'" ;;
	rules-missing) run="exec '$SIMSIFT' \"\$@\" -C '$TMP/none' -V '$VAULT'" ;;
	# What nothing was handed on to.
	bare) run="unset HOME PATH LANG LC_ALL XDG_DATA_HOME XDG_CONFIG_HOME
		$run" ;;
	no-home) run="unset HOME XDG_DATA_HOME
		exec '$SIMSIFT' \"\$@\" -C '$TMP/rules'" ;;
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

# Nothing is called by this name but what hangs.
cp "$(command -v sleep)" bin/simsift-hangs
rm -rf "$VAULT"

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

# Prints what `try' compares.  deliver's words go to the file `said'.
one_try() { # message
	empty_boxes
	deliver <"$MAIL/$1" >said 2>&1
	exit=$?
	python3 "$CALLERS/landed.py" "$exit" "$MAIL/$1" "$BOX" "$VAULT"
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
		ok "$column: $row: it did happen" test -e fired
		;;
	esac
}

nasty_all() { # want: "15 of 15", or "13 of 15: NAME NAME", those that are not
	failure none
	all=0 same=0 other=
	for m in "$MAIL"/nasty/*; do
		all=$((all + 1))
		name=nasty/${m##*/}
		if [ "$(one_try "$name")" = 'inbox: original' ]; then
			same=$((same + 1))
		else
			other="$other ${m##*/}"
		fi
	done
	got="$same of $all${other:+:$other}"
	cell nasty "$got"
	is "$column: byte for byte" "$got" "$1"
}

table_done() {
	is "README.md says of $table what was found (table.sh write)" \
		"$(sh "$CALLERS/table.sh" committed "$table")" \
		"$(sh "$CALLERS/table.sh" print "$table")"
}
