#!/bin/sh
# What a shell offers when TAB is pressed: by the program, and in the shells.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

tab=$(printf '\t')
offers() { # the words of the line so far; what it offers, without what it is
	"$SIMSIFT" --complete "$@" | cut -d "$tab" -f 1
}
"$SIMSIFT" --help >"$TMP/help"
commands=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' "$TMP/help")

# ---- the program: from its table ----

is 'all commands' "$(offers '')" "$commands"
is 'commands that begin so' "$(offers re)" "$(echo "$commands" | grep '^re')"
is 'with what they do' "$("$SIMSIFT" --complete filt)" \
	"filter${tab}cut, mark or pass one message"
for c in $commands; do
	usage=$("$SIMSIFT" "$c" --help </dev/null 2>/dev/null |
		sed -n 's/^  \(--*[a-zA-Z0-9-]*\) .*/\1/p')
	case $c in # these answer a program, never with a usage text
	filter | check) usage='-C -c -V --no-vault' ;;
	hold) usage='-C -c -V' ;;
	esac
	got=$(offers "$c" -)
	lacks=
	for o in $usage; do
		case "$got
" in
		*"$o
"*) ;;
		*) lacks="$lacks $o" ;;
		esac
	done
	is "options of $c" "$lacks" ''
done
is 'none of another command' "$(offers rules --)" "$(printf -- \
	'--json\n--strict\n--settings\n--help')"
ok 'an option before the command' sh -c \
	"[ \"\$('$SIMSIFT' --complete -q fil | cut -c 1-6)\" = filter ]"
is 'kinds of boxes' "$(offers scan --type '')" 'auto
mbox
maildir
mh
folder
file'
is 'the same behind =' "$(offers scan --type=ma)" '--type=maildir'
is 'the same, as bash splits it' "$(offers scan --type = ma)" 'maildir'
is 'the same, nothing typed yet' "$(offers scan --type = | head -n 1)" 'auto'
is 'actions of rules' "$(offers rules '')" 'lint
test
list'
is 'files behind them' "$(offers rules lint '')" ':files'
is 'folders' "$(offers scan -C '')" ':dirs'
is 'boxes' "$(offers scan a '')" ':files'
is 'a number is not known' "$(offers scan -j '')" ''
is 'no argument: the message is the input' "$(offers filter '')" ''
is 'behind -- no option' "$(offers explain -- -)" ':files'
is 'shells' "$(offers --completion '')" 'bash
zsh
fish'
is 'an unknown word' "$(offers frobnicate '')" "$commands"

# Rules, categories and settings; of the folder that -C names.
mkdir rules
cat >rules/a.cf <<'END'
body SHOP_LINE /shop1234/
describe SHOP_LINE A shop I know
score SHOP_LINE 5
body SHOP_TWO /shop5678/
ifplugin Simsift
category SHOP_LINE promo.shop.line
category SHOP_TWO promo.shop
endif
END
is 'categories, and those above them' "$(offers list -C rules --category '')" \
	'promo
promo.shop
promo.shop.line'
is 'rule names, with what they are' \
	"$("$SIMSIFT" --complete check -C rules -c 'score SHOP_L')" \
	"score SHOP_LINE${tab}A shop I know"
is 'units' "$(offers -c 'cut SHOP_LINE se')" 'cut SHOP_LINE sentence
cut SHOP_LINE section'
is 'what a category gets' "$(offers -c 'action promo.shop ')" \
	'action promo.shop pass
action promo.shop mark
action promo.shop cut
action promo.shop hold'
is 'settings' "$(offers -c keep_)" 'keep_min_percent
keep_dkim'
is 'all shipped rules' "$(offers -C "$FILTERS" -c 'score ' | sed 's/score //')" \
	"$("$SIMSIFT" rules list -C "$FILTERS" | cut -d ' ' -f 1)"

# Ids.
printf 'From: a@b.example\nSubject: x\n\nsee shop1234\n' |
	"$SIMSIFT" hold -C rules -V vault -c 'action promo hold'
ids=$("$SIMSIFT" list -C rules -V vault | cut -d ' ' -f 1)
ok 'there is an id' test "${#ids}" -ge 5
for c in show release explain diff allow restore; do
	is "ids for $c" "$(offers "$c" -C rules -V vault '' | grep -v :)" "$ids"
