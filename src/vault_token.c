/*
 * The token: that a message is as we made it (FIPS 198-1, RFC 2104).
 */
#include "vault_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

#define SECRET "secret"
#define KEY 32
#define SUM SHA256_DIGEST_LENGTH
#define ID_SHOWN 16 /* digits of a message's id: nobody finds a second one */

/* ---- the sum of a body ---- */

void
vault_sum_start(struct vault_sum *s)
{
	*s = (struct vault_sum){0};
	SHA256Init(&s->ctx);
}

/* What waits becomes part of the sum: text follows. */
static void
settle(struct vault_sum *s)
{
	for (; s->lines > 0; s->lines--)
		SHA256Update(&s->ctx, (const uint8_t *)"\n", 1);
	if (s->cr)
		SHA256Update(&s->ctx, (const uint8_t *)"\r", 1);
	s->cr = false;
}

int
vault_sum_put(void *sum, const char *p, size_t n)
{
	struct vault_sum *s = sum;

	for (size_t at = 0; at < n;) {
		size_t from = at;

		if (p[at] == '\n') {
			s->lines++;
			s->cr = false;
			at++;
			continue;
		}
		if (p[at] == '\r') {
			if (s->cr)
				settle(s);
			s->cr = true;
			at++;
			continue;
		}
		settle(s);
		while (at < n && p[at] != '\n' && p[at] != '\r')
			at++;
		SHA256Update(&s->ctx, (const uint8_t *)p + from, at - from);
		s->text = true;
	}
	return 0;
}

/* ---- HMAC-SHA-256 ---- */

static void
hmac(const uint8_t key[KEY], const uint8_t *p, size_t n, uint8_t out[SUM])
{
	uint8_t inner[SHA256_BLOCK_LENGTH], outer[SHA256_BLOCK_LENGTH];
	SHA2_CTX ctx;

	memset(inner, 0x36, sizeof inner);
	memset(outer, 0x5c, sizeof outer);
	for (size_t i = 0; i < KEY; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	SHA256Init(&ctx);
	SHA256Update(&ctx, inner, sizeof inner);
	SHA256Update(&ctx, p, n);
	SHA256Final(out, &ctx);
	SHA256Init(&ctx);
	SHA256Update(&ctx, outer, sizeof outer);
	SHA256Update(&ctx, out, SUM);
	SHA256Final(out, &ctx);
}

/* Over "ID\n" and the sum of the body, in hex.  Line ends that still wait are
   at the end of the body, and do not count. */
static void
sign(const uint8_t key[KEY], const char *id, const struct vault_sum *sum,
    char hex[SUM * 2 + 1])
{
	struct vault_sum s = *sum;
	uint8_t text[VAULT_ID + 1 + SUM], out[SUM];
	size_t n = strlen(id);

	memcpy(text, id, n);
	text[n] = '\n';
	SHA256Final(text + n + 1, &s.ctx);
	hmac(key, text, n + 1 + SUM, out);
	for (size_t i = 0; i < SUM; i++)
		snprintf(hex + i * 2, 3, "%02x", out[i]);
}

/* The time it takes does not tell where they differ. */
static bool
same(const char *a, const char *b, size_t n)
{
	unsigned differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return differ == 0;
}

/* ---- the secret ---- */

/* VAULT_NONE: there is none. */
static int
read_secret(struct vault *v, uint8_t key[KEY], struct err *err)
{
	int fd = openat(v->root, SECRET,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd == -1 && errno == ENOENT)
		return vault_fault(
		    err, VAULT_NONE, "the vault %s has no secret", v->path);
	if (fd == -1)
		return vault_errno(err, "cannot open %s/%s", v->path, SECRET);
	while ((got = read(fd, key, KEY)) == -1 && errno == EINTR)
		continue;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || st.st_mode & 077 || st.st_size != KEY ||
	    got != KEY) {
		close(fd);
		return vault_fault(err, VAULT_BAD,
		    "%s/%s is not a secret of %d bytes that only we may read: "
		    "remove it, and a new one is made",
		    v->path, SECRET, KEY);
	}
	close(fd);
	return 0;
}

