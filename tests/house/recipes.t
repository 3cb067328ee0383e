#!/bin/sh
# A recipe that is printed somewhere is the one that is tried with the real
# program (tests/callers): that of filters/examples, without its comments.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

cat >"$TMP/printed.py" <<'END'
"""FILE EXAMPLE [WHERE IT BEGINS]: nothing, or what is not printed there."""
import sys


def lines(path):
    with open(path) as f:
        text = f.read()
    if path.endswith(".1"):
        text = text.replace("\\&", "").replace("\\e", "\\")
    kept = [line.strip() for line in text.split("\n")]
    return "\n".join(k for k in kept if k and k[0] != "#") + "\n"


recipe = lines("filters/examples/" + sys.argv[2])
if len(sys.argv) > 3:
    recipe = recipe[recipe.index(sys.argv[3]):]
if recipe not in lines(sys.argv[1]):
    print(recipe)
END
printed() { # file example [where it begins]
	is "$1 has $2${3:+ from $3 on}" "$(python3 "$TMP/printed.py" "$@")" ''
}
printed src/simsift.1 procmailrc
printed src/simsift.1 procmailrc.check :0HBr
printed src/simsift.1 mailfilter
printed src/simsift.1 fdm.conf
printed README.md procmailrc :0fwr
printed INSTALL procmailrc :0fwr
printed src/simsift.1 dovecot.conf
printed src/simsift.1 dovecot.sieve
printed src/simsift.1 neomuttrc ignore
printed src/simsift-vault.7 dovecot.sieve.hold
printed INSTALL dovecot.conf
printed INSTALL dovecot.sieve
done_testing
