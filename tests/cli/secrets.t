#!/bin/sh
# Promise 7: no command shows an activation code, a one-time code, a PIN or a
# PUK, wherever it stands; restore, release and show --raw give the bytes.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

# Rules that find nothing but the secret, or it with its word.
cat >r/own.cf <<'END'
body BULK /cards in bulk/
body BARE /\b48\d\d\b/
body WORD /PUK \d+/
body LPA /LPA:1.{10,40}/
uri LINK /carddata/
header SUBJ Subject =~ /4821/
score BULK 6
score SUBJ 3
score LINK 3
ifplugin Simsift
category BULK promo.wholesale
action promo hold
endif
END
cat >mail.all <<'END'
From: "Your PIN 4821" <sales@bulk.example>
To: dana@home.example
Subject: Your PIN is 4821, LPA:1$smdp.example$K2-XY7
Content-Type: multipart/alternative; boundary=b

--b

We have cards in bulk.  Your PIN is 4821, PUK 12345678 and OTP 990 417.
LPA:1$smdp.example$K2-XY7
Scan LPA:1$smdp.example$
K2-XY7 or type it.  Activation code: K2-XY7-8899
您的验证码是 551208，激活码：K2-XY7-8899
--b
Content-Type: text/html

<p>We have cards in bulk. Your <b>PIN</b> is <i>4821</i>, PUK 12345678,
OTP&#32;990&nbsp;417.
<a href="https://x.example/?carddata=LPA%3A1%24smdp%24K2-XY7">here</a>
LPA:1$smdp.example$K2-XY7
Activation code: K2-XY7-8899 您的验证码是 551208</p>
--b--
END
secrets='4821|12345678|990.417|K2-XY7|551208'

is 'held' "$(s hold <mail.all; echo $?)" 0
id=$(sha256sum <mail.all | cut -c1-12)
clean() { # what command...: no secret in its output, and there is some
	what=$1
	shift
	"$@" >out 2>&1
	is "$what" "$(grep -E "$secrets" out)" ''
	ok "$what says something" test -s out
}
clean list s list
clean 'list --json' s list --json
clean show s show "$id"
clean diff s diff "$id"
clean 'diff of a cut' s diff mail.all -c 'action promo cut' \
	-c 'cut BULK line' -c 'cut_max_percent 90' -c 'keep_min_percent 5'
clean explain s explain mail.all
clean 'explain --json' s explain --json mail.all
clean 'explain --tree' s explain --tree mail.all
clean scan "$SIMSIFT" scan --json -C r mail.all
cat >reader <<'END'
#!/bin/sh
exec "$@" <mail.all
END
chmod +x reader
clean 'check -v' ./reader "$SIMSIFT" check -v -C r
clean 'the field' sh -c "'$SIMSIFT' filter -C r <mail.all | sed '/^From/,\$d'"
sleep 1
clean 'purge' s purge --older-than 0s
clean 'the fields of the vault' sh -c \
	"sed '/^X-Simsift-Vault-Length/q' '$V'/new/*"
clean report s report
clean 'allow' s allow "$id"
clean 'release' s release "$id" -c "sendmail $TMP/sendmail"
is 'no handle nor link in the report' "$(grep -c -e '://' out)" 0

for c in 'show --raw' restore 'release --again --stdout'; do
	# shellcheck disable=SC2086
	s $c "$id" >out
	is "$c: the bytes" "$(sed '/^X-Simsift-Token/,/^ /d' out | sha256sum)" \
		"$(sha256sum <mail.all)"
done
done_testing
