/*
 * How a message gets into the vault: once, whole, and for good.
 */
#include "vault_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"

#define TRIES 10 /* names in tmp, until one is free */

void
vault_id(const char *p, uint32_t len, char id[VAULT_ID + 1])
{
	SHA256Data((const uint8_t *)p, len, id);
}

/* The sum of "From sender" and the message; of one without a From_ line that
   is its id. */
static void
retry_id(const struct vault_item *it, const char *id, char out[VAULT_RETRY + 1])
{
	uint32_t n = vault_from_line(it->p, it->len), sender = 5;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX ctx;

	if (n > 0) {
		while (sender < n && it->p[sender] != ' ')
			sender++;
		SHA256Init(&ctx);
		SHA256Update(&ctx, (const uint8_t *)it->p, sender);
		SHA256Update(
		    &ctx, (const uint8_t *)it->p + n - 1, it->len - n + 1);
		id = SHA256End(&ctx, hex);
	}
	memcpy(out, id, VAULT_RETRY);
	out[VAULT_RETRY] = '\0';
}

static int
open_tmp(struct vault *v, char name[VAULT_NAME], struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	uint64_t random;
	int fd = -1;

	for (int i = 0; i < TRIES && fd == -1; i++) {
		if (getrandom(&random, sizeof random, GRND_NONBLOCK) !=
		    sizeof random)
			random = (uint64_t)i;
		snprintf(name, VAULT_NAME, "simsift-%lld.%ld.%016llx",
		    (long long)time(NULL), (long)getpid(),
		    (unsigned long long)random);
		fd = openat(v->tmp, name, flags, 0600);
		if (fd == -1 && errno != EEXIST && errno != EINTR)
			break;
	}
	if (fd == -1)
		return vault_errno(
		    err, "cannot make a file in %s/tmp", v->path);
	return fd;
}

int
vault_write_tmp(struct vault *v, const struct buf *head, const char *p,
    size_t n, char name[VAULT_NAME], struct err *err)
{
	int fd = open_tmp(v, name, err), rc = 0;

	if (fd < 0)
		return fd;
	if (message_write(fd, head->p, head->len, err) == -1 ||
	    message_write(fd, p, n, err) == -1)
		rc = vault_errno(err, "cannot write to the vault %s", v->path);
	while (rc == 0 && fsync(fd) == -1)
		if (errno != EINTR)
			rc = vault_errno(
			    err, "cannot write to the vault %s", v->path);
	/* On NFS the quota may be told only here. */
	if (close(fd) == -1 && errno != EINTR && rc == 0)
		rc = vault_errno(err, "cannot write to the vault %s", v->path);
	if (rc != 0)
		unlinkat(v->tmp, name, 0);
	return rc;
}

/* Looks for a message that is stored already. */
struct known {
	struct vault *v;
	struct arena *a;
	const struct vault_item *it;
	char *id;
	const char *retry;
	const struct vault_entry *mine; /* or NULL: it is not stored yet */
	struct vault_entry found;
	char name[VAULT_NAME]; /* of what was found */
	struct err *err;
};

/* Does a file take the place of the one that this process has, or would make?
   A held message is not kept by the original of a cut one: that is listed as
   delivered.  Of two that came at the same time the later one gives way. */
static bool
precedes(const struct vault_entry *e, const struct known *k)
{
	if (e->action != k->it->action)
		return e->action == ACTION_HOLD;
	return k->mine == NULL || e->time < k->mine->time;
}

static bool
same_message(const struct known *k, const struct vault_entry *e)
{
	return memcmp(e->retry, k->retry, VAULT_RETRY) == 0;
}

/* And is it whole?  Then its id is the message's. */
static int
is_known(void *ctx, const struct vault_entry *e)
{
	struct known *k = ctx;
	uint32_t n = vault_from_line(k->it->p, k->it->len);
	struct buf bytes = BUF(LIMIT_MESSAGE);
	bool same;

	if (!same_message(k, e) || !precedes(e, k))
		return 0;
	same =
	    vault_original(k->v, k->a, e, false, &bytes, NULL, k->err) == 0 &&
	    bytes.len == k->it->len - n &&
	    (bytes.len == 0 || memcmp(bytes.p, k->it->p + n, bytes.len) == 0);
	buf_free(&bytes);
	if (same) {
		memcpy(k->id, e->id, VAULT_ID);
		vault_copy_entry(&k->found, k->name, e);
	}
	return same;
}

/* The original of a cut message that is held now; but not that of another try,
   whose id stands in a message that was delivered. */
static int
drop_cut(void *ctx, const struct vault_entry *e)
{
	const struct known *k = ctx;

	if (memcmp(e->id, k->id, VAULT_ID) == 0 && e->action == ACTION_CUT)
		unlinkat(vault_dir(k->v, e), e->name, 0);
	return 0;
}

