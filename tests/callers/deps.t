#!/bin/sh
# make deps-callers: no service is started, none stays enabled.  Debian's
# programs are played here.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

mkdir -p bin root/usr/sbin root/etc/rc2.d root/etc/systemd/system/a.wants
wants=root/etc/systemd/system/a.wants
ln -s /lib/old "$wants/old.service"
ln -s ../init.d/old root/etc/rc2.d/S01old
fake() { # name: a script on standard input
	(
		printf '#!/bin/sh\ncd "%s" || exit 1\n' "$TMP"
		cat
	) >"bin/$1"
	chmod 755 "bin/$1"
}
fake dpkg-query <<'SH'
for p; do :; done # the last
grep -qx "$p" installed && echo 'install ok installed'
SH
fake apt-get <<'SH'
echo "apt-get $*" >>log
[ "$1" = install ] || exit 0
root/usr/sbin/policy-rc.d; echo "policy $?" >>log
for p; do
	case $p in
	-* | install) continue ;;
	"$(cat refused)") exit 100 ;;
	esac
	echo "$p" >>installed
	ln -s "/lib/$p" "root/etc/systemd/system/a.wants/$p.service"
	ln -s "../init.d/$p" "root/etc/rc2.d/S01$p"
done
SH
fake systemctl <<'SH'
echo "systemctl $*" >>log
rm "root/etc/systemd/system/a.wants/$2"
SH
fake update-rc.d <<'SH'
echo "update-rc.d $*" >>log
rm "root/etc/rc2.d/S01$1"
SH
fake debconf-set-selections <<'SH'
sed 's/^/debconf /' >>log
SH
run() { # packages
	: >log
	PATH=$TMP/bin:$PATH DEPS_ROOT=$TMP/root \
		sh "$TOP/tests/callers/deps.sh" "$@" >out 2>err
}
left() {
	find root ! -type d | sort | tr '\n' ' '
}
was=$(left)

echo there >installed
: >refused
run there
is 'all is there: 0' $? 0
is 'and nothing is done' "$(cat log)" ''

run there dovecot postfix
is 'two are missing: 0' $? 0
is 'what was done' "$(cat log)" "$(
	echo 'apt-get update -q'
	echo 'apt-get install -y -q --no-install-recommends --no-remove dovecot'
	echo 'policy 101'
	echo 'debconf postfix postfix/main_mailer_type select No configuration'
	echo 'apt-get install -y -q --no-install-recommends --no-remove postfix'
	echo 'policy 101'
	echo 'update-rc.d dovecot disable'
	echo 'update-rc.d postfix disable'
	echo 'systemctl disable dovecot.service'
	echo 'systemctl disable postfix.service'
)"
is 'nothing new is enabled, and the policy is gone' "$(left)" "$was"

echo there >installed
echo postfix >refused
CI='' run maildrop postfix
is 'another mail server is there: 0' $? 0
ok 'it is said' grep -q 'postfix: left out' err
CI=true run procmail postfix
is 'in CI: 1' $? 1
is 'nothing new is enabled after a failure' "$(left)" "$was"

echo fdm >refused
run fdm
ok 'apt-get fails: not 0' test $? -ne 0
is 'the policy is gone' "$(left)" "$was"

: >root/usr/sbin/policy-rc.d
chmod 755 root/usr/sbin/policy-rc.d
run imapfilter
ok "the machine's own policy stays" test -e root/usr/sbin/policy-rc.d
ok 'and is asked' grep -qx 'policy 0' log
done_testing
