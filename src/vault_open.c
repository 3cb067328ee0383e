/*
 * Where the vault is, and whether it is ours.
 */
#include "vault_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where it is ---- */

static const char *
in_home(struct arena *a, const char *rest, struct err *err)
{
	const char *home = getenv("HOME");

	if (home == NULL || home[0] != '/') {
		err_set(err, "no place for the vault: HOME is not set (-V DIR, "
			     "or `vault DIR` in a rule file)");
		return NULL;
	}
	return arena_printf(a, "%s/%s", home, rest);
}

const char *
vault_path(
    struct arena *a, const char *option, const char *setting, struct err *err)
{
	const char *s = option != NULL ? option : setting;
	const char *base = getenv("XDG_DATA_HOME");

	if (s != NULL && s[0] == '\0') {
		err_set(err, "the name of the vault is empty (-V DIR)");
		return NULL;
	}
	if (s != NULL && strncmp(s, "~/", 2) == 0)
		return in_home(a, s + 2, err);
	if (s != NULL)
		return s;
	if (base != NULL && base[0] == '/')
		return arena_printf(a, "%s/simsift/vault", base);
	return in_home(a, ".local/share/simsift/vault", err);
}

/* The name of a new folder reaches the disk with the folder it is in.  One that
   may be searched, but not read, keeps it without us. */
static int
sync_parent(const char *path)
{
	char s[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;
	int fd, rc;

	memcpy(s, slash != NULL ? path : ".", n > 0 ? n : 1);
	s[n > 0 ? n : 1] = '\0';
	fd = open(s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return errno == EACCES ? 0 : -1;
	while ((rc = fsync(fd)) == -1 && errno == EINTR)
		continue;
	if (rc == -1 && (errno == EINVAL || errno == ENOTSUP))
		rc = 0;
	close(fd);
	return rc;
}

/* The folder and all above it that are missing. */
static int
make_folders(const char *path)
{
	char s[4096];
	size_t n = strlen(path);

	if (n >= sizeof s) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i <= n; i++) {
		if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
			continue;
		memcpy(s, path, i);
		s[i] = '\0';
		if (mkdir(s, 0700) == 0) {
			if (sync_parent(s) == -1)
				return -1;
		} else if (errno != EEXIST) {
			return -1;
		}
	}
	return 0;
}

/* fd: of the vault, or of its folder `name`. */
static int
check_owner(const struct vault *v, int fd, const char *name, struct err *err)
{
	const char *slash = name[0] != '\0' ? "/" : "";
	struct stat st;

	if (fstat(fd, &st) == -1)
		return vault_errno(
		    err, "the vault %s%s%s", v->path, slash, name);
	if (st.st_uid != geteuid())
		return vault_fault(err, VAULT_BAD,
		    "the vault %s%s%s belongs to somebody else (user %lu, we "
		    "are %lu): run as that user, or name another vault (-V "
		    "DIR)",
		    v->path, slash, name, (unsigned long)st.st_uid,
		    (unsigned long)geteuid());
	if (st.st_mode & 022)
		return vault_fault(err, VAULT_BAD,
		    "others may write into the vault %s%s%s (mode %o): chmod "
		    "700 it, after a look at what is in it",
		    v->path, slash, name, st.st_mode & 07777u);
	return 0;
}

static int
open_root(struct vault *v, bool make, struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	v->root = open(v->path, flags);
	if (v->root == -1 && errno == ENOENT && make &&
	    make_folders(v->path) == 0)
		v->root = open(v->path, flags);
	if (v->root != -1)
		return check_owner(v, v->root, "", err);
	if (errno == ENOENT && !make)
		return vault_fault(err, VAULT_NONE,
		    "there is no vault at %s: nothing was stored there yet "
		    "(-V DIR names another one)",
		    v->path);
	if (errno == ENOTDIR)
		return vault_fault(err, VAULT_BAD,
		    "the vault %s is not a folder: move what is there away, or "
		    "name another place (-V DIR, or `vault DIR` in a rule "
		    "file)",
		    v->path);
	return vault_errno(err, "cannot %s the vault %s",
	    make ? "make or open" : "open", v->path);
}

static int
open_folder(struct vault *v, const char *name, bool make, int *fd, bool *made,
    struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	*fd = openat(v->root, name, flags);
	if (*fd == -1 && errno == ENOENT && make) {
		if (mkdirat(v->root, name, 0700) == -1 && errno != EEXIST)
			return vault_errno(
			    err, "cannot make %s/%s", v->path, name);
		*made = true;
		*fd = openat(v->root, name, flags);
	}
	if (*fd != -1)
		return check_owner(v, *fd, name, err);
	if (errno == ENOENT)
		return vault_fault(err, VAULT_NONE,
		    "%s is no vault: it has no folder `%s` (-V DIR names "
		    "another one)",
		    v->path, name);
	if (errno == ENOTDIR || errno == ELOOP)
		return vault_fault(err, VAULT_BAD,
		    "%s/%s is not a folder, or a symbolic link to one: move it "
		    "away",
		    v->path, name);
	return vault_errno(err, "cannot open %s/%s", v->path, name);
}

int
vault_open(struct vault *v, const char *path, bool make, struct err *err)
{
	bool made = false;
	int rc;

	*v = (struct vault){path, -1, -1, -1, -1, NULL};
	if ((rc = open_root(v, make, err)) != 0 ||
	    (make && (rc = vault_kind(v, err)) != 0) ||
	    (rc = open_folder(v, "tmp", make, &v->tmp, &made, err)) != 0 ||
	    (rc = open_folder(v, "new", make, &v->new_dir, &made, err)) != 0 ||
	    (rc = open_folder(v, "cur", make, &v->cur_dir, &made, err)) != 0)
		return rc;
	/* What is stored would be gone with its folder's name. */
	if (made && (rc = vault_sync_dir(v, v->root, err)) != 0)
		return rc;
	if (make)
		vault_sweep(v);
	return 0;
}

void
vault_close(struct vault *v)
{
	int *fd[] = {&v->root, &v->tmp, &v->new_dir, &v->cur_dir};

	for (size_t i = 0; i < sizeof fd / sizeof *fd; i++) {
		if (*fd[i] != -1)
			close(*fd[i]);
		*fd[i] = -1;
	}
	vault_index_free(v);
}

void
vault_lock(struct vault *v)
{
	while (v->root != -1 && flock(v->root, LOCK_EX) == -1 && errno == EINTR)
		continue;
}
