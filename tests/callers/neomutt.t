#!/bin/sh
# neomutt with the macro and the display filter of the examples.
. "${0%/*}/lib.sh"
needs neomutt neomutt
export TERM=xterm
PATH=$TMP/bin:$PATH

# The macro pages what explain prints; here it goes into a file.  /etc/neomuttrc is
# not read (-n).
example neomuttrc | sed 's/explain | less/explain >explained/' >rc
cat >>rc <<CONF
set pager="cat >shown <"
set wait_key=no quit=yes mail_check=0
set folder=$TMP record="" header_cache=$TMP/cache
CONF

# The text in base64: the display filter is given it decoded.
python3 - <<'END' >encoded
import base64
text = "Die B\u00fcros ziehen um,\nask [TG @shop88] for the keys.\n" + \
    "The garden is open in the afternoon.\n" * 5
print("""From ann@news.example Mon Nov  2 10:11:12 2026
From: Ann <ann@news.example>
Date: Mon, 2 Nov 2026 10:11:12 +0000
Message-ID: <1@news.example>
Subject: Moving [TG @shop88] today
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

""" + base64.encodebytes(text.encode()).decode())
END
(
	echo 'From ann@news.example Mon Nov  2 10:11:12 2026'
	cat "$MAIL/clean"
	echo
) >clean

keys() { # mailbox keys [failure]
	rm -f shown explained
	cp "$1" box
	touch -d '2026-11-02 10:11' box
	stat -c '%s %Y' box >before
	python3 "$TOP/tests/cli/pty_run.py" 012 \
		neomutt -n -F rc -f box -e "push \"$2<exit>\"" >screen
	is "$1, $2${3:+, $3}: the mailbox is as it was" \
		"$(stat -c '%s %Y' box; cmp box "$1" && echo same)" \
		"$(cat before; echo same)"
}

failure none
keys encoded '<display-message><enter>'
is 'the promotion is not shown' "$(grep -c 'shop88' shown)" 0
is 'the rest is' "$(grep -c -e '^Subject: Moving today' \
	-e '^Die Büros ziehen um,' -e '^ask for the keys' -e 'garden is open' \
	shown)" 8
ok 'it says so' grep -q '^X-Simsift: verdict=promo; action=cut' shown
ok 'no vault is made' test ! -e "$VAULT"
keys encoded E
is 'explain sees the message itself' "$(sed -n 1p explained)" \
	'verdict  promo (promo.telegram)'
ok 'the part is decoded by simsift' grep -q 'part 1 text/plain' explained
keys clean '<display-message><enter>'
ok 'a clean message is shown' grep -q 'the porter for the keys' shown
is 'without a field' "$(grep -c X-Simsift shown)" 0

# Whatever becomes of the filter, the mailbox is not its own.
for how in missing killed-writing output-fails no-memory rules-broken bare; do
	failure $how
	keys encoded '<display-message><enter>' $how
	case $how in
	missing) ok "$how: all is shown" grep -q shop88 shown ;;
	esac
done
done_testing
