# For the tests that start a server, behind lib.sh: . "$CALLERS/servers.sh"
#
# Mail is delivered for $WHO: the user himself, or `nobody' where he is root.
# What that user must reach lies in $TMP; the source tree may be closed to him.
#
#	port			a free one on loopback
#	post KIND PORT	the message on standard input, by lmtp or smtp
#	started COMMAND...	a server, in the background; ended when the test is
#	as_who COMMAND...	by the user that mail is delivered for
#	soon COMMAND...		waits until that is true, 10 seconds at most
#	without()		made by the test: deliver, but without simsift
#	nasty_against WANT	15 messages: how many arrive as they do without()
# shellcheck shell=sh disable=SC2034,SC2154 # used by the tests, set in lib.sh
WHO=$(id -un) GROUP=$(id -gn)
if [ "$(id -u)" = 0 ]; then
	WHO=nobody
	GROUP=$(id -gn nobody)
fi
mkdir -p user
SIMSIFT=$TMP/bin/real
BOX=$TMP/user/Maildir
VAULT=$TMP/user/vault
SERVERS=
chown "$WHO" user

empty_boxes() {
	rm -rf "$BOX" "$VAULT"
	maildir "$BOX"
	maildir "$BOX/.Quarantine"
	chown -R "$WHO:$GROUP" "$BOX"
}

as_who() { # command...
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid="$WHO" --regid="$GROUP" --clear-groups "$@"
	else
		"$@"
	fi
}

port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

started() {
	"$@" &
	SERVERS="$! $SERVERS"
}

stop_servers() {
	for pid in $SERVERS; do
		kill "$pid" && wait "$pid"
	done
	SERVERS=
}
trap 'stop_servers; clean_up' EXIT

soon() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		for part in 0 1 2 3 4 5 6 7 8 9; do
			"$@" >/dev/null 2>&1 && return 0
			sleep 0.1
		done
	done
	echo "# in vain: $*"
	return 1
}

answers() { # port
	python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)' "$1"
}

post() { # lmtp|smtp port: the message on standard input; see post.py
	python3 "$CALLERS/post.py" "$1" "$2" ann@news.example me@here.example
}

# What the way itself changes (line ends, NUL, a missing line end) is no matter
# of ours.
nasty_against() { # want
	failure none
	for how in without deliver; do
		empty_boxes
		for m in "$MAIL"/nasty/*; do
			$how <"$m" >said 2>&1 || cat said
		done
		python3 "$CALLERS/landed.py" bare "$MAIL/nasty" "$BOX" $how
	done
	all=0 same=0 other=
	for m in "$MAIL"/nasty/*; do
		name=${m##*/}
		all=$((all + 1))
		if cmp -s "without/$name" "deliver/$name"; then
			same=$((same + 1))
		else
			other="$other $name"
		fi
	done
	is "$column: nothing comes twice" "$(find deliver -type f | wc -l)" $all
	got="$same of $all${other:+:$other}"
	cell nasty "$got"
	is "$column: byte for byte as without simsift" "$got" "$1"
	rm -r without deliver
}
