#!/bin/sh
# report: what is new, as a message; nothing where nothing is.
. "${0%/*}/../lib.sh"
. "${0%/*}/vault.sh"

S="sendmail $TMP/sendmail"
F="sendmail $TMP/sendmail-fails"

is 'no vault yet: 0' "$(status "$SIMSIFT" report -C r)" 0
is 'nothing at all' "$(cat out err)" ''
is 'no vault of that name: 66' "$(status s report)" 66

sed 's/Sales/Sales @eshop88/' mail.held >mail.1
sed 's|ask TG @eshop88|ask TG @eshop88 at https://t.me/eshop88|' mail.1 >mail.2
s hold <mail.2
s filter <mail.cut >/dev/null
h=$(sha256sum <mail.2 | cut -c1-5)
c=$(sha256sum <mail.cut | cut -c1-5)
cp -r "$V" v.new

# Plain text first, RFC 5322 around it.
is 'report: 0' "$(status s report)" 0
sed '1,/^$/d' out | sed 's/^ \([0-9a-f]\{5,\}\) [0-9:]*/ \1 T/
 ' >body
is 'the body' "$(cat body)" "HELD - not delivered; kept until it is purged, nothing deleted
 $h T promo.wholesale 11.0/5.0  \"Sales @e…88\" <sales@bulk.example>
       An offer
       why  BULK own.cf:3 «cards in bulk»
            TOKEN own.cf:1 «TG @e…88»
       do   simsift show $h | simsift release $h | simsift allow $h

CUT - delivered without it; the original is kept until purged
 $c T promo.telegram 1 cut, 16 of 104 characters  Ann <ann@news.exampl…
       搬家日
       why  TOKEN own.cf:1 «TG @e…88»
       do   simsift diff $c | simsift restore $c

What filter only marked for the mail system to file is not in the vault.
see simsift-vault(7)"
is 'the subject' "$(grep '^Subject' out)" \
	'Subject: [simsift] 1 held, 1 cut (last 60 min)'
is 'fields' "$(sed '/^$/q' out | sed -n 's/^\([A-Z][A-Za-z-]*\):.*/\1/p' |
	tr '\n' ' ')" 'X-Simsift-Token From To Subject Date Message-ID Auto-Submitted MIME-Version Content-Type Content-Transfer-Encoding '
is 'another reader understands it' "$(python3 -c '
import email, email.policy
m = email.message_from_binary_file(open("out", "rb"),
                                   policy=email.policy.default)
print(m.get_content_type(), m.get_content_charset(), len(m.defects),
      m["date"].datetime is not None, "搬家日" in m.get_content())')" \
	'text/plain utf-8 0 True True'
is 'no line is longer than 80 columns' "$(python3 -c '
import unicodedata
for line in open("out"):
    w = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
            for c in line.rstrip("\n"))
    if w > 80:
        print(w, line)')" ''
is 'no handles, links, codes' "$(grep -c -e eshop88 -e K2-XY7 -e 4821 \
	-e '://' -e 't\.me' out)" 0

# The filter passes it; another body is judged.
s filter <out >passed
ok 'filter passes our own report' cmp -s out passed
sed 's/^       An offer/cards in bulk/' out | s filter >passed
is 'a forged one is judged' "$(grep -c '^X-Simsift: ' passed)" 1

# Only what is new.
is 'again: 0' "$(status s report)" 0
is 'nothing at all' "$(cat out err)" ''
sed 's/An offer/Another/' mail.2 >mail.3
s hold <mail.3
s report >out
is 'only what is new' "$(grep -c '^ [0-9a-f]\{5,8\} ' out)" 1
ok 'it is the new one' grep -q '^       Another' out
is 'what was read in a mail program is no news' "$(sed 's/An offer/Read/' mail.2 >mail.4
	s hold <mail.4
	f=$(grep -l 'Subject: Read' "$V"/new/*)
	mv "$f" "$V/cur/${f##*/}:2,S"
	s report)" ''
sed 's/An offer/Gone/' mail.2 >mail.5
s hold <mail.5
s release --stdout "$(sha256sum <mail.5 | cut -c1-12)" >/dev/null
is 'what was released is no news' "$(s report)" ''

# By mail.
V=$TMP/v.new
is '--mail, sendmail fails: 74' "$(status s report --mail me@x.example \
	-c "$F")" 74
ok 'it says so' grep -q 'no report was sent: .*sendmail-fails' err
is 'a sendmail line that does not count: 64' "$(status s report \
	--mail me@x.example -c "$S" -c 'sendmail nonsense')" 64
