/*
 * The scripts for the shells.  They know no command and no option: all that is
 * asked of the program, so they never fall behind it.
 */
#include "complete.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "log.h"

/* = is a word of its own in bash; an open quote belongs to the last word. */
static const char bash[] =
    "# bash completion for simsift(1), from simsift --completion bash.\n"
    "_simsift()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} line\n"
    "\tlocal -a before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
    "\n"
    "\tcur=${cur#[\\\"\\']}\n"
    "\tCOMPREPLY=()\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t:files | :dirs)\n"
    "\t\t\tcompopt -o filenames 2>/dev/null\n"
    "\t\t\tlocal kind=-f\n"
    "\t\t\t[ \"$line\" = :files ] || kind=-d\n"
    "\t\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY \\\n"
    "\t\t\t\t< <(compgen $kind -- \"$cur\")\n"
    "\t\t\t;;\n"
    "\t\t*)\n"
    "\t\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
    "\t\t\tcase ${line%%$'\\t'*} in\n"
    "\t\t\t*' '*) compopt -o filenames 2>/dev/null ;;\n"
    "\t\t\tesac\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone < <(\"${1/#\\~/$HOME}\" --complete \"${before[@]}\" \"$cur\" "
    "2>/dev/null)\n"
    "}\n"
    "complete -F _simsift simsift\n";

static const char zsh[] =
    "#compdef simsift\n"
    "# zsh completion for simsift(1), from simsift --completion zsh.\n"
    "_simsift()\n"
    "{\n"
    "\tlocal line\n"
    "\tlocal -a word shown ask\n"
    "\n"
    "\task=(\"${(@Q)words[2,CURRENT-1]}\")\n"
    "\tfor line in \"${(@f)$(${(Q)words[1]} --complete \"${ask[@]}\" "
    "\"${(Q)PREFIX}\" 2>/dev/null)}\"; do\n"
    "\t\tcase $line in\n"
    "\t\t:files) _files ;;\n"
    "\t\t:dirs) _files -/ ;;\n"
    "\t\t?*)\n"
    "\t\t\tword+=(\"${line%%$'\\t'*}\")\n"
    "\t\t\tshown+=(\"${line/$'\\t'/  }\")\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\t(( $#word )) && compadd -l -d shown -a word\n"
    "}\n"
    "_simsift \"$@\"\n";

static const char fish[] =
    "# fish completion for simsift(1), from simsift --completion fish.\n"
    "function __simsift\n"
    "\tset -l before (commandline -opc)\n"
    "\tset -l cur (commandline -ct | string replace -r '^[\"\\']' '')\n"
    "\tfor line in ($before[1] --complete $before[2..-1] \"$cur\" "
    "2>/dev/null)\n"
    "\t\tswitch $line\n"
    "\t\t\tcase :files\n"
    "\t\t\t\t__fish_complete_path \"$cur\"\n"
    "\t\t\tcase :dirs\n"
    "\t\t\t\t__fish_complete_directories \"$cur\" ''\n"
    "\t\t\tcase '*'\n"
    "\t\t\t\techo $line\n"
    "\t\tend\n"
    "\tend\n"
    "end\n"
    "complete -c simsift -f -a '(__simsift)'\n";

int
complete_script(const char *shell)
{
	const char *s = strcmp(shell, "bash") == 0   ? bash
			: strcmp(shell, "zsh") == 0  ? zsh
			: strcmp(shell, "fish") == 0 ? fish
						     : NULL;

	if (s == NULL) {
		log_error("--completion %s: bash, zsh or fish", shell);
		return EX_USAGE;
	}
	return fputs(s, stdout) == EOF || fflush(stdout) == EOF ? EX_IOERR
								: EX_OK;
}
