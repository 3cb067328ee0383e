#!/bin/sh
# fdm, with the configurations of filters/examples.
. "${0%/*}/lib.sh"
needs fdm fdm
table fdm
kept='stays where it was'

# As root it changes to other users; so somebody else runs it here.
as=
[ "$(id -u)" != 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups'

# The message waits where mail is fetched from.
deliver() {
	rm -rf own/Incoming
	maildir own/Incoming
	cat >own/Incoming/new/1.a.b
	run -a incoming
	[ -z "$(find own/Incoming -name '1.a.b*')" ]
}

# Nothing ends what hangs but us.
# shellcheck disable=SC2086 # words
run() { # account
	case $failing in
	hangs) end=3 ;;
	*) end=60 ;;
	esac
	[ -z "$as" ] || chown -R 65534:65534 own
	$as ${bare:-env} timeout $end fdm -f "$OWN/fdm.conf" "$@" fetch
}

recipe() { # example
	(
		echo "set lock-file \"$OWN/lock\""
		example "$1" | sed "s|%h|$OWN|"
	) >own/fdm.conf
	chmod 600 own/fdm.conf
}

recipe fdm.conf
column filter
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'Quarantine: marked hold'
try none crlf 'inbox: cut (LF)'
try none from 'inbox: cut'
try judge-dies cut 'inbox: original'
try judge-babbles cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut "$kept"
try killed-writing cut "$kept"
try crashed-writing cut "$kept"
try output-fails cut "$kept"
try missing cut "$kept"
try hangs cut "$kept"
try no-memory-judging cut 'inbox: original'
try no-memory large "$kept"
try vault-full cut 'inbox: marked'
try rules-broken cut 'inbox: marked'
try rules-missing cut 'inbox: original'
try bare cut 'inbox: cut'
try no-home cut 'inbox: marked'
nasty_all '11 of 15: bare-cr mixed-ends no-end nul'

recipe fdm.conf.check
column check
try none clean 'inbox: original'
try none cut 'Quarantine: original'
try none held 'Quarantine: original'
try judge-dies cut 'inbox: original'
try judge-babbles cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'inbox: original'
try missing cut 'inbox: original'
try hangs cut "$kept"
try no-memory-judging cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'Quarantine: original'
try rules-broken cut 'Quarantine: original'
try rules-missing cut 'inbox: original'
try bare cut 'Quarantine: original'
try no-home cut 'Quarantine: original'

# Here it happens to a message that is to be held.
recipe fdm.conf.hold
column hold
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'vault: original'
try judge-dies held 'inbox: original'
try judge-hangs held 'inbox: original'
try killed-judging held "$kept"
try killed-storing held 'Quarantine: marked hold, vault: original'
try missing held "$kept"
try hangs held "$kept"
try no-memory-judging held 'inbox: original'
try vault-full held 'Quarantine: marked hold'
try rules-broken held 'inbox: marked'
try rules-missing held 'inbox: original'
try bare held 'vault: original'
try no-home held 'Quarantine: marked hold'

# Why the mail system must not deliver through it, as the comment there says.
recipe fdm.conf
sed -i 's/^account .*/account "stdin" stdin/' own/fdm.conf
# shellcheck disable=SC2317 # try calls it
deliver() {
	run -a stdin
}
column 'filter, stdin'
try none cut 'inbox: cut'
try killed-writing cut LOST
try output-fails cut LOST
try missing cut LOST

table_done
done_testing
