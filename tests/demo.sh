#!/bin/sh
# demo.sh PROGRAM: the main job on a sample message; run from the source tree
# (make demo).
set -eu
PROGRAM=${1:?usage: demo.sh PROGRAM}
MAIL=tests/demo.eml
LC_ALL=C.UTF-8
TMP=$(mktemp -d)
XDG_DATA_HOME=$TMP # the vault of this run
export LC_ALL XDG_DATA_HOME
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM

# run 'title' command [option...]: the message comes on standard input.
run() {
	printf '\n%s\n$ %s %s -C filters < %s\n' "$1" "$PROGRAM" \
		"$(shift; echo "$*")" "$MAIL"
	shift
	"$PROGRAM" "$@" -C filters < "$MAIL" > "$TMP/$1"
}

indent() {
	sed 's/^./  &/' "$@"
}

# The texts of both messages, read by a program that is not ours.
compare() {
	python3 - "$1" "$2" <<'EOF'
import difflib, email, email.policy, sys

def texts(path):
    with open(path, "rb") as f:
        m = email.message_from_binary_file(f, policy=email.policy.default)
    parts = [p for p in m.walk() if not p.is_multipart()]
    names = [(k, v) for k, v in m.items()
             if k not in ("Subject", "X-Simsift", "X-Simsift-Token")]
    return ([m["Subject"]] + [p.get_content() for p in parts],
            (names, [p.items() for p in m.walk()][1:]))

(before, rest), (after, same) = texts(sys.argv[1]), texts(sys.argv[2])
gone = added = 0
for a, b in zip(before, after):
    for how, i, j, k, n in difflib.SequenceMatcher(
            None, a, b, autojunk=False).get_opcodes():
        if how != "equal":
            gone += j - i
            added += n - k
print(f"Python's email library, on both: title and two texts lost {gone} "
      f"of {sum(map(len, before))}\n"
      f"characters, {added} were added; other fields and parts are "
      f"{'the same' if rest == same else 'DIFFERENT'}")
sys.exit(added != 0 or rest != same)
EOF
}

cat <<EOF
The message: $MAIL, a forum post on how to move an eSIM to a new phone,
as text (base64) and as HTML.  A card shop has put its Telegram link into the
title, into one paragraph and, with a picture, below the last line.
EOF

run '1. What is it?' check -v
indent "$TMP/check"

run '2. Why? (the first hit only)' explain
awk -v RS= 'NR == 1 || (!/^__/ && !n++) { print (NR > 1 ? "\n" : "") $0 }' \
	"$TMP/explain" | indent

run '3. What goes? (- before, + after)' diff
indent "$TMP/diff"

run '4. Do it; these fields are added.' filter
awk '/^X-Simsift/ { on = 1; print; next } on && /^[ \t]/ { print; next }
	{ exit }' "$TMP/filter" > "$TMP/field"
indent "$TMP/field"
grep -q 'action=cut' "$TMP/field"

printf '\n5. And the rest?\n'
before=$(wc -c < "$MAIL")
field=$(wc -c < "$TMP/field")
after=$(($(wc -c < "$TMP/filter") - field))
{
	echo "bytes: $before before, $after after, and $field for the fields"
	if command -v python3 > /dev/null; then
		compare "$MAIL" "$TMP/filter"
	fi
	tail -c "$after" "$TMP/filter" > "$TMP/clean"
	"$PROGRAM" filter -C filters < "$TMP/clean" > "$TMP/again"
	cmp "$TMP/clean" "$TMP/again"
	echo "filtered again: not one byte changes"
} > "$TMP/rest"
indent "$TMP/rest"

printf '\n6. And if I want it back?\n$ %s restore -C filters < cut\n' "$PROGRAM"
"$PROGRAM" restore -C filters < "$TMP/filter" > "$TMP/back"
cmp "$MAIL" "$TMP/back"
echo "  the original, bit for bit"
