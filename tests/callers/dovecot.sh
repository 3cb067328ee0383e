# A Dovecot of our own: . "$CALLERS/dovecot.sh" behind servers.sh.
#
# filters/examples/dovecot.conf word for word, but for the two folders.
# `dovecot_starts SECONDS' gives a filter so much time only; `script FILE' makes
# an example the user's script, `script' alone takes it away.
# shellcheck shell=sh disable=SC2034 # used by the tests
PATH=$PATH:/usr/sbin:/usr/lib/dovecot:/usr/libexec/dovecot
SIEVE=$TMP/user/.dovecot.sieve
LMTP=$(port)
IMAP=$(port)

dovecot_settings() { # [seconds]
	cat <<CONF
base_dir = $TMP/base
state_dir = $TMP/state
log_path = $TMP/dovecot.log
listen = 127.0.0.1
ssl = no
protocols = lmtp imap
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$WHO gid=$GROUP home=$TMP/user allow_all_users=yes
}
mail_location = maildir:$BOX
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $LMTP
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = 0
  }
}
CONF
	# All of it as one user.
	[ "$(id -u)" = 0 ] || cat <<CONF
default_internal_user = $WHO
default_internal_group = $GROUP
default_login_user = $WHO
service anvil {
  chroot =
}
CONF
	sed -e "s|/usr/lib/dovecot/sieve-[a-z]*|$TMP/bin|" \
		-e "s/_exec_timeout = 30s/_exec_timeout = ${1:-30}s/" \
		"$TOP/filters/examples/dovecot.conf"
}

dovecot_starts() { # [seconds]
	stop_servers
	dovecot_settings "$@" >dovecot.conf
	started dovecot -F -c "$TMP/dovecot.conf"
	soon answers "$LMTP"
}

script() { # [example]
	rm -f "$SIEVE" "${SIEVE%sieve}svbin"
	[ $# = 0 ] || example "$1" >"$SIEVE"
}
