#!/bin/sh
# make deb: from the tarball, clean to lintian, and what is in it cuts a
# message.  It compiles everything anew: in CI, or with DEB=1.  Nothing is
# installed.
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

if [ "${CI:-}${DEB:-}" = '' ]; then
	skip 'make deb' "slow: DEB=1 make check"
	done_testing
fi
for p in dpkg-buildpackage dh lintian; do
	if ! command -v "$p" >/dev/null; then
		skip 'make deb' "no $p: apt-get install debhelper lintian"
		done_testing
	fi
done

# shellcheck disable=SC2317 # called by ok
deb() { # it asks lintian, too
	env -u ASAN_OPTIONS MAKEFLAGS='' make -s -o deps-deb B="$TMP/b" \
		DEBOPTS='nocheck noopt parallel=2' deb >"$TMP/log" 2>&1
}
ok 'make deb, and lintian has nothing to say' deb || tail -n 30 "$TMP/log" |
	sed 's/^/# /'
set -- "$TMP"/b/simsift_*.deb
deb=$1
root=$TMP/root
ok 'one package' test -f "$deb"
ok 'it unpacks' dpkg-deb -x "$deb" "$root"
depends=$(dpkg-deb -f "$deb" Depends)
for p in libc6 libetpan libpcre2-8 libutf8proc libmd zlib1g libbz2 liblzma \
	libzstd; do
	case $depends in
	*"$p"*) result 0 "it depends on $p" ;;
	*) result 1 "it depends on $p" ;;
	esac
done

sift() { "$root/usr/bin/simsift" "$@" -C "$root/usr/share/simsift/filters"; }
ok 'the program runs' sh -c "'$root/usr/bin/simsift' --version >'$TMP/out'"
sift filter -V "$TMP/v" <tests/demo.eml >"$TMP/out"
is 'it cuts' "$(sed -n 's/^X-Simsift: .*action=\([a-z]*\);.*/\1/p' "$TMP/out")" cut
sift restore -V "$TMP/v" <"$TMP/out" >"$TMP/back"
ok 'and gives it back' cmp tests/demo.eml "$TMP/back"
# libetpan.so calls our mailmime_extract_boundary: its own crashes on this.
printf '%s\n' 'Subject: x' 'MIME-Version: 1.0' \
	'Content-Type: multipart/mixed; boundary="\""' '' '--"' '' 'text' \
	'--"--' >"$TMP/quote.eml"
is 'a boundary that crashes libetpan' "$(sift check -v <"$TMP/quote.eml" 2>&1 |
	grep -c 'verdict=clean')" 1

for d in sieve-filter sieve-execute; do
	ok "Dovecot finds it in $d" test "$root/usr/bin/simsift" -ef \
		"$root/usr/lib/dovecot/$d/simsift"
done
ok '/etc/simsift' test -d "$root/etc/simsift"
is 'nothing is in it' "$(ls -A "$root/etc/simsift")" ''
is 'the manuals, packed' "$(cd "$root/usr/share/man" && echo man*/*)" \
	'man1/simsift.1.gz man5/simsift-rules.5.gz man7/simsift-vault.7.gz'
is 'the examples' "$(ls "$root/usr/share/doc/simsift/examples")" \
	"$(ls filters/examples)"
is 'also where the manual says' "$(ls "$root/usr/share/simsift/examples/")" \
	"$(ls filters/examples)"
is 'the rules' "$(cd "$root/usr/share/simsift/filters" && echo *.cf)" \
	"$(cd filters && echo *.cf)"
for f in bash-completion/completions/simsift zsh/vendor-completions/_simsift \
	fish/vendor_completions.d/simsift.fish; do
	ok "completion: $f" test -s "$root/usr/share/$f"
done
is 'no /usr/local' "$(grep -rl /usr/local/ "$root/usr/share/doc/simsift/examples")" ''
ok 'it looks for its rules in /usr' grep -q /usr/share/simsift/filters \
	"$root/usr/bin/simsift"
done_testing
