#include "post.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "maildir.h"
#include "message.h"

#define N(a) (sizeof(a) / sizeof *(a))

bool
post_address(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > LIMIT_ADDRESS || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 127 ||
		    strchr("<>()[]\\,;:\"|`$&*?!#{}'", s[i]) != NULL)
			return false;
	return true;
}

void
post_self(char out[POST_SELF])
{
	struct passwd *me = getpwuid(getuid());
	const char *user = "simsift";
	char host[64] = "";

	if (me != NULL && post_address(me->pw_name))
		user = me->pw_name;
	if (gethostname(host, sizeof host - 1) == -1 || !post_address(host))
		strcpy(host, "localhost");
	snprintf(out, POST_SELF, "%.300s@%s", user, host);
}

/* ---- sendmail ---- */

static const char *
find_program(const char *program, struct err *err)
{
	static const char *const usual[] = {"/usr/sbin/sendmail",
	    "/usr/lib/sendmail", "/usr/bin/sendmail",
	    "/usr/local/sbin/sendmail"};

	if (program != NULL) {
		if (program[0] == '/' && access(program, X_OK) == 0)
			return program;
		err_set(err, "sendmail %s: %s", program,
		    program[0] != '/'
			? "the setting takes a path that begins with /"
			: strerror(errno));
		return NULL;
	}
	for (size_t i = 0; i < N(usual); i++)
		if (access(usual[i], X_OK) == 0)
			return usual[i];
	err_set(err, "no sendmail in /usr/sbin and /usr/lib: name it with "
		     "-c 'sendmail PATH', or use --maildir or --stdout");
	return NULL;
}

/* The message as a file without a name: sendmail reads it at its own pace, and
   one that does not read it cannot block us. */
static int
as_file(const struct buf *message, struct err *err)
{
	int fd = memfd_create("simsift", MFD_CLOEXEC);

	if (fd == -1)
		return err_errno(err, "no memory for what sendmail reads");
	if (message_write(fd, message->p, message->len, err) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

_Noreturn static void
become(const char *program, const char **argv, int fd)
{
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	/* Its words are no part of our output. */
	if (dup2(fd, STDIN_FILENO) != -1 &&
	    dup2(STDERR_FILENO, STDOUT_FILENO) != -1)
		execv(program, (char *const *)(void *)argv);
	_exit(EX_UNAVAILABLE);
}

static int
wait_for(pid_t pid, const char *program, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return err_errno(err, "cannot wait for %s", program);
	if (WIFSIGNALED(status))
		return err_set(err, "%s died of signal %d (%s)", program,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, "%s ended with status %d%s", program,
		    WEXITSTATUS(status),
		    WEXITSTATUS(status) == EX_TEMPFAIL
			? " (it could not take it now: try again later)"
			: " (its own words stand above, or in its log)");
	return 0;
}

int
post_sendmail_file(const char *program, const char *const *to, size_t nto,
    int fd, struct err *err)
{
	const char **argv = calloc(nto + 4, sizeof *argv);
	size_t n = 0;
	int rc = -1;
	pid_t pid;

	if (argv == NULL) {
		err_set(err, "no memory for the message");
		goto out;
	}
	if ((program = find_program(program, err)) == NULL)
		goto out;
	argv[n++] = program;
	argv[n++] = "-oi"; /* a line with a single dot does not end it */
	argv[n++] = "--";
	for (size_t i = 0; i < nto; i++) {
		if (!post_address(to[i])) {
			err_set(
			    err, "%s: not an address to send mail to", to[i]);
			goto out;
		}
		argv[n++] = to[i];
	}
	if (lseek(fd, 0, SEEK_SET) == -1)
		err_errno(err, "the message");
	else if ((pid = fork()) == -1)
		err_errno(err, "cannot start %s (ulimit -u)", program);
	else if (pid == 0)
		become(program, argv, fd);
	else
		rc = wait_for(pid, program, err);
out:
	free(argv);
	return rc;
}

int
post_sendmail(const char *program, const char *const *to, size_t nto,
    const struct buf *message, struct err *err)
{
	int fd, rc;

	if (message->failed)
		return err_set(err, "no memory for the message");
	if ((fd = as_file(message, err)) == -1)
		return -1;
	rc = post_sendmail_file(program, to, nto, fd, err);
	close(fd);
	return rc;
}

/* ---- Maildir ---- */

static int
open_maildir(const char *dir, int *tmp, int *new_dir, struct err *err)
{
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*tmp = *new_dir = -1;
	if (root == -1)
		return err_errno(err, "%s", dir);
	*tmp = openat(root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*new_dir = openat(root, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(root);
	if (*tmp == -1 || *new_dir == -1)
		return err_errno(
		    err, "%s is no Maildir (tmp and new in it)", dir);
	return 0;
}

static int
write_file(int fd, const struct buf *message, struct err *err)
{
	if (message_write(fd, message->p, message->len, err) == -1)
		return -1;
	if (fsync(fd) == -1)
		return err_errno(err, "cannot write the message");
	return 0;
}

int
post_maildir(const char *dir, const struct buf *message, struct err *err)
{
	int tmp, new_dir, fd = -1, rc = -1;
	char name[160];

	if (message->failed)
		return err_set(err, "no memory for the message");
	maildir_unique(name, sizeof name, time(NULL));
	if (open_maildir(dir, &tmp, &new_dir, err) == -1)
		goto out;
	fd = openat(tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		err_errno(err, "%s/tmp", dir);
		goto out;
	}
	rc = write_file(fd, message, err);
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(err, "cannot write the message");
	if (rc == 0 && renameat(tmp, name, new_dir, name) == -1)
		rc = err_errno(err, "%s/new", dir);
	if (rc == -1)
		unlinkat(tmp, name, 0);
	else if (fsync(new_dir) == -1)
		rc = err_errno(err, "%s/new", dir);
out:
	if (tmp != -1)
		close(tmp);
	if (new_dir != -1)
		close(new_dir);
	return rc;
}