static void
name_file(char out[VAULT_NAME], time_t when, const char *id, const char *retry,
    enum action action)
{
	snprintf(out, VAULT_NAME, "%lld.%.*s.%.*s.%s", (long long)when,
	    VAULT_ID, id, VAULT_RETRY, retry, rules_action_name(action));
}

/* 1: it is there, whole, and on disk, as new as if it had been written now: a
   purge of what is old leaves it, and a report tells it.  0: it is not there;
   who moved it meanwhile may have removed it as well.  Else a fault.  name:
   the file's. */
static int
find_known(struct known *k, char name[VAULT_NAME])
{
	const struct vault_entry *e = &k->found;
	uint32_t strangers = 0;
	time_t now = time(NULL);
	int rc = vault_walk(k->v, is_known, k, &strangers, k->err);

	if (rc != 1)
		return rc;
	name_file(name, e->time > now ? (time_t)e->time : now, e->id, e->retry,
	    e->action);
	if (renameat(vault_dir(k->v, e), e->name, k->v->new_dir, name) == -1)
		return errno == ENOENT
			   ? 0
			   : vault_errno(k->err, "cannot make %s/%s/%s new",
				 k->v->path, vault_dir_name(e), e->name);
	rc = vault_sync(k->v, k->err);
	return rc != 0 ? rc : 1;
}

/* Stored: what else there is of that message goes, or this one does, unless
   the other has just taken its name. */
static void
only_one(struct known *k, const char *name)
{
	char other[VAULT_NAME];
	struct vault_entry mine;
	uint32_t strangers = 0;

	if (!vault_parse_name(name, &mine))
		return;
	k->mine = &mine;
	if (find_known(k, other) == 1) {
		if (strcmp(name, other) != 0)
			unlinkat(k->v->new_dir, name, 0);
	} else if (k->it->action == ACTION_HOLD) {
		vault_walk(k->v, drop_cut, k, &strangers, k->err);
	}
}

/* An NFS server may have done it and forgotten that it did. */
static bool
is_moved(struct vault *v, const char *name, uint64_t size)
{
	struct stat st;

	return errno == ENOENT &&
	       fstatat(v->new_dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static int
move_in(struct vault *v, const char *tmp, const char *name, uint64_t size,
    struct err *err)
{
	int rc;

	if (renameat(v->tmp, tmp, v->new_dir, name) == 0 ||
	    is_moved(v, name, size))
		return 0;
	rc = vault_errno(err, "cannot move a file to %s/new", v->path);
	unlinkat(v->tmp, tmp, 0);
	return rc;
}

static int
store(struct known *k)
{
	const struct vault_item *it = k->it;
	struct buf head = BUF(LIMIT_VAULT_HEAD);
	uint32_t n = vault_from_line(it->p, it->len);
	char tmp[VAULT_NAME], name[VAULT_NAME];
	time_t now = time(NULL);
	struct vault *v = k->v;
	uint64_t size;
	bool known = vault_index_has(v, k->retry);
	int rc = known ? find_known(k, name) : 0;

	if (rc != 0)
		return rc == 1 ? 0 : rc;
	vault_put_block(&head, it, k->id, now);
	size = head.len + (it->len - n);
	if (head.failed)
		rc = vault_fault(k->err, VAULT_IO, "no memory for the vault");
	else
		rc = vault_write_tmp(
		    v, &head, it->p + n, it->len - n, tmp, k->err);
	buf_free(&head);
	if (rc != 0)
		return rc;
	name_file(name, now, k->id, k->retry, it->action);
	/* Where only the last step fails the file stays: another process may
	   have taken it for its own. */
	if ((rc = move_in(v, tmp, name, size, k->err)) != 0 ||
	    (rc = vault_sync_dir(v, v->new_dir, k->err)) != 0)
		return rc;
	vault_index_add(v, k->retry);
	if (known)
		only_one(k, name);
	return 0;
}

int
vault_store(struct vault *v, const struct vault_item *it, char id[VAULT_ID + 1],
    struct err *err)
{
	char retry[VAULT_RETRY + 1];
	struct known k = {
	    .v = v, .it = it, .id = id, .retry = retry, .err = err};
	struct arena *a = arena_new(LIMIT_MESSAGE);
	int rc;

	vault_id(it->p, it->len, id);
	retry_id(it, id, retry);
	if (a == NULL || setjmp(*arena_oom(a)) != 0) {
		arena_free(a);
		return vault_fault(err, VAULT_IO, "no memory for the vault");
	}
	k.a = a;
	rc = store(&k);
	arena_free(a);
	return rc;
}
