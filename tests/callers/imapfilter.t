#!/bin/sh
# imapfilter with the configuration of the examples, on a Dovecot of our own.
# shellcheck disable=SC2317,SC2119 # called by lib.sh
. "${0%/*}/lib.sh"
needs imapfilter imapfilter
needs dovecot-imapd dovecot
. "$CALLERS/servers.sh"
. "$CALLERS/dovecot.sh"
table imapfilter
column check
export SSL_CERT_DIR=/nowhere

# Mail is there already; then the user starts imapfilter.
deliver() {
	cat >"$BOX/new/1.M1P1.here"
	chown "$WHO" "$BOX/new/1.M1P1.here"
	timeout 60 imapfilter -c "$TMP/config.lua"
}
dovecot_starts || done_testing
example imapfilter.lua | sed -e "s/server = 'imap.example'/server = '127.0.0.1', \
port = $IMAP, password = 'secret'/" -e "s/, ssl = 'auto'//" \
	-e 's/timeout 30/timeout 2/' >config.lua

try none clean 'inbox: original'
is 'it is still unread' "$(ls "$BOX/cur")" "$(cd "$BOX/cur" && find . ! -name '*,*S*' -type f | sed 's|./||')"
try none cut 'Quarantine: original'
try none held 'Quarantine: original'
try judge-dies cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'inbox: original'
try missing cut 'inbox: original'
is 'a large one does not end imapfilter' \
	"$(failure missing && one_try large)" 'inbox: original'
try hangs cut 'inbox: original'
try no-memory-judging cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'Quarantine: original'
try rules-broken cut 'Quarantine: original'
try rules-missing cut 'inbox: original'
try bare cut 'Quarantine: original'
try no-home cut 'Quarantine: original'

# What was judged is not fetched again; what was not is, the next time.
failure missing
one_try cut >/dev/null
failure none
timeout 60 imapfilter -c "$TMP/config.lua" >said 2>&1
is 'after trouble: the next run' \
	"$(python3 "$CALLERS/landed.py" 0 "$MAIL/cut" "$BOX" "$VAULT")" \
	'Quarantine: original'
one_try clean >/dev/null
timeout 60 imapfilter -c "$TMP/config.lua" >said 2>&1
is 'once judged, it is not fetched again' "$(grep -ci fetched said)" 0
table_done
done_testing
