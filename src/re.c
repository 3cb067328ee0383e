#define PCRE2_CODE_UNIT_WIDTH 8
#include "re.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

struct re {
	pcre2_code *code;
};

/* What all share, since only one matches at a time: with each pattern's own,
   the 20 KB that the interpreter works in were new for each. */
static struct {
	pcre2_match_data *data;
	pcre2_match_context *limits;
} room;

static bool
make_room(void)
{
	if (room.data == NULL)
		room.data = pcre2_match_data_create(1, NULL);
	if (room.limits == NULL &&
	    (room.limits = pcre2_match_context_create(NULL)) != NULL) {
		pcre2_set_match_limit(room.limits, LIMIT_MATCH);
		pcre2_set_depth_limit(room.limits, LIMIT_DEPTH);
		pcre2_set_heap_limit(room.limits, LIMIT_HEAP_KB);
	}
	return room.data != NULL && room.limits != NULL;
}

static const struct {
	unsigned flag;
	uint32_t option;
} options[] = {
    {RE_CASELESS, PCRE2_CASELESS},
    {RE_DOTALL, PCRE2_DOTALL},
    {RE_MULTILINE, PCRE2_MULTILINE},
    {RE_EXTENDED, PCRE2_EXTENDED},
};

int
re_compile(struct re **out, const char *pattern, uint32_t len, unsigned flags,
    struct re_fault *fault)
{
	uint32_t o = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C |
		     PCRE2_USE_OFFSET_LIMIT;
	struct re *re = calloc(1, sizeof *re);
	PCRE2_SIZE at = 0;
	int error = PCRE2_ERROR_NOMEMORY;

	*fault = (struct re_fault){0};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (flags & options[i].flag)
			o |= options[i].option;
	if (flags & RE_BYTES)
		o &= ~(uint32_t)(PCRE2_UTF | PCRE2_UCP);
	if (re == NULL)
		goto fail;
	re->code =
	    pcre2_compile((PCRE2_SPTR)pattern, len, o, &error, &at, NULL);
	if (re->code == NULL)
		goto fail;
	error = PCRE2_ERROR_NOMEMORY;
	if (!make_room())
		goto fail;
	*out = re;
	return 0;
fail:
	fault->offset = (uint32_t)at;
	fault->too_large = error == PCRE2_ERROR_PATTERN_TOO_LARGE;
	pcre2_get_error_message(
	    error, (PCRE2_UCHAR *)fault->text, sizeof fault->text);
	re_free(re);
	return -1;
}

void
re_jit(struct re *re)
{
	/* No JIT is no fault: the interpreter does the same. */
	(void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
}

void
re_free(struct re *re)
{
	if (re == NULL)
		return;
	pcre2_code_free(re->code);
	free(re);
}

int
re_match(const struct re *re, const char *p, uint32_t n, uint32_t start,
    struct span *m)
{
	return re_match_within(re, p, n, (struct span){start, n}, m);
}

int
re_match_within(const struct re *re, const char *p, uint32_t n,
    struct span starts, struct span *m)
{
	const PCRE2_SIZE *v;
	int rc;

	pcre2_set_offset_limit(room.limits, starts.to);
	rc = pcre2_match(re->code, (PCRE2_SPTR)(p != NULL ? p : ""), n,
	    starts.from, PCRE2_NO_UTF_CHECK, room.data, room.limits);
	/* Of the two only the interpreter takes its stack from the heap. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(re->code, (PCRE2_SPTR)(p != NULL ? p : ""), n,
		    starts.from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, room.data,
		    room.limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	v = pcre2_get_ovector_pointer(room.data);
	m->from = (uint32_t)v[0];
	m->to = v[1] < v[0] ? m->from : (uint32_t)v[1]; /* \K in a look-ahead */
	/* Patterns for bytes may end inside a character. */
	while (m->from > 0 && m->from < n && (p[m->from] & 0xc0) == 0x80)
		m->from--;
	while (m->to < n && (p[m->to] & 0xc0) == 0x80)
		m->to++;
	return 1;
}

/* May a match start with these bytes?  Whether more is needed is no matter;
   before it stands a word character once, once another. */
static bool
may_start(const struct re *re, const char *two, uint32_t n)
{
	static const char before[] = "0!";
	char text[3];
	int rc;

	memcpy(text + 1, two, n);
	for (int i = 0; i < 2; i++) {
		text[0] = before[i];
		rc = pcre2_match(re->code, (PCRE2_SPTR)text, n + 1, 1,
		    PCRE2_ANCHORED | PCRE2_PARTIAL_HARD | PCRE2_NO_JIT,
		    room.data, NULL);
		if (rc != PCRE2_ERROR_NOMATCH)
			return true;
	}
	return false;
}

/* The bytes that PCRE2 found out to be possible. */
static bool
first_bytes(const struct re *re, uint8_t *first)
{
	const uint8_t *map = NULL;

	pcre2_pattern_info(re->code, PCRE2_INFO_FIRSTBITMAP, &map);
	for (int c = 0; c < 256 && map != NULL; c++)
		first[c] = map[c / 8] >> c % 8 & 1;
	return map != NULL;
}

bool
re_starts(const struct re *re, struct re_starts *s)
{
	uint32_t empty = 1;
	char two[2];

	*s = (struct re_starts){0};
	pcre2_pattern_info(re->code, PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty || !first_bytes(re, s->first))
		return false;
	for (uint32_t a = 0; a < 256; a++)
		for (uint32_t b = 0; b < 256 && s->first[a]; b++) {
			two[0] = (char)a;
			two[1] = (char)b;
			/* Halves of characters are not asked about. */
			if (a >= 128 || b >= 128 || may_start(re, two, 2))
				s->pair[(b << 8 | a) / 64] |= (uint64_t)1
							      << a % 64;
		}
	return true;
}

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

uint32_t
re_next_start(const struct re_starts *s, const char *p, uint32_t n, uint32_t at)
{
	const unsigned char *q = (const unsigned char *)p;

	for (; at + 1 < n; at++) {
		uint32_t two = q[at] | (uint32_t)q[at + 1] << 8;

		if ((s->pair[two / 64] >> two % 64 & 1) &&
		    !(s->no_letter_before && at > 0 && is_letter(p[at - 1])))
			return at;
	}
	return at < n && s->first[q[at]] ? at : n;
}

void
re_version(char *out)
{
	pcre2_config(PCRE2_CONFIG_VERSION, out);
}
