#!/bin/sh
# release: the original goes on its way, and filter lets it pass.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

S="sendmail $TMP/sendmail"
F="sendmail $TMP/sendmail-fails"
RECIPIENT=dana@home.example SENDER=sales@bulk.example s hold <mail.held
id=$(sha256sum <mail.held | cut -c1-5)
state() { s list --json --held | head -n 1 | grep -o '"released":[a-z]*'; }

# A sendmail that fails, one that is not there.
is 'sendmail fails: 74' "$(status s release "$id" -c "$F")" 74
ok 'it says so' grep -q "$id: not released: .*sendmail-fails ended with" err
is 'not released' "$(state)" '"released":false'
is 'no sendmail: 74' \
	"$(status s release "$id" -c "sendmail $TMP/nowhere")" 74
ok 'it names it' grep -q "$TMP/nowhere: No such file" err
is 'not released' "$(state)" '"released":false'
# A line that does not count: the program of another one is not taken for it.
is 'a relative path is no setting: 64' \
	"$(status s release "$id" -c "$S" -c 'sendmail ./x')" 64
ok 'it is complained of' grep -q 'takes a path' err
ok 'it says that nothing is sent' grep -q '^simsift: .*nothing is sent' err
ok 'nothing was sent' test ! -e sent
is 'not released' "$(state)" '"released":false'

# Delivered.
is 'release: 0' "$(status s release "$id" -c "$S")" 0
is 'its words' "$(cat out)" "$id: released to dana@home.example"
is "sendmail's go elsewhere" "$(cat err)" 'said by sendmail'
is 'how it was called' "$(tr '\n' ' ' <sent.args)" '-oi -- dana@home.example '
is 'a token, then the original' "$(sed '1,/^[^ X]/{/^[ X]/d;}' sent |
	sha256sum)" "$(sha256sum <mail.held)"
is 'the token is the first field' "$(head -n 1 sent)" \
	"X-Simsift-Token: $(sha256sum <mail.held | cut -c1-16)"
is 'restore finds the original by it' "$(s restore <sent | sha256sum)" \
	"$(sha256sum <mail.held)"
is 'released' "$(state)" '"released":true'
is 'list shows it' "$(s list | cut -c7-9)" 'R N'
s filter <sent >passed
ok 'filter passes it unjudged' grep -q "LPA:1\\\$smdp.example\\\$K2-XY7" passed
is 'filter adds nothing' "$(grep -c '^X-Simsift:' passed)" 0
sed 's/4821/4822/' sent | s filter >passed
is 'a changed body is judged' "$(grep -c '^X-Simsift: .*action=hold' passed)" 1

# Again.
rm sent
is 'a second time: 0' "$(status s release "$id" -c "$S")" 0
ok 'it says so' grep -q "$id: was released before; nothing done" err
ok 'nothing was sent' test ! -e sent
is '--again' "$(status s release --again "$id" -c "$S" --to eve@x.example)" 0
is '--to' "$(tail -n 1 sent.args)" eve@x.example

# To a Maildir.
mkdir -p box/tmp box/new box/cur
is '--maildir: 0' "$(status s release --again --maildir box "$id")" 0
is 'one message' "$(find box -type f | wc -l)" 1
is 'it is the original' "$(sed '1,/^[^ X]/{/^[ X]/d;}' box/new/* | sha256sum)" \
	"$(sha256sum <mail.held)"
is 'its mode' "$(stat -c %a box/new/*)" 600
is 'no Maildir: 74' "$(status s release --again --maildir r "$id")" 74
ok 'it says so' grep -q 'r is no Maildir' err
is 'nothing was put there' "$(ls r)" own.cf

# To standard output.
sed 's/An offer/Other/' mail.held >other
printf 'From sales Sat Nov 28 10:00:00 2026\r\n' >crlf
sed 's/$/\r/' other >>crlf
s hold <crlf
c=$(sha256sum <crlf | cut -c1-5)
is '--stdout: 0' "$(status s release --stdout "$c" )" 0
is 'no words in it' "$(head -n 1 out | cut -c1-16)" 'X-Simsift-Token:'
is 'line ends as the message has them' "$(grep -vc "$(printf '\r')" out)" 0
is 'no From_ line' "$(grep -c '^From ' out)" 0
is 'nobody takes it: 74' \
	"$(s release --stdout --again "$c" 2>/dev/null >/dev/full; echo $?)" 74
sed 's/An offer/Third/' mail.held >third
s hold <third
t=$(sha256sum <third | cut -c1-5)
s release --stdout "$t" 2>/dev/null >/dev/full
is 'then it is not released' "$(s list --json --subject third |
	grep -o '"released":[a-z]*')" '"released":false'

# Several, one of them unknown.
sed 's/An offer/Fourth/' mail.held >fourth
s hold <fourth
f=$(sha256sum <fourth | cut -c1-5)
is 'an unknown one among them: 66' \
	"$(status s release "$t" 0123456789ab "$f" -c "$S" --to x@y.example)" 66
is 'the others go' "$(wc -l <out)" 2
ok 'it is named' grep -q 0123456789ab err

# Without a known recipient it goes to whoever keeps the vault.
sed 's/An offer/Fifth/' mail.held >fifth
env -u RECIPIENT -u SENDER "$SIMSIFT" hold -C r -V "$V" <fifth
s release "$(sha256sum <fifth | cut -c1-7)" -c "$S" >/dev/null 2>&1
is 'to oneself' "$(tail -n 1 sent.args)" "$(id -un)"

