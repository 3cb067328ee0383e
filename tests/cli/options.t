#!/bin/sh
# Options: where they stand, what is wrong with them, what that leads to.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py

mkdir "$TMP/r"
cat >"$TMP/r/own.cf" <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
endif
END
cat >"$TMP/m" <<'END'
From: ann@news.example
Subject: Moving day

Ask the porter [TG @shop88] for the keys.
END
cat >"$TMP/clean" <<'END'
From: ann@news.example
Subject: Moving day

Ask the porter for the keys.
END

status() { # command...: its exit status; what it printed is in $TMP/out, err
	"$@" >"$TMP/out" 2>"$TMP/err"
	echo $?
}

passes() { # what arguments...: filter exits 0 and prints the message
	what=$1
	shift
	is "$what: 0" "$(status "$SIMSIFT" "$@" <"$TMP/clean")" 0
	ok "$what: the message" cmp -s "$TMP/out" "$TMP/clean"
}

passes 'filter, unknown option' filter -C "$TMP/r" --nonsense
passes 'filter, option of another command' filter -C "$TMP/r" --json
passes 'filter, argument' filter -C "$TMP/r" nonsense
passes 'filter, -C without a value' filter -C
passes 'filter, -c without a value' filter -C "$TMP/r" -c
passes 'filter, -C missing folder' filter -C "$TMP/nowhere"
passes 'filter, -c nonsense' filter -C "$TMP/r" -c 'nonsense nonsense ('
is 'filter, unknown option: rules still mark' \
	"$("$SIMSIFT" filter -C "$TMP/r" --nonsense <"$TMP/m" | head -c 24)" \
	'X-Simsift: verdict=promo'
is 'nothing on a standard error that is no terminal' \
	"$("$SIMSIFT" filter -C "$TMP/r" --nonsense <"$TMP/m" 2>&1 >/dev/null)" ''

# Words for a terminal.
said=$("$PTY" 2 "$SIMSIFT" filter -C "$TMP/r" --nonsense \
	<"$TMP/clean" 2>/dev/null)
ok 'filter says on a terminal what is wrong' \
	test "${said#simsift: *--nonsense}" != "$said"
said=$("$PTY" 2 "$SIMSIFT" filter -C "$TMP/nowhere" <"$TMP/clean" 2>/dev/null)
ok 'filter says that the folder is missing' test \
	"${said#simsift: "$TMP"/nowhere: *No such file or directory}" != "$said"
said=$("$PTY" 2 "$SIMSIFT" check -x <"$TMP/clean" 2>/dev/null)
ok 'check says it too' test "${said#simsift: *-x}" != "$said"
is 'filter with a terminal as input and a wrong option: 64' \
	"$(status "$PTY" 0 "$SIMSIFT" filter --nonsense)" 64

is 'check, unknown option: 75' "$(status "$SIMSIFT" check -x <"$TMP/m")" 75
is 'check, argument: 75' "$(status "$SIMSIFT" check nonsense <"$TMP/m")" 75
is 'check, -C without a value: 75' "$(status "$SIMSIFT" check -C <"$TMP/m")" 75
for c in explain diff scan rules; do
	is "$c, unknown option: 64" \
		"$(status "$SIMSIFT" $c --nonsense "$TMP/m")" 64
	ok "$c names the option" grep -q -e '^simsift: .*--nonsense' "$TMP/err"
done
is 'explain, two files: 64' \
	"$(status "$SIMSIFT" explain -C "$TMP/r" "$TMP/m" "$TMP/m")" 64
is 'explain, an option of another command: 64' \
	"$(status "$SIMSIFT" explain --header "$TMP/m")" 64
is 'scan without a path: 64' "$(status "$SIMSIFT" scan --json)" 64

for c in explain diff 'scan --json'; do
	# shellcheck disable=SC2086
	is "$c, no such file: 66" \
		"$(status "$SIMSIFT" $c -C "$TMP/r" "$TMP/nowhere")" 66
	ok "$c names the file" grep -q "$TMP/nowhere: No such file" "$TMP/err"
done
is 'explain, a folder: 66' \
	"$(status "$SIMSIFT" explain -C "$TMP/r" "$TMP")" 66
is 'explain, standard input by name' \
	"$(status "$SIMSIFT" explain -C "$TMP/r" - <"$TMP/m")" 0

is 'no command: 64' "$(status "$SIMSIFT" <"$TMP/m")" 64
ok 'usage' grep -q '^usage: simsift COMMAND' "$TMP/err"
is 'unknown command: 64' "$(status "$SIMSIFT" sieve <"$TMP/m")" 64
ok 'it is named' grep -q '^simsift: .*sieve' "$TMP/err"
is 'one line, and where to look' "$(cat "$TMP/err")" \
	'simsift: sieve: no such command (see simsift --help)'
