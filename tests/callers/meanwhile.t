#!/bin/sh
# procmail and Dovecot deliver into the boxes that scan --apply works on:
# nothing is lost, nothing there twice.  N=5000 for the full size.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
N=${N:-60}

for p in procmail /usr/lib/dovecot/dovecot-lda doveadm; do
	if ! command -v "$p" >/dev/null; then
		skip "$p" 'it is not installed: make deps-callers'
		done_testing
	fi
done
# Where root runs this, another user's processes do.
chmod 755 "$TMP"
cp "$SIMSIFT" simsift
mkdir -m 755 work
chmod 755 simsift
cd work && python3 "$TOP/tests/callers/meanwhile.py" ../simsift "$N" \
	"$TOP/tests/fault"