done
is 'the vault of a setting' "$(offers show -C rules -V vault "$ids")" "$ids"
is 'show takes one' "$(offers show -C rules -V vault "$ids" '')" ''
is 'release takes several' "$(offers release -V vault "$ids" '')" "$ids"
is 'no vault: nothing, not a word' "$("$SIMSIFT" --complete show -V none '' 2>&1)" ''
ok 'nor is one made' test ! -e none
is 'a rule file that is broken: not a word' \
	"$(echo 'body (' >>rules/a.cf; "$SIMSIFT" --complete show -C rules x 2>&1)" ''
is 'a long word' "$(offers -c "$(head -c 9000 /dev/zero | tr '\0' x)")" ''
ok 'another shell' sh -c "'$SIMSIFT' --completion ksh 2>err; [ \$? -eq 64 ]"
is 'is told which there are' "$(cat err)" \
	'simsift: --completion ksh: bash, zsh or fish'

# ---- the shells; each calls the program by its name ----

mkdir bin 'a folder' 'a folder/in it'
ln -s "$SIMSIFT" bin/simsift
PATH=$TMP/bin:$PATH
: >'a message.eml'
for s in bash zsh fish; do
	"$SIMSIFT" --completion $s >$s.out
done
is 'the script for bash is clean' "$(shellcheck -s bash -S warning bash.out)" ''

# words: the line, of which bash has made COMP_WORDS.
cat >ask.bash <<'END'
. ./bash.out
compopt() { :; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_simsift simsift
printf '%s\n' "${COMPREPLY[@]}"
END
# zsh's own functions answer in place of the line editor.
cat >ask.zsh <<'END'
compadd() { print -rl -- "${word[@]}" }
_files() { [[ $1 = -/ ]] && print -rl -- *(/) || print -rl -- * }
words=("$@")
CURRENT=$#
PREFIX=${@[-1]}
source ./zsh.out
END
in_shell() { # shell, the words of the line
	shell=$1
	shift
	case $shell in
	bash) bash --norc ask.bash simsift "$@" ;;
	zsh) zsh -f ask.zsh simsift "$@" ;;
	fish) # complete -C wants the line
		line=simsift
		for word; do
			case $word in
			*' '*) line="$line '$word" ;;
			*) line="$line $word" ;;
			esac
		done
		fish -N -c "source fish.out; complete -C \"$line\"" |
			cut -d "$tab" -f 1
		;;
	esac
}

for s in bash zsh fish; do
	if ! command -v $s >/dev/null; then
		skip "completion in $s" "no $s: apt-get install $s"
		continue
	fi
	is "$s: commands" "$(in_shell $s re | sort)" \
		"$(echo "$commands" | grep '^re' | sort)"
	is "$s: options" "$(in_shell $s scan --ti)" '--timing'
	is "$s: values" "$(in_shell $s scan --type ma)" 'maildir'
	is "$s: words" "$(in_shell $s rules te)" 'test'
	is "$s: ids" "$(in_shell $s show -V vault '')" "$ids"
	is "$s: rule names" "$(in_shell $s check -C "$FILTERS" -c 'score TG_MAR')" \
		"$(offers check -C "$FILTERS" -c 'score TG_MAR')"
	case $(in_shell $s explain '') in # with ids
	*'a message.eml'*) result 0 "$s: files" ;;
	*) result 1 "$s: files" ;;
	esac
	case $(in_shell $s check -C '') in
	*'a message.eml'*) result 1 "$s: folders only" ;;
	*'a folder'*) result 0 "$s: folders only" ;;
	*) result 1 "$s: folders only" ;;
	esac
done
# The script where zsh looks for it, and a real TAB.
if command -v zsh >/dev/null; then
	mkdir site
	cp zsh.out site/_simsift
	cat >tab.zsh <<'END'
zmodload zsh/zpty
zpty z "PS1=READY TERM=dumb zsh -f -i"
zpty -w z "fpath=($PWD/site \$fpath); autoload -U compinit; compinit -D -u"
zpty -w z "print LOA''DED"
zpty -r -m z seen '*LOADED*'
zpty -w -n z $'simsift scan --timi\t'
zpty -r -m z seen '*--timing*' && print -r -- found
END
	is 'zsh: a real TAB' "$(timeout 20 zsh -f tab.zsh)" found
fi
done_testing