/* Whoever is first makes it; all use that one. */
static int
make_secret(struct vault *v, struct err *err)
{
	struct buf none = BUF(0);
	char name[VAULT_NAME], key[KEY];
	size_t got = 0;
	int rc = 0;

	while (got < KEY) {
		ssize_t k = getrandom(key + got, KEY - got, 0);

		if (k == -1 && errno != EINTR)
			return vault_errno(err, "no random bytes");
		got += k > 0 ? (size_t)k : 0;
	}
	if ((rc = vault_write_tmp(v, &none, key, KEY, name, err)) != 0)
		return rc;
	/* A link does not replace what is there; where there are no links
	   (FAT) there is a rename that does not. */
	if (linkat(v->tmp, name, v->root, SECRET, 0) == -1 && errno != EEXIST &&
	    renameat2(v->tmp, name, v->root, SECRET, RENAME_NOREPLACE) == -1 &&
	    errno != EEXIST && errno != ENOENT)
		rc = vault_errno(err, "cannot make %s/%s", v->path, SECRET);
	unlinkat(v->tmp, name, 0);
	return rc != 0 ? rc : vault_sync_dir(v, v->root, err);
}

static int
get_secret(struct vault *v, uint8_t key[KEY], struct err *err)
{
	int rc = read_secret(v, key, err);

	if (rc != VAULT_NONE)
		return rc;
	rc = make_secret(v, err);
	return rc != 0 ? rc : read_secret(v, key, err);
}

/* ---- the field ---- */

static bool
in_id(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
}

int
vault_token(struct vault *v, const char *id, struct vault_sum *sum,
    const char *eol, struct buf *out, struct err *err)
{
	char name[VAULT_ID + 1], hex[SUM * 2 + 1];
	size_t n = strlen(id);
	uint8_t key[KEY];
	int rc;

	if (n == VAULT_ID)
		n = ID_SHOWN;
	if (!sum->text || n == 0 || n > VAULT_ID)
		return 0;
	memcpy(name, id, n);
	name[n] = '\0';
	if ((rc = get_secret(v, key, err)) != 0)
		return rc;
	sign(key, name, sum, hex);
	explicit_bzero(key, sizeof key);
	buf_printf(out, "X-Simsift-Token: %s%s %s%s", name, eol, hex, eol);
	if (out->failed)
		return vault_fault(err, VAULT_IO, "no memory for the token");
	return 0;
}

int
vault_token_for(struct vault *v, struct arena *a, const char *id, const char *p,
    uint32_t len, struct buf *out, struct err *err)
{
	struct vault_sum sum;
	struct header h;

	message_header(&h, a, p, 0, len);
	vault_sum_start(&sum);
	vault_sum_put(&sum, p + h.body, len - h.body);
	return vault_token(v, id, &sum, message_eol(p, len), out, err);
}

/* The next word of the value; its length, 0: none. */
static size_t
next_word(const char *p, size_t n, size_t *at)
{
	size_t from;

	while (*at < n && memchr(" \t\r\n", p[*at], 4) != NULL)
		++*at;
	from = *at;
	while (*at < n && in_id(p[*at]))
		++*at;
	return *at - from;
}

/* ID and HMAC, and nothing else. */
static bool
read_token(
    const char *p, size_t n, char id[VAULT_ID + 1], char hex[SUM * 2 + 1])
{
	size_t at = 0, k = next_word(p, n, &at);

	if (k == 0 || k > VAULT_ID)
		return false;
	memcpy(id, p + at - k, k);
	id[k] = '\0';
	if ((k = next_word(p, n, &at)) != SUM * 2)
		return false;
	memcpy(hex, p + at - k, k);
	hex[k] = '\0';
	return next_word(p, n, &at) == 0 && at == n;
}

bool
vault_token_holds(struct vault *v, const char *value, size_t n,
    const struct vault_sum *sum, char id[VAULT_ID + 1])
{
	char hex[SUM * 2 + 1], want[SUM * 2 + 1];
	uint8_t key[KEY];
	struct err err;

	if (!sum->text || !read_token(value, n, id, hex) ||
	    read_secret(v, key, &err) != 0)
		return false;
	sign(key, id, sum, want);
	explicit_bzero(key, sizeof key);
	return same(hex, want, sizeof want - 1);
}

int
vault_token_id(const char *value, size_t n, char id[VAULT_ID + 1])
{
	char hex[SUM * 2 + 1];

	return read_token(value, n, id, hex) ? 0 : -1;
}
