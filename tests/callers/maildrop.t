#!/bin/sh
# maildrop, with the filter files of filters/examples.
. "${0%/*}/lib.sh"
needs maildrop maildrop
table maildrop

# With a file named it reads no other, and needs no -d as root.
# shellcheck disable=SC2086 # `env -i', or nothing
deliver() {
	$bare maildrop "$TMP/filter"
}

recipe() { # example
	example "$1" >filter
	chmod 600 filter
}

recipe mailfilter
column filter
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'Quarantine: marked hold'
try none crlf 'inbox: cut'
try none from 'inbox: cut'
try judge-dies cut 'inbox: original'
try judge-babbles cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'exit 75'
try killed-writing cut 'exit 75'
try crashed-writing cut 'exit 75'
try output-fails cut 'exit 75'
try missing cut 'exit 75'
try no-memory-judging cut 'inbox: original'
try no-memory large 'exit 75'
try vault-full cut 'inbox: marked'
try rules-broken cut 'inbox: marked'
try rules-missing cut 'inbox: original'
try bare cut 'inbox: cut'
try no-home cut 'inbox: marked'
nasty_all '14 of 15: no-end'

failure none
empty_boxes
rm -r "$BOX/.Quarantine"
is 'a folder that is missing: nothing is filed where nobody looks' \
	"$(give held)" 'exit 75'

# Of an account for mail only, maildrop takes the shell, too.
if [ "$(id -u)" = 0 ]; then
	(
		recipe mailfilter
		cp filter own/filter
		deliver() {
			chown -R 65534:65534 own
			setpriv --reuid 65534 --regid 65534 --clear-groups \
				maildrop "$OWN/filter"
		}
		one_try cut >got
	)
	is 'a user without a login shell' "$(cat got)" 'inbox: cut'
fi

# As the comment there says: so the original is delivered.
rescue() {
	sed -i 's/^xfilter.*/exception {\n&\n}/' filter
}
rescue
column 'filter, exception'
try killed-judging cut 'inbox: original'
try killed-writing cut 'inbox: original'
try crashed-writing cut 'inbox: original'
try output-fails cut 'inbox: original'
try missing cut 'inbox: original'
try no-memory large 'inbox: original'

recipe mailfilter.check
column check
try none clean 'inbox: original'
try none cut 'Quarantine: original'
try none held 'Quarantine: original'
try none crlf 'Quarantine: original'
try none from 'Quarantine: original'
try judge-dies cut 'inbox: original'
try judge-babbles cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'inbox: original'
try missing cut 'inbox: original'
try no-memory-judging cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'Quarantine: original'
try rules-broken cut 'Quarantine: original'
try rules-missing cut 'inbox: original'
try bare cut 'Quarantine: original'
try no-home cut 'Quarantine: original'
nasty_all '14 of 15: no-end'

# Here it happens to a message that is to be held.
recipe mailfilter.hold
column hold
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'vault: original'
try none from 'inbox: cut'
try judge-dies held 'inbox: original'
try judge-hangs held 'inbox: original'
try killed-judging held 'exit 75'
try killed-storing held 'Quarantine: marked hold, vault: original'
try missing held 'exit 75'
try no-memory-judging held 'inbox: original'
try vault-full held 'Quarantine: marked hold'
try rules-broken held 'inbox: marked'
try rules-missing held 'inbox: original'
try bare held 'vault: original'
try no-home held 'Quarantine: marked hold'

# ---- its watchdog ----

# 300 seconds for all of it; here they go by a hundred times as fast.  The
# library is read by a program that has no s-bit, hence the copy.
cp "$(command -v maildrop)" bin/maildrop
chmod 755 bin/maildrop
# shellcheck disable=SC2317 # try calls it
deliver() {
	LD_PRELOAD=$TMP/bin/inject.so INJECT_CALL=alarm INJECT_N=1 \
		INJECT_ERRNO=100 INJECT_FIRED=$TMP/fired/1 \
		bin/maildrop "$TMP/filter"
}
for name in mailfilter mailfilter.check mailfilter.hold; do
	recipe $name
	case $name in
	*.check) column check ;;
	*.hold) column hold ;;
	*) column filter ;;
	esac
	try hangs cut 'exit 75'
	ok "$column: hangs: after 300 seconds" test -e fired/1
done
recipe mailfilter
rescue
column 'filter, exception'
try hangs cut 'exit 75'

table_done
done_testing
