/*
 * rules lint, rules test, rules list.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

int
cmd_rules(const struct options *opt)
{
	(void)opt;
	log_error("not yet");
	return EX_USAGE;
}
