#!/bin/sh
# procmail, with the recipes of filters/examples.
. "${0%/*}/lib.sh"
needs procmail procmail
table procmail

deliver() {
	procmail -m "$TMP/rc"
}

# With -m procmail reads the file given and no other; ORGMAIL is where it goes
# where all else fails.
recipe() { # example
	(
		echo "ORGMAIL=$TMP/orgmail"
		example "$1" | sed 's/^TIMEOUT=30/TIMEOUT=2/'
	) >rc
	chmod 600 rc
}

recipe procmailrc
column filter
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'Quarantine: marked hold'
try judge-dies cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'exit 75'
try killed-writing cut 'exit 75'
try crashed-writing cut 'exit 75'
try output-fails cut 'exit 75'
try missing cut 'exit 75'
try hangs cut 'exit 75'
try no-memory-judging cut 'inbox: original'
try no-memory large 'exit 75'
try vault-full cut 'inbox: marked'
try rules-broken cut 'inbox: marked'
try rules-missing cut 'inbox: original'
try bare cut 'inbox: cut'
try no-home cut 'inbox: marked'
try none crlf 'inbox: cut'
nasty_all '15 of 15'
table_done
done_testing
