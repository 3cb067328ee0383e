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

#include "limits.h"

#define SECRET "secret"
#define KEY VAULT_SECRET
#define SUM SHA256_DIGEST_LENGTH

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

/* ---- the sum of a header ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The words of a value, a blank before each: refolding and blanks at its end
   make no difference. */
static void
sum_value(SHA2_CTX *ctx, const char *p, struct span s)
{
	for (uint32_t at = s.from, from; at < s.to;) {
		if (is_blank(p[at])) {
			at++;
			continue;
		}
		for (from = at; at < s.to && !is_blank(p[at]);)
			at++;
		SHA256Update(ctx, (const uint8_t *)" ", 1);
		SHA256Update(ctx, (const uint8_t *)p + from, at - from);
	}
}

void
vault_sum_head(
    struct vault_sum *sum, const char *p, const struct header *h, bool status)
{
	static const char *const names[] = {"from", "subject", "mime-version",
	    "content-type", "content-transfer-encoding", "x-simsift"};
	size_t n = sizeof names / sizeof *names - !status;
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < h->n; k++) {
			if (!message_field_is(p, &h->field[k], names[i]))
				continue;
			SHA256Update(
			    &ctx, (const uint8_t *)names[i], strlen(names[i]));
			SHA256Update(&ctx, (const uint8_t *)":", 1);
			sum_value(&ctx, p, h->field[k].value);
			SHA256Update(&ctx, (const uint8_t *)"\n", 1);
		}
	SHA256Final(sum->head, &ctx);
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

/* Over "ID\n", the sum of the header and that of the body, in hex.  Line ends
   that still wait are at the end of the body, and do not count. */
static void
sign(const uint8_t key[KEY], const char *id, const struct vault_sum *sum,
    char hex[SUM * 2 + 1])
{
	struct vault_sum s = *sum;
	uint8_t text[VAULT_ID + 1 + SUM + SUM], out[SUM];
	size_t n = strlen(id);

	memcpy(text, id, n);
	text[n++] = '\n';
	memcpy(text + n, s.head, SUM);
	SHA256Final(text + n + SUM, &s.ctx);
	hmac(key, text, n + SUM + SUM, out);
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

int
vault_secret(struct vault *v, struct err *err)
{
	uint8_t key[KEY];
	int rc = get_secret(v, key, err);

	explicit_bzero(key, sizeof key);
	return rc;
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
		n = VAULT_TOKEN_ID;
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
	vault_sum_head(&sum, p, &h, false);
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

bool
vault_token_find(struct vault *v, struct arena *a, const char *p, uint32_t len,
    struct vault_found *f)
{
	struct vault_sum sum[2];
	uint32_t tried = 0;
	struct header h;

	message_header(&h, a, p, 0, len);
	if (h.cut_short)
		return false;
	vault_sum_start(&sum[0]);
	vault_sum_put(&sum[0], p + h.body, len - h.body);
	sum[1] = sum[0];
	vault_sum_head(&sum[0], p, &h, false);
	vault_sum_head(&sum[1], p, &h, true);
	for (uint32_t i = 0; i < h.n && tried < LIMIT_TOKENS; i++) {
		struct span s = h.field[i].value;

		if (!message_field_is(p, &h.field[i], "x-simsift-token"))
			continue;
		tried++;
		f->field = h.field[i].whole;
		for (int status = 1; status >= 0; status--) {
			f->status = status;
			if (vault_token_holds(v, p + s.from, s.to - s.from,
				&sum[status], f->id))
				return true;
		}
	}
	return false;
}

int
vault_token_id(const char *value, size_t n, char id[VAULT_ID + 1])
{
	char hex[SUM * 2 + 1];

	return read_token(value, n, id, hex) ? 0 : -1;
}