# Odd recipients, in the options and in the envelope.
for to in '-oQ/tmp' 'a b@x' '|sh' "\$(id)@x" "a@x
Bcc: b@y"; do
	is 'an odd --to: 64' "$(status s release --again "$id" -c "$S" --to "$to")" 64
done
printf 'From: z@x.example\n\nz\n' | put 'envelope=<a@x> <-oQ/tmp>' >z
rm -f sent
is 'an odd envelope: 74' "$(status s release "$(cut -c1-8 <z)" -c "$S")" 74
ok 'it says so' grep -q 'not an address' err
ok 'nothing was sent' test ! -e sent

printf 'From: z@x.example\n\ny\n' |
	put 'envelope=<"x> <eve@x.example> "@y> <dana@home.example>' >z
is 'an envelope that we do not write: 74' \
	"$(status s release "$(cut -c1-8 <z)" -c "$S")" 74
ok 'it says so' grep -q 'envelope cannot be read' err
ok 'nothing was sent' test ! -e sent
envelope() { # number sender recipient: held with it and released
	sed "s/An offer/Envelope $1/" mail.held >z
	SENDER=$2 RECIPIENT=$3 s hold <z
	rm -f sent sent.args
	status s release "$(sha256sum <z | cut -c1-8)" -c "$S"
}
is 'a sender that looks like two: 0' "$(envelope 1 \
	'"x> <eve@x.example> "@y' dana@home.example)" 0
is 'it goes to the recipient' "$(tail -n 1 sent.args)" dana@home.example
is 'a recipient that looks like one: 74' "$(envelope 2 a@x.example \
	'"d> <eve@x.example"@home.example')" 74
ok 'nothing was sent' test ! -e sent
is 'a quote in the recipient: 74' "$(envelope 3 a@x.example \
	'x> <eve@x.example')" 74
ok 'nothing was sent' test ! -e sent
to=pin=4821@home.example
is 'a recipient with what may be a code: 0' \
	"$(envelope 4 a@x.example $to)" 0
is 'it is not masked' "$(tail -n 1 sent.args)" $to
to=100%25@home.example
is 'a recipient with a %: 0' "$(envelope 5 a@x.example $to)" 0
is 'it is the same' "$(tail -n 1 sent.args)" $to
is 'shown, it is masked' "$(s show "$(s list --json --subject 'Envelope 4' |
	grep -o '"id":"[0-9a-f]*' | cut -c7-)" | grep -c '4821@')" 0
rm -f sent

# Begins with a blank: behind a token that line would be a part of it.
printf ' a fold\nSubject: y\n\nWe have cards in bulk.\n' >blank
fold=$(put <blank | cut -c1-8)
is 'it begins with a blank: 0' "$(status s release --stdout "$fold")" 0
ok 'it is the original' cmp out blank
ok 'it says that it has no token' grep -q 'without a token' err
(
	printf 'From %01000d\n' 0
	cat mail.held
) >long
s hold <long
is 'a long From_ line: 0' \
	"$(status s release --stdout "$(sha256sum <long | cut -c1-8)")" 0
is 'it goes' "$(grep -c '^From ' out)" 0
sed '1,/^ /d' out | cmp -s - mail.held
is 'the rest is there' $? 0

# Two at once.
cat >slow <<'END'
#!/bin/sh
cat >/dev/null
sleep 0.3
echo once >>"${0%/*}/times"
END
chmod +x slow
sed 's/An offer/At once/' mail.held >z
s hold <z
z=$(sha256sum <z | cut -c1-8)
for _ in 1 2 3; do
	s release "$z" -c "sendmail $TMP/slow" >/dev/null 2>&1 &
done
wait
is 'three at once: delivered once' "$(cat times)" once

# Without a secret.
mv "$V/secret" secret
mkdir "$V/secret"
sed 's/An offer/No token/' mail.held >z
s hold <z
z=$(sha256sum <z | cut -c1-8)
is 'no secret, by mail: 65' "$(status s release "$z" -c "$S")" 65
is 'no secret, --stdout: 0' "$(status s release --stdout "$z")" 0
ok 'the original, as it is' cmp out z
ok 'it says so' grep -q 'released without a token' err
is 'it is released' "$(s list --json --subject 'No token' |
	grep -o '"released":[a-z]*')" '"released":true'
is 'a second time, nothing is printed: 1' "$(status s release --stdout "$z")" 1
is 'no bytes' "$(cat out)" ''
rmdir "$V/secret"
mv secret "$V/secret"

# Wrong usage, damage.
for o in '' "--to a@x.example --stdout $id" "--stdout $id $c" '--json x'; do
	# shellcheck disable=SC2086
	is "release $o: 64" "$(status s release $o)" 64
done
p=$(grep -l 'Subject: Fifth' "$V"/*/*)
printf X >>"$p"
is 'damaged: 65' "$(status s release --again -c "$S" \
	"$(sha256sum <fifth | cut -c1-7)")" 65
ok 'nothing was sent' test ! -e sent
is 'no vault: 66' "$(status "$SIMSIFT" release -C r -V none abcde)" 66
done_testing
