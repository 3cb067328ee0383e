#!/bin/sh
# aerc with the keys and the filter of the examples.
. "${0%/*}/lib.sh"
needs aerc aerc
XDG_CONFIG_HOME=$TMP/config
XDG_DATA_HOME=$TMP/data XDG_CACHE_HOME=$TMP/cache XDG_RUNTIME_DIR=$TMP/run
export XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
export TERM=xterm
mkdir -p config/aerc run box/INBOX/cur box/INBOX/new box/INBOX/tmp
chmod 700 run

cat >config/aerc/accounts.conf <<CONF
[me]
source = maildir://$TMP/box
from = Me <me@here.example>
default = INBOX
CONF
chmod 600 config/aerc/accounts.conf
(
	example aerc.conf
	printf '[viewer]\npager = tee %s/shown\n' "$TMP"
) >config/aerc/aerc.conf
# The program's words are kept in a file.
cat >bin/kept <<'KEPT'
#!/bin/sh
exec "${0%/*}/simsift" "$@" >"${0%/bin/*}/explained"
KEPT
chmod +x bin/kept
example aerc.binds.conf | sed -e "s|$PROGRAM|$TMP/bin/kept|" \
	-e 's/^\[messages\]/&\nv = :view<Enter>\nQ = :quit<Enter>/' \
	-e 's/^\[view\]/&\nQ = :quit<Enter>/' >config/aerc/binds.conf

message=box/INBOX/cur/1.M1.here:2,S
put() {
	cat >$message
	cksum $message >before
}

keys() { # what [text keys]...
	label=$1
	shift
	rm -f shown explained
	ok "$label: aerc does it" python3 "$CALLERS/keys.py" screen "$@" -- aerc
	is "$label: the message is as it was" "$(cksum $message)" "$(cat before)"
}

failure none
put <<'END'
From: Ann <ann@news.example>
Date: Mon, 2 Nov 2026 10:11:12 +0000
Message-ID: <1@news.example>
Subject: Moving
MIME-Version: 1.0
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Die B=FCros ziehen um,
ask [TG =40shop88] for the keys.

The garden is open in the afternoon.
The garden is open in the morning.
END
keys 'view' Moving v "$TMP/shown" Q
is 'the promotion is not shown' "$(cat shown)" "Die Büros ziehen um,
ask for the keys.

The garden is open in the afternoon.
The garden is open in the morning."
ok 'no vault is made' test ! -e "$VAULT"
for where in list view; do
	set -- Moving E
	[ $where = list ] || set -- Moving v "$TMP/shown" E
	keys "explain in the $where" "$@" "$TMP/explained" Q
	ok "explain in the $where: it is given the message itself" \
		grep -q 'part 1 text/plain, bytes 2' explained
done

for how in missing rules-broken rules-missing; do
	failure $how
	keys $how Moving v "$TMP/shown" Q
	ok "$how: all is shown" grep -q '^ask .TG @shop88. for the keys' shown
done
done_testing