for c in filtr fitler listt; do
	status "$SIMSIFT" $c >"$TMP/rc"
	ok "$c: the near one" grep -q 'no such command; [a-z]*? (see' "$TMP/err"
done
is 'an unknown option: one line' "$(status "$SIMSIFT" list --heldd) $(
	cat "$TMP/err")" \
	'64 simsift: --heldd: no such option; --held? (see simsift list --help)'
is '-h' "$("$SIMSIFT" -h)" "$("$SIMSIFT" --help)"
is 'no line of it is longer than 80' "$("$SIMSIFT" -h | awk 'length > 80')" ''
"$SIMSIFT" purge -h >"$TMP/out"
is 'purge -h: its own options' "$(sed -n 's/^  \(-[-a-zA-Z]*\).*/\1/p' "$TMP/out" |
	tr '\n' ' ')" '-C -c -V --older-than --yes -q -v '
is 'an option of another command before it' "$(status "$SIMSIFT" --json \
	purge --older-than 30d)" 64
passes 'filter, option of another command before it' --json filter -C "$TMP/r"
said=$("$PTY" 2 "$SIMSIFT" --json filter -C "$TMP/r" <"$TMP/clean" 2>/dev/null)
ok 'it says so' test "${said#simsift: *--json: no option}" != "$said"
is '--name=value' "$(status "$SIMSIFT" scan -C "$TMP/r" --type=file -j2 \
	"$TMP/m")" 0
is '--name=value, a wrong one' "$(status "$SIMSIFT" scan -C "$TMP/r" \
	--type=nothing "$TMP/m")" 64
is 'a flag with a value' "$(status "$SIMSIFT" scan -C "$TMP/r" --json=1 \
	"$TMP/m")" 64
is '--tree --json' "$(status "$SIMSIFT" explain -C "$TMP/r" --tree --json \
	"$TMP/m")" 64
is '--version: 0' "$(status "$SIMSIFT" --version)" 0
ok '--version' grep -Eq '^simsift [0-9.]+ \(PCRE2 .*sandbox:.*\)$' "$TMP/out"
is '--help: 0' "$(status "$SIMSIFT" --help)" 0
for c in filter check explain diff scan rules; do
	ok "--help names $c" grep -q "^  $c " "$TMP/out"
done
is '--help after a command: 0' "$(status "$SIMSIFT" filter --help </dev/null)" 0

# Before and after the command; -c and -C; --; the later -C counts.
is 'options before' "$(status "$SIMSIFT" -C "$TMP/r" -q check <"$TMP/m")" 0
is 'options after' "$(status "$SIMSIFT" check -q -C "$TMP/r" <"$TMP/m")" 0
is 'on both sides' \
	"$(status "$SIMSIFT" -q check -C "$TMP/r" <"$TMP/m")" 0
is '-c' "$(status "$SIMSIFT" check -C "$TMP/r" -c 'score TOKEN 1' \
	<"$TMP/m")" 1
is 'two -c, the later counts' "$(status "$SIMSIFT" -c 'score TOKEN 1' \
	check -C "$TMP/r" -c 'required_score 0.5' <"$TMP/m")" 0
is '-c is a whole rule' "$(status "$SIMSIFT" check -C "$TMP/r" \
	-c 'body KEYS /for the keys/' -c 'score KEYS 9' <"$TMP/clean")" 0
"$SIMSIFT" check -v -C "$TMP/r" -c 'action promo hold' <"$TMP/m" >"$TMP/out"
ok '-c is inside ifplugin Simsift' grep -q 'action=hold' "$TMP/out"
cp "$TMP/m" "$TMP/--json"
is '-- ends the options' "$(cd "$TMP" &&
	"$SIMSIFT" explain -C r -- --json | head -n 1)" \
	'verdict  promo (promo.telegram)'

# --header
"$SIMSIFT" filter -C "$TMP/r" <"$TMP/clean" >"$TMP/out"
ok 'clean mail gets no field' cmp -s "$TMP/out" "$TMP/clean"
"$SIMSIFT" filter --header -C "$TMP/r" <"$TMP/clean" >"$TMP/out"
is '--header: clean mail gets one' "$(head -n 1 "$TMP/out" |
	sed 's/id=[0-9a-z]*$/id=x/')" \
	'X-Simsift: verdict=clean; action=pass; score=0.0/5.0; id=x'
tail -n +2 "$TMP/out" >"$TMP/rest"
ok '--header: the rest as it was' cmp -s "$TMP/rest" "$TMP/clean"
done_testing