ok 'nothing was sent' test ! -e sent
# To look is not to report.
"$PTY" 1 "$SIMSIFT" report -C r -V "$V" >out 2>err
is 'on a terminal' "$(grep -c '^ [0-9a-f]\{5,8\} ' out)" 2
ok 'it says that nothing is marked' grep -q 'shown only, not marked' err
is 'nobody takes the output: 74' "$(s report 2>/dev/null >/dev/full; echo $?)" 74
is 'then all stays new' "$(status s report --mail me@x.example -c "$S")" 0
is 'how it was called' "$(tr '\n' ' ' <sent.args)" '-oi -- me@x.example '
is 'to whom' "$(grep '^To:' sent)" 'To: me@x.example'
is 'what was sent' "$(grep -c '^ [0-9a-f]\{5,8\} ' sent)" 2
is 'no words' "$(cat out)" ''
rm sent
is 'nothing new, nothing sent' "$(status s report --mail me@x.example -c "$S")" 0
ok 'really' test ! -e sent

# Many: the newest are named, all are counted, and none of them twice.
V=$TMP/many
printf 'From: b@x.example\n\nb\n' |
	put subject=many 'rule=NO_TEXT 3 x.cf:1' many=250 >/dev/null
s report >out
is 'counted' "$(grep -c 'Subject: .simsift. 250 held (last' out)" 1
is 'named' "$(grep -c '^       many$' out)" 200
ok 'the others are told of' grep -q '^ ... and 50 more: simsift list --held$' out
is 'all were told' "$(s report)" ''

# Rules that found no text of their own are a reason, too.
is 'the two with the most points' "$(
	V=$TMP/meta
	printf 'From: b@x.example\n\nb\n' | put 'rule=ONE 3 x.cf:1' \
		'rule=TWO 5 /y/z.cf:2' 'rule=THREE 4 x.cf:3' >/dev/null
	s report | grep -A 1 'why')" '       why  TWO z.cf:2
            THREE x.cf:3'

# While others store: each message is told of, once, and list sees no half one.
V=$TMP/busy
s hold <mail.held
for i in 1 2 3 4; do
	for k in 1 2 3 4 5 6 7 8 9 10; do
		sed "s/An offer/Offer $i $k/" mail.held | s hold
	done &
	writers="${writers:-} $!"
done
: >told
: >errors
busy() {
	for w in $writers; do
		kill -0 "$w" 2>/dev/null && return
	done
	return 1
}
while busy; do
	s report >>told 2>>errors
	s list >/dev/null 2>>errors
	s purge --older-than 30d --yes >/dev/null 2>>errors
done
wait
s report >>told
is 'each was told of, once' "$(grep -c '^ [0-9a-f]\{5,8\} ' told) $(
	grep '^ [0-9a-f]\{5,8\} ' told | sort -u | wc -l)" '41 41'
is 'nothing was wrong' "$(cat errors)" ''

# Damage does not keep the others from being told.
V=$TMP/w
printf 'From: a@x.example\n\na\n' | put subject=good >/dev/null
printf 'From: b@x.example\n\nb\n' | put subject=torn >/dev/null
torn=$(grep -l 'Subject: torn' "$V"/new/*)
printf X >>"$torn"
is 'damage: 65' "$(status s report)" 65
ok 'the good one' grep -q '^       good' out
ok 'the torn one is named' grep -q 'is damaged' err
is 'it does not count' "$(grep '^Subject' out | cut -d'(' -f1)" \
	'Subject: [simsift] 1 held '
x=$(printf x | sha256sum | cut -c1-64)
l=$V/new/1795000000.$x.$(echo "$x" | cut -c1-16).cut
ln -s "$TMP/mail.held" "$l"
is 'nothing but damage: 65' "$(status s report)" 65
is 'no report' "$(cat out)" ''
ok 'both are named' sh -c 'grep -q "is damaged" err && grep -q "symbolic" err'
ok 'the torn one is where it was' test -f "$torn"
ok 'so is the link' test -L "$l"

for o in '--mail' '--mail -oQ' 'abcde' '--json' '--mail a@x,b@y'; do
	# shellcheck disable=SC2086
	is "report $o: 64" "$(status s report $o)" 64
done

# Without a secret it has no token, and goes all the same.
rm -rf "$V"
s hold <mail.2
rm "$V/secret"
mkdir "$V/secret"
is 'no secret: 0' "$(status s report)" 0
is 'the report, without a token' "$(head -n 1 out | cut -c1-13)" 'From: simsift'
ok 'it says so' grep -q 'the report has no token' err
is 'then it is no news' "$(status s report; cat out err)" 0

# Two at once.
rm -rf "$V"
s hold <mail.2
cat >slow <<'END'
#!/bin/sh
cat >/dev/null
sleep 0.3
echo once >>"${0%/*}/times"
END
chmod +x slow
for _ in 1 2; do
	s report --mail a@x.example -c "sendmail $TMP/slow" >/dev/null 2>&1 &
done
wait
is 'two at once: sent once' "$(cat times)" once
done_testing
