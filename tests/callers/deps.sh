#!/bin/sh
# make deps-callers: deps.sh PACKAGE...
#
# Installs the mail programs that the tests in this folder call, on Debian.  No
# service of theirs is started, and none that is new stays enabled: nobody is to
# have an open mail server from running tests.  Nothing is removed either: where
# another mail server stands in the way, postfix is left out.
set -eu
root=${DEPS_ROOT:-} # a test's

missing() {
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q 'ok installed' || echo "$p"
	done
}

# What is started with the machine.
enabled() {
	find "$root"/etc/systemd/system/*.wants "$root"/etc/rc?.d/S* \
		-type l 2>/dev/null | sort
}

policy=$root/usr/sbin/policy-rc.d
ours=
before=

# Also where something has failed: it may have been installed by then.
leave() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$ours" ] || rm -f "$policy"
	enabled | while read -r link; do
		echo "$before" | grep -qxF "$link" && continue
		[ -L "$link" ] || continue # gone with the one before
		name=${link##*/}
		case $link in
		*.wants/*)
			echo "disabling $name"
			systemctl disable "$name" 2>/dev/null || rm -f "$link"
			;;
		*)
			name=${name#S[0-9][0-9]}
			echo "disabling $name"
			update-rc.d "$name" disable
			;;
		esac
	done
	exit "$status"
}

install() { # package...
	echo "installing: $*"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends --no-remove "$@"
}

if ! command -v dpkg-query >/dev/null; then
	echo "not Debian: please install yourself what there is of: $*"
	exit 0
fi
todo=$(missing "$@")
[ -n "$todo" ] || exit 0
if [ "$(id -u)" != 0 ] && [ -z "$root" ]; then
	exec sudo CI="${CI:-}" sh "$0" "$@"
fi

before=$(enabled)
trap leave EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
	ours=1
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
apt-get update -q
others=$(echo "$todo" | grep -vx postfix || true)
# shellcheck disable=SC2086 # words
[ -z "$others" ] || install $others
if [ "$others" != "$todo" ]; then
	echo 'postfix postfix/main_mailer_type select No configuration' |
		debconf-set-selections
	install postfix || {
		echo "postfix: left out, see above; its tests are skipped" >&2
		[ "${CI:-}" != true ]
	}
fi
