#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

void
maildir_unique(char *out, size_t room, int64_t seconds)
{
	static unsigned count;
	struct timespec now;
	char host[64] = "";

	clock_gettime(CLOCK_REALTIME, &now);
	gethostname(host, sizeof host - 1);
	for (char *p = host; *p != '\0'; p++)
		if (*p == '/' || *p == ':' || *p == ',')
			*p = '_';
	snprintf(out, room, "%lld.M%ldP%ldQ%u.%s", (long long)seconds,
	    now.tv_nsec / 1000, (long)getpid(), count++,
	    host[0] != '\0' ? host : "localhost");
}

const char *
maildir_flags(const char *name)
{
	return name + strcspn(name, ":");
}

static bool
find_in(const char *folder, const char *sub, const char *base, size_t n,
    char out[MAILDIR_NAME])
{
	char path[LIMIT_PATH];
	const struct dirent *d;
	bool found = false;
	DIR *dir;

	if (!disk_join(path, sizeof path, folder, sub) ||
	    (dir = opendir(path)) == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL)
		found = strncmp(d->d_name, base, n) == 0 &&
			(d->d_name[n] == ':' || d->d_name[n] == '\0') &&
			disk_join(out, MAILDIR_NAME, sub, d->d_name);
	closedir(dir);
	return found;
}

bool
maildir_find(const char *folder, const char *place, char out[MAILDIR_NAME])
{
	const char *slash = strrchr(place, '/');
	const char *base = slash != NULL ? slash + 1 : place;
	size_t n = strcspn(base, ":");
	char path[LIMIT_PATH];
	struct stat st;

	if (disk_join(path, sizeof path, folder, place) &&
	    lstat(path, &st) == 0 && strlen(place) < MAILDIR_NAME) {
		strcpy(out, place);
		return true;
	}
	/* From new it goes to cur: whoever is moved between the two looks is
	   seen there. */
	return find_in(folder, "new", base, n, out) ||
	       find_in(folder, "cur", base, n, out);
}

uint64_t
maildir_wide(const char *p, size_t n)
{
	uint64_t wide = n;
	const char *at = p, *end = p + n;

	while (
	    at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		wide += at == p || at[-1] != '\r';
		at++;
	}
	return wide;
}

int
maildir_make(const char *folder, bool sub, struct err *err)
{
	static const char *const part[] = {"", "tmp", "new", "cur"};
	char path[LIMIT_PATH];
	bool made = false;
	int fd;

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		if (!disk_join(path, sizeof path, folder, part[i]))
			return err_set(err, "%s: too long a name", folder);
		if (mkdir(path, 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return err_errno(err, "cannot make %s", path);
	}
	if (sub && made &&
	    disk_join(path, sizeof path, folder, "maildirfolder")) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd == -1)
			return err_errno(err, "cannot make %s", path);
		close(fd);
	}
	if (made && (disk_sync_folder(folder) == -1 ||
			disk_sync_folder_of(folder) == -1))
		return err_errno(err, "cannot make %s", folder);
	return 0;
}

int
maildir_write(const char *folder, const char *name, const char *p, size_t n,
    const struct stat *like, struct err *err)
{
	char path[LIMIT_PATH], tmp[MAILDIR_NAME];

	if (!disk_join(tmp, sizeof tmp, "tmp", name) ||
	    !disk_join(path, sizeof path, folder, tmp))
		return err_set(err, "%s: too long a name", name);
	return disk_make(path, p, n, like, err);
}
