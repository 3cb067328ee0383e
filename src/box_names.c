#include "box_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

bool
names_not_dots(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool
names_not_hidden(const char *name)
{
	return name[0] != '.';
}

bool
names_numeric(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

int
names_by_number(const char *a, const char *b)
{
	size_t n, m;

	a += strspn(a, "0");
	b += strspn(b, "0");
	n = strlen(a);
	m = strlen(b);
	return n != m ? (n < m ? -1 : 1) : strcmp(a, b);
}

const char *
names_get(const struct names *v, uint32_t i)
{
	return v->text.p + v->at[i];
}

static int
add(struct names *v, const char *name)
{
	uint32_t *more, size = v->size > 0 ? v->size * 2 : 64;

	if (v->n == v->size) {
		more = reallocarray(v->at, size, sizeof *more);
		if (more == NULL)
			return -1;
		v->at = more;
		v->size = size;
	}
	v->at[v->n++] = (uint32_t)v->text.len;
	return buf_put(&v->text, name, strlen(name) + 1);
}

struct order {
	const struct names *v;
	names_compare *compare;
};

static int
by_name(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;
	const char *text = o->v->text.p;
	const uint32_t *x = a, *y = b;
	int rc = o->compare(text + *x, text + *y);

	return rc != 0 ? rc : strcmp(text + *x, text + *y);
}

int
names_read(
    struct names *v, const char *path, names_want *want, names_compare *compare)
{
	struct order order = {v, compare};
	const struct dirent *d;
	DIR *dir = opendir(path);
	int rc = -1, saved;

	*v = (struct names){.text = BUF(LIMIT_BOX_NAMES)};
	if (dir == NULL)
		return -1;
	while (errno = 0, (d = readdir(dir)) != NULL)
		if (want(d->d_name) && add(v, d->d_name) == -1) {
			errno = ENOMEM;
			goto out;
		}
	if (errno != 0)
		goto out;
	if (v->n > 0)
		qsort_r(v->at, v->n, sizeof *v->at, by_name, &order);
	rc = 0;
out:
	saved = errno;
	closedir(dir);
	if (rc == -1)
		names_free(v);
	errno = saved;
	return rc;
}

void
names_free(struct names *v)
{
	buf_free(&v->text);
	free(v->at);
	*v = (struct names){0};
}
