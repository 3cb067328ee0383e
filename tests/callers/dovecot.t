#!/bin/sh
# Dovecot's LMTP server and dovecot-lda with Sieve, as the examples set them up.
# shellcheck disable=SC2317,SC2119 # called by servers.sh and lib.sh
. "${0%/*}/lib.sh"
needs dovecot-lmtpd dovecot
needs dovecot-sieve sieve-test
table Dovecot
. "$CALLERS/servers.sh"
. "$CALLERS/dovecot.sh"
dovecot_starts || done_testing

without() {
	script
	deliver
	script dovecot.sieve
}

lmtp() {
	column "$1, LMTP"
	deliver() {
		post lmtp "$LMTP"
	}
}

lda() {
	column "$1, LDA"
	deliver() {
		dovecot-lda -c "$TMP/dovecot.conf" -d me -f ann@news.example
	}
}

# What becomes of each message.
filter_row() {
	script dovecot.sieve
	try none clean 'inbox: original'
	try none cut 'inbox: cut'
	try none held 'Quarantine: marked hold'
	try judge-dies cut 'inbox: original'
	try judge-hangs cut 'inbox: original'
	try killed-judging cut 'inbox: original'
	try killed-writing cut 'inbox: original'
	try crashed-writing cut 'inbox: original'
	try output-fails cut 'inbox: original'
	try missing cut 'inbox: original'
	try no-memory-judging cut 'inbox: original'
	try no-memory large 'inbox: original'
	try vault-full cut 'inbox: marked'
	try rules-broken cut 'inbox: marked'
	try rules-missing cut 'inbox: original'
	try bare cut 'inbox: cut'
	try no-home cut 'inbox: marked'
}
# The script sorts, and changes nothing.
check_row() {
	script dovecot.sieve.check
	try none clean 'inbox: original'
	try none cut 'Quarantine: original'
	try none held 'Quarantine: original'
	try judge-dies cut 'inbox: original'
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
}

# The same with a message that is to be held.
hold_row() {
	script dovecot.sieve.hold
	try none clean 'inbox: original'
	try none cut 'inbox: cut'
	try none held 'vault: original'
	try judge-dies held 'inbox: original'
	try judge-hangs held 'inbox: original'
	try killed-judging held 'inbox: original'
	try killed-storing held 'Quarantine: marked hold, vault: original'
	try missing held 'inbox: original'
	try no-memory-judging held 'inbox: original'
	try no-memory large 'inbox: original'
	try vault-full held 'Quarantine: marked hold'
	try rules-broken held 'inbox: marked'
	try rules-missing held 'inbox: original'
	try bare held 'vault: original'
	try no-home held 'Quarantine: marked hold'
}

lmtp filter
filter_row
nasty_against '15 of 15'

# dovecot-lda is another program round the same plugin.
lda filter
script dovecot.sieve
try none clean 'inbox: original'
try none cut 'inbox: cut'
try none held 'Quarantine: marked hold'
try judge-hangs cut 'inbox: original'
try killed-writing cut 'inbox: original'
try output-fails cut 'inbox: original'
try missing cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'inbox: marked'
try bare cut 'inbox: cut'
nasty_against '15 of 15'

lmtp check
check_row
lmtp hold
hold_row

# ---- the vault ----
# Sieve hands over CRLF; that is what comes back.
script dovecot.sieve
failure none
one_try crlf >/dev/null
cat "$BOX"/new/* >got
as_who "$SIMSIFT" restore -V "$VAULT" -C rules <got >restored
# Behind what LMTP puts on top.
sed '1,/^	for /d' restored >sent
ok 'the original comes back with CRLF' cmp sent "$MAIL/crlf"
# The envelope of what is held, for release.
script dovecot.sieve.hold
one_try held >/dev/null
is 'the envelope is known' \
	"$(sed -n 's/^X-Simsift-Vault-Envelope: //p' "$VAULT"/new/* | tr -d '\r')" \
	'<ann@news.example> <me@here.example>'

# ---- as INSTALL says: the script, tried on a message in a file ----
if [ "$(id -u)" = 0 ]; then
	set -- -o mail_uid="$WHO" -o mail_gid="$GROUP"
else
	set --
fi
tried() { # message
	sieve-test -c "$TMP/dovecot.conf" "$@" -t - -T level=matching \
		"$SIEVE" "$MAIL/$m" 2>&1 | grep 'store message in folder'
}
script dovecot.sieve
m=clean
is 'sieve-test, clean' "$(tried "$@")" ' * store message in folder: INBOX'
m=held
is 'sieve-test, held' "$(tried "$@")" ' * store message in folder: Quarantine'

# ---- what hangs costs the delivery, not the mail ----
dovecot_starts 1
lmtp filter
script dovecot.sieve
try hangs cut 'exit 75'
lda filter
try hangs cut 'exit 134'
lmtp check
script dovecot.sieve.check
try hangs cut 'inbox: original'
lmtp hold
script dovecot.sieve.hold
try hangs held 'exit 75'
table_done
done_testing
