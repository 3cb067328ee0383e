/* Box readers: messages lie in the file, one behind the other. */
#include <sys/mman.h>
#include <unistd.h>

#include "box.h"
#include "fuzz.h"

static void
read_all(struct box *b, uint32_t n)
{
	struct box_item item;
	uint64_t at = 0;
	struct err err;
	char *p;
	int rc;

	while ((rc = box_next(b, &item, &err)) != 0) {
		if (rc == -1)
			continue;
		MUST(item.offset >= at && item.offset + item.len <= n);
		at = item.offset + item.len;
		p = malloc(item.len);
		MUST(
		    box_read(b, &item, p, item.len, &err) == (int64_t)item.len);
		free(p);
	}
}

FUZZ(a, p, n)
{
	static const enum box_kind kinds[] = {BOX_ANY, BOX_MBOX, BOX_FILE};
	struct box_wish wish = {.kind = kinds[fuzz_choice(&p, &n, 3)]};
	int fd = memfd_create("box", 0);
	struct box *b;
	struct err err;
	char path[40];

	(void)a;
	MUST(fd != -1 && write(fd, p, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (box_open(&b, path, &wish, &err) == 0) {
		read_all(b, n);
		box_close(b);
	}
	close(fd);
}
