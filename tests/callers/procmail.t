#!/bin/sh
# procmail, with the recipes of filters/examples.
. "${0%/*}/lib.sh"
needs procmail procmail
table procmail

# Nobody waits 30 seconds for what never ends.
# shellcheck disable=SC2086 # `env -i', or nothing
deliver() {
	case $failing in
	hangs) sed 's/^TIMEOUT=30/TIMEOUT=2/' rc ;;
	*) cat rc ;;
	esac >rc.now
	chmod 600 rc.now
	$bare procmail -m "$TMP/rc.now"
}

# With -m procmail reads the file given and no other; ORGMAIL is where it goes
# where all else fails.
recipe() { # example
	(
		echo "ORGMAIL=$TMP/orgmail"
		example "$1"
	) >rc
}

recipe procmailrc
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
try hangs cut 'exit 75'
try no-memory-judging cut 'inbox: original'
try no-memory large 'exit 75'
try vault-full cut 'inbox: marked'
try spool-full above 'exit 75'
try rules-broken cut 'inbox: marked'
try rules-missing cut 'inbox: original'
try bare cut 'inbox: cut'
try no-home cut 'inbox: marked'
nasty_all '15 of 15'

# As the comment there says: without :0e the original is delivered.
sed -i '/^:0e/,/HOST/d' rc
column 'filter, no :0e'
try killed-judging cut 'inbox: original'
try killed-writing cut 'inbox: original'
try crashed-writing cut 'inbox: original'
try output-fails cut 'inbox: original'
try missing cut 'inbox: original'
try hangs cut 'inbox: original'
try no-memory large 'inbox: original'

recipe procmailrc.check
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
try hangs cut 'inbox: original'
try no-memory-judging cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'Quarantine: original'
try rules-broken cut 'Quarantine: original'
try rules-missing cut 'inbox: original'
try bare cut 'Quarantine: original'
try no-home cut 'Quarantine: original'
nasty_all '15 of 15'

# Here it happens to a message that is to be held.
recipe procmailrc.hold
column hold
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'vault: original'
try none from 'inbox: cut'
try judge-dies held 'inbox: original'
try judge-hangs held 'inbox: original'
try killed-judging held 'exit 75'
try killed-storing held \
	'Quarantine: marked hold, vault: original'
try missing held 'exit 75'
try hangs held 'exit 75'
try no-memory-judging held 'inbox: original'
try vault-full held 'Quarantine: marked hold'
try rules-broken held 'inbox: marked'
try rules-missing held 'inbox: original'
try bare held 'vault: original'
try no-home held 'Quarantine: marked hold'

# ---- an mbox, and the envelope's line ----

recipe procmailrc
sed -i "s|^DEFAULT=.*|DEFAULT=$OWN/mbox|" rc
failure none
empty_boxes
deliver <"$MAIL/from" >said 2>&1
deliver <"$MAIL/from" >>said 2>&1
is 'mbox: the From_ line is the first, our field the second' \
	"$(head -n 2 own/mbox | cut -c 1-18)" "$(printf '%s\n' \
		'From ann@news.exam' 'X-Simsift: verdict')"
is 'mbox: two messages' "$(grep -c '^From ' own/mbox)" 2

table_done
done_testing
