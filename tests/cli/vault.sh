# What the tests of the vault's commands start from: . "${0%/*}/vault.sh"
# behind lib.sh.  $V is a vault that is not there yet, r the rules.
# shellcheck shell=sh
PTY=$TOP/tests/cli/pty_run.py
V=$TMP/v
cd "$TMP" || exit 1

mkdir r
cat >r/own.cf <<'END'
body TOKEN /TG @eshop88/
score TOKEN 5
body BULK /cards in bulk/
score BULK 6
ifplugin Simsift
category TOKEN promo.telegram
category BULK promo.wholesale
cut TOKEN sentence
action promo cut
action promo.wholesale hold
endif
END
cat >mail.held <<'END'
From: "Sales" <sales@bulk.example>
To: dana@home.example
Subject: An offer

We have cards in bulk, ask TG @eshop88.
LPA:1$smdp.example$K2-XY7 is yours. Your PIN is 4821.
END
cat >mail.cut <<'END'
From: Ann <ann@news.example>
Subject: =?utf-8?b?5pCs5a625pel?=

The office moves to the second floor next week, so pack on Friday.
Ask the porter for the keys and the boxes. Or ask TG @eshop88.
END

s() { # a command of the program with the vault and the rules
	"$SIMSIFT" "$@" -C r -V "$V"
}

status() { # command...: its exit status; what it printed is in out and err
	"$@" >out 2>err
	echo $?
}

put() { # NAME=VALUE...: the message on standard input, into the vault
	python3 "$TOP/tests/cli/vault_put.py" "$V" "$@"
}

files() { # what is in the vault
	(cd "$V" && find . -type f ! -name secret | sort)
}

# Fake sendmails: one that keeps what it is given, one that fails.
cat >sendmail <<'END'
#!/bin/sh
printf '%s\n' "$@" >"${0%/*}/sent.args"
cat >"${0%/*}/sent"
echo said by sendmail
END
cat >sendmail-fails <<'END'
#!/bin/sh
cat >/dev/null
exit 75
END
chmod +x sendmail sendmail-fails
