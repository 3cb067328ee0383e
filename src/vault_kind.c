/*
 * Whether a folder may become a vault: a user's own must not.
 */
#include "vault_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SECRET 0x1u
#define FOLDERS 0xeu
#define OTHER 0x10u

/* The bit of what may stand in a vault. */
static unsigned
kind(const char *name)
{
	static const char *const ours[] = {"secret", "tmp", "new", "cur"};

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	for (unsigned i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(name, ours[i]) == 0)
			return 1u << i;
	return OTHER;
}

int
vault_kind(const struct vault *v, struct err *err)
{
	int fd = openat(v->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	const struct dirent *d;
	unsigned seen = 0;

	if (dir == NULL) {
		vault_errno(err, "cannot read the vault %s", v->path);
		if (fd != -1)
			close(fd);
		return VAULT_IO;
	}
	while ((d = readdir(dir)) != NULL)
		seen |= kind(d->d_name);
	closedir(dir);
	/* Another process may be making it just now. */
	if (!(seen & OTHER) || seen & SECRET || (seen & FOLDERS) == FOLDERS)
		return 0;
	return vault_fault(err, VAULT_BAD,
	    "%s is no vault and not empty: name an empty or a new folder",
	    v->path);
}
