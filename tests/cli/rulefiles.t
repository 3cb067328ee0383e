#!/bin/sh
# Rule files that are broken or not to be trusted: said where and why, and
# until that is mended nothing stronger than a mark.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
cd "$TMP" || exit 1

mkdir r
cat >r/10_good.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
printf 'Subject: a\n\nThe office moves next week, ask [TG @shop88] for keys.\n' >m

words() {
	"$SIMSIFT" explain -C r m 2>words >/dev/null
	cat words
}
field() { "$SIMSIFT" filter -C r <m | head -n 1 | cut -d ' ' -f 2,3; }

is 'good: cut' "$(field)" 'verdict=promo; action=cut;'
is 'good: no words' "$(words)" ''

broken() { # what line:column words, the file on standard input
	cat >r/20_bad.cf
	is "$1: where" "$(words | head -n 1 | grep -o \
		'^simsift: r/20_bad.cf:[0-9]*:[0-9]*: .')" \
		"simsift: r/20_bad.cf:$2: $3"
	is "$1: marked at most" "$(field)" 'verdict=promo; action=mark;'
	"$SIMSIFT" filter -C r <m >out
	tail -n +3 out | cmp -s - m
	is "$1: the message is whole" $? 0
	"$SIMSIFT" check -C r <m
	is "$1: check" $? 0
	rm r/20_bad.cf
}
broken 'pattern not closed' 2:10 t <<'END'
# one
body BAD /abc
END
broken 'no pattern' 1:10 a <<'END'
body BAD abc
END
broken 'unknown flag' 1:16 u <<'END'
body BAD /abc/iq
END
broken 'bad score' 3:11 n <<'END'
body BAD /abc/

score BAD five
END
broken 'unknown action' 2:14 p <<'END'
ifplugin Simsift
action promo burn
endif
END
broken 'bad unit' 3:9 a <<'END'
body BAD /abc/
ifplugin Simsift
cut BAD sheet
endif
END
broken 'guard too large' 3:11 a <<'END'
body BAD /abc/
ifplugin Simsift
guard BAD part
endif
END
broken 'bad setting' 2:12 l <<'END'
ifplugin Simsift
limit_time soon
endif
END
printf 'body BAD /abc\n' >r/20_bad.cf
is 'it is said what that means' "$(words | tail -n 1 |
	grep -c 'until that is mended')" 1
is 'on a terminal filter says it too' "$("$PTY" 2 "$SIMSIFT" filter -C r \
	<m 2>/dev/null | head -n 1 | cut -d : -f 1-4)" \
	'simsift: r/20_bad.cf:1:10'
rm r/20_bad.cf

# A pattern that does not compile is found when it is first needed.
printf 'body BAD /TG (/\nscore BAD 0.1\n' >r/20_bad.cf
is 'pattern that does not compile: marked at most' "$(field)" \
	'verdict=promo; action=mark;'
rm r/20_bad.cf

# ---- files that somebody else may write ----
echo 'body MORE /office/' >r/30_more.cf
chmod 666 r/30_more.cf
is 'writable by everybody: refused' "$(words | head -n 1)" \
	'simsift: r/30_more.cf: refused: it is writable by everybody (chmod o-w)'
is 'writable by everybody: marked at most' "$(field)" \
	'verdict=promo; action=mark;'
chmod 644 r/30_more.cf
is 'mended: cut' "$(field)" 'verdict=promo; action=cut;'
rm r/30_more.cf
if [ "$(id -u)" = 0 ]; then
	echo 'body MORE /office/' >r/30_more.cf
	chown 12345 r/30_more.cf
	is "a stranger's file: refused" "$(words | head -n 1)" \
		'simsift: r/30_more.cf: refused: it belongs to neither root nor you (chown)'
	rm -f r/30_more.cf
fi
mkdir r/40_folder.cf
is 'a folder: refused' "$(words | head -n 1)" \
	'simsift: r/40_folder.cf: refused: it is not a regular file'
rmdir r/40_folder.cf
mkfifo r/40_fifo.cf
is 'a FIFO: refused, not waited for' "$(words | head -n 1)" \
	'simsift: r/40_fifo.cf: refused: it is not a regular file'
rm r/40_fifo.cf
ln -s nowhere r/50_link.cf
is 'a link to nowhere' "$(words | head -n 1)" \
	'simsift: r/50_link.cf: No such file or directory'
rm r/50_link.cf
mkdir none
is 'a folder without rules' "$("$SIMSIFT" explain -C none m 2>&1 |
	head -n 1)" 'simsift: none: no rule file (*.cf) in this folder'

# ---- the user's own ----
mkdir -p "$XDG_CONFIG_HOME/simsift"
cp r/10_good.cf "$XDG_CONFIG_HOME/simsift/"
is "the user's rules are read" "$("$SIMSIFT" filter <m | grep -c TOKEN)" 1
is 'not with -C' "$("$SIMSIFT" filter -C none <m | grep -c TOKEN)" 0
# ---- a name where none belongs, a folder in place of a file ----
mkdir "$TMP/folder"
"$SIMSIFT" rules list NAME -C "$TMP/folder" >"$TMP/out" 2>"$TMP/err"
is 'rules list NAME: 64' $? 64
is 'it says so, and no more' "$(cat "$TMP/err")" \
	'simsift: NAME: rules list takes no name: it lists all (-C DIR: those of a folder)'
"$SIMSIFT" rules lint "$TMP/folder" >"$TMP/out" 2>"$TMP/err"
is 'rules lint FOLDER: 1' $? 1
ok 'what to do' grep -q "(a folder: -C $TMP/folder)" "$TMP/out"
done_testing
