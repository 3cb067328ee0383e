#!/bin/sh
# A Postfix of our own, with the content filter of the examples.
# shellcheck disable=SC2317,SC2119 # called by servers.sh and lib.sh
. "${0%/*}/lib.sh"
needs postfix postfix
. "$CALLERS/servers.sh"
if [ "$(id -u)" != 0 ]; then
	skip 'postfix' "its master wants root: sudo prove tests/callers/postfix.t"
	done_testing
fi
SMTP=$(port)
PLAIN=$(port)
table Postfix
column 'content filter'

# Of Postfix only the programs are used: configuration, queue and data are ours.
# postdrop is copied without its set-gid bit: with it, it takes the folders of
# /etc/postfix/main.cf only.
mkdir -p etc sbin q data
cp "$(PATH=$PATH:/usr/sbin command -v postdrop)" sbin
chmod 755 sbin/postdrop
for d in active bounce corrupt defer deferred flush hold incoming private saved \
	trace; do
	mkdir -p q/$d
done
chown postfix q/* data
mkdir -p q/pid q/public q/maildrop
chown postfix q/maildrop q/public
chmod 1777 q/maildrop
cat >etc/main.cf <<CONF
compatibility_level = 3.6
queue_directory = $TMP/q
data_directory = $TMP/data
command_directory = $TMP/sbin
daemon_directory = $(postconf -d -h daemon_directory)
maillog_file = $TMP/postfix.log
maillog_file_prefixes = $TMP
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.here.example
mydestination =
mynetworks = 127.0.0.1
local_header_rewrite_clients =
alias_maps =
default_transport = error:nothing leaves
virtual_mailbox_domains = here.example news.example
virtual_mailbox_base = $TMP/user
virtual_mailbox_maps = texthash:$TMP/etc/boxes
virtual_alias_maps = inline:{alias@here.example=two@here.example}
virtual_uid_maps = static:$(id -u "$WHO")
virtual_gid_maps = static:$(id -g "$WHO")
virtual_minimum_uid = 1
CONF
cat >etc/boxes <<'MAP'
me@here.example		Maildir/
two@here.example	two/
o'dd@here.example	odd/
ann@news.example	bounces/
MAP
(
	example postfix.master.cf | sed -e "s|^smtp |127.0.0.1:$SMTP |" \
		-e 's/ y  / n  /' -e "s/user=simsift/user=$WHO/" \
		-e "s|/usr/local/libexec|$TMP/bin|"
	echo "127.0.0.1:$PLAIN inet n - n - - smtpd"
	for service in 'pickup unix n - n 60 1' 'cleanup unix n - n - 0' \
		'qmgr unix n - n 300 1' 'rewrite unix - - n - -' \
		'bounce unix - - n - 0' 'defer unix - - n - 0' \
		'trace unix - - n - 0' 'error unix - - n - -' \
		'retry unix - - n - -' 'proxymap unix - - n - -' \
		'virtual unix - n n - -' 'postlog unix-dgram n - n - 1'; do
		case $service in
		defer* | trace*) echo "$service bounce" ;;
		rewrite*) echo "$service trivial-rewrite" ;;
		retry*) echo "$service error" ;;
		postlog*) echo "$service postlogd" ;;
		*) echo "$service ${service%% *}" ;;
		esac
	done
) >etc/master.cf
filter() { # sed's arguments
	example postfix.filter | sed -e "s|/var/lib/simsift|$TMP/user|" \
		-e 's/-k 5 30/-k 1 2/' "$@" >bin/simsift-filter
	chmod 755 bin/simsift-filter
}
filter

: >postfix.log
MAIL_CONFIG=$TMP/etc
export MAIL_CONFIG
started "$(postconf -h daemon_directory)/master" -c "$TMP/etc" -d
soon answers "$SMTP" || {
	sed 's/^/# /' postfix.log
	ok 'Postfix starts' false
	done_testing
}

# ---- from SMTP to the mailbox ----
# What is deferred is taken out of the queue again, unless $keep is set.
keep=
new_log() {
	tail -n +"$((from + 1))" postfix.log
}

logged() { # pattern...
	for pattern; do
		set -- "$@" -e "$pattern"
		shift
	done
	new_log | grep -q "$@"
}

# In the mailbox, and simsift's own line is there, too: it comes later at times.
over() {
	logged 'status=deferred' 'status=bounced' ||
		{ logged 'relay=virtual.*status=sent' && logged "$end"; }
}

arrive() {
	soon over || return 70
	if logged 'status=bounced'; then
		return 69
	elif logged 'status=deferred'; then
		[ "$keep" ] || postsuper -d ALL
		return 75
	fi
}

deliver() {
	from=$(wc -l <postfix.log)
	end='relay=simsift.*status=sent'
	post smtp "$SMTP" && arrive
}

without() {
	from=$(wc -l <postfix.log)
	end='relay=virtual.*status=sent'
	post smtp "$PLAIN" && arrive
}

try none clean 'inbox: original'
try none held 'inbox: marked hold'
try none cut 'inbox: cut'
cat "$BOX"/new/* >got
as_who "$SIMSIFT" restore -C rules -V "$VAULT" <got >restored
sed '1,/^	for /d' restored >sent
ok 'the original is in the vault' cmp sent "$MAIL/cut"
is 'it went round once' "$(grep -c '^Received:' got)" 2
try judge-dies cut 'inbox: original'
try judge-hangs cut 'inbox: original'
try killed-judging cut 'inbox: original'
try killed-writing cut 'inbox: original'
try crashed-writing cut 'inbox: original'
try output-fails cut 'inbox: original'
try missing cut 'inbox: original'
try hangs cut 'inbox: original'
try no-memory-judging cut 'inbox: original'
try no-memory large 'inbox: original'
try vault-full cut 'inbox: marked'
try rules-broken cut 'inbox: marked'
try rules-missing cut 'inbox: original'
try bare cut 'inbox: cut'
try no-home cut 'inbox: cut'
nasty_against '15 of 15'

# ---- what goes wrong round simsift is 75, and the next try delivers once ----
failure none
later() { # what
	is "$1" "$(one_try cut)" 'exit 75'
	filter
	failure none
	from=$(wc -l <postfix.log)
	postqueue -f
	arrive
	is "$1: the next try" \
		"$(python3 "$CALLERS/landed.py" 0 "$MAIL/cut" "$BOX" "$VAULT")" \
		'inbox: cut'
}
keep=1
rm bin/simsift-filter
later 'no filter'
filter -e 's|/usr/sbin/sendmail|/usr/sbin/none|'
later 'no sendmail'
filter -e 's|/usr/sbin/sendmail.*|kill -9 $$|'
later 'the filter is killed'
filter -e 's|^PATH=|export TMPDIR=/nowhere &|'
later 'no room for a temporary file'
keep=

# ---- envelopes ----
envelope() { # sender recipient...: the message on standard input
	empty_boxes
	rm -rf user/two user/odd user/bounces
	from=$(wc -l <postfix.log)
	end='relay=simsift.*status=sent'
	python3 "$CALLERS/post.py" smtp "$SMTP" "$@" && arrive
}
landed() { # folder: how many, and their senders
	soon ls "user/$1/new"
	echo "$(find "user/$1/new" -type f | wc -l)" \
		"$(sed -n 's/^Return-Path: //p' "user/$1"/new/*)"
}
envelope '' me@here.example <"$MAIL/cut" >said
is 'the null sender' "$(landed Maildir)" '1 <>'
envelope ann@news.example me@here.example "o'dd@here.example" \
	alias@here.example <"$MAIL/cut" >said
is 'three recipients: the first' "$(landed Maildir)" '1 <ann@news.example>'
is 'the second' "$(landed odd)" '1 <ann@news.example>'
is 'the third, by its alias' "$(landed two)" '1 <ann@news.example>'
ok 'simsift ran once for all' test \
	"$(new_log | grep -c 'postfix/pickup.*from=')" -eq 1
# ---- as large as it may be ----
python3 -c 'import sys
m = open(sys.argv[1], "rb").read()
line = b"The office garden is open in the afternoon.\r\n"
m = m.replace(b"\n", b"\r\n") + line * ((10000000 - len(m) - 1000) // len(line))
open("largest", "wb").write(m)' "$MAIL/cut"
envelope ann@news.example me@here.example <largest >said
is 'a message of the largest size' "$(landed Maildir)" '1 <ann@news.example>'
is 'nothing came back to the sender' "$(find user/bounces -type f 2>/dev/null)" ''
table_done
done_testing
