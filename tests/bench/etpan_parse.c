/*
 * etpan_parse < MESSAGE: reads it whole and has libetpan parse it; nothing
 * else.  What simsift's time is compared with.
 */
#include <libetpan/mailmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int
main(void)
{
	struct mailmime *mime = NULL;
	size_t at = 0, n = 0;
	struct stat st;
	ssize_t got;
	char *p;

	if (fstat(STDIN_FILENO, &st) == -1 ||
	    (p = malloc((size_t)st.st_size + 1)) == NULL) {
		perror("etpan_parse");
		return 1;
	}
	while ((got = read(STDIN_FILENO, p + n, (size_t)st.st_size - n)) > 0)
		n += (size_t)got;
	if (mailmime_parse(p, n, &at, &mime) != MAILIMF_NO_ERROR) {
		fprintf(stderr, "etpan_parse: not parsed\n");
		return 1;
	}
	_exit(0);
}
