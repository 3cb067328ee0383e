/*
 * prop-windows [-n TEXTS] [-s SEED] [-v] DIR: the rules of DIR find the same
 * where their matches are looked for only near their literals as where they
 * are looked for in all of a text.  The texts are the rules' own tests, joined
 * at random and spoilt at random.  Says what differs; status 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "limits.h"
#include "match.h"

#define LONG 1500u /* bytes of a message */
#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint32_t seed = 1;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

struct mail {
	char p[LONG + 256];
	uint32_t n;
};

static void
put(struct mail *m, const char *p, uint32_t n)
{
	if (sizeof m->p - m->n < n)
		return;
	memcpy(m->p + m->n, p, n);
	m->n += n;
}

/* What the same text may look like: case in more or fewer bytes, compatibility
   forms, look-alikes. */
static const struct {
	const char *from, *to;
} spoils[] = {{"s", "ſ"}, {"S", "ſ"}, {"k", "\u212a"}, {"K", "\u212a"},
    {"ss", "ß"}, {"i", "İ"}, {"I", "ı"}, {"e", "ｅ"}, {"S", "Ｓ"}, {"M", "М"},
    {"a", "а"}, {"o", "ο"}, {"t", "\u200bt"}, {"fi", "ﬁ"}, {"é", "É"},
    {"卡", "⼘"}, {" ", "  "}, {" ", "\u3000"}, {"a", "Ⱥ"}, {"a", "ⱥ"},
    {"st", "ﬆ"}, {" ", ""}, {"e", "e\u0301"}, {" ", "\n"}};

/* One character for another, dropped, doubled, or in the other case. */
static void
put_spoilt(struct mail *m, const char *p, uint32_t n, uint32_t rate)
{
	for (uint32_t at = 0, len; at < n; at += len) {
		const char *q = p + at;
		uint32_t k = dice(COUNT(spoils));
		size_t from = strlen(spoils[k].from);

		len = 1;
		while (at + len < n && (q[len] & 0xc0) == 0x80)
			len++;
		if (rate == 0 || dice(rate) > 0) {
			put(m, q, len);
		} else if (n - at >= from &&
			   memcmp(q, spoils[k].from, from) == 0) {
			put(m, spoils[k].to, (uint32_t)strlen(spoils[k].to));
			len = (uint32_t)from;
		} else if (dice(3) == 0) {
			char c = *q;

			if (((unsigned char)c | 32u) - 'a' < 26)
				c ^= 32;
			put(m, &c, 1);
			put(m, q + 1, len - 1);
		} else if (dice(2) == 0) {
			put(m, q, len);
			put(m, q, len);
		}
	}
}

static void
make_mail(struct mail *m, const struct rules *r)
{
	static const char *const joins[] = {
	    "", " ", "\n", "\n\n", ", ", "eSIM", " SIM卡 ", "SIM"};
	uint32_t pieces = 1 + dice(24), rate = dice(3) * 12;

	m->n = 0;
	put(m, "Subject: ", 9);
	for (uint32_t i = 0; i <= pieces && m->n < LONG; i++) {
		const struct rule_test *t = &r->test[dice(r->ntest)];
		const char *join = joins[dice(COUNT(joins))];
		uint32_t n = t->text_len < 400 ? t->text_len : 400;

		while (n < t->text_len && (t->text[n] & 0xc0) == 0x80)
			n++;
		if (i == 0)
			join = "eSIM\nContent-Type: text/plain; "
			       "charset=utf-8\n\n";
		put_spoilt(m, t->text, n, rate);
		put(m, join, (uint32_t)strlen(join));
	}
	put(m, "\n", 1);
}

static bool
hits_differ(const struct hit *a, const struct hit *b)
{
	return a->rule != b->rule || a->doc != b->doc || a->layer != b->layer ||
	       a->link != b->link || a->folded != b->folded ||
	       a->at.from != b->at.from || a->at.to != b->at.to ||
	       a->utf8.from != b->utf8.from || a->utf8.to != b->utf8.to;
}

/* A rule that hit a limit may have done so at a place that the other way did
   not look at. */
static bool
limited(const struct rules *r, const struct match *a, const struct match *b)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (a->skipped[i] || b->skipped[i])
			return true;
	return a->timeout || b->timeout;
}

static bool
differ(const struct rules *r, const struct match *a, const struct match *b)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (a->count[i] != b->count[i]) {
			printf("%s: %u hits, %u in windows\n", r->rule[i].name,
			    a->count[i], b->count[i]);
			return true;
		}
	if (a->nhit != b->nhit)
		return true;
	for (uint32_t i = 0; i < a->nhit; i++)
		if (hits_differ(&a->hit[i], &b->hit[i])) {
			printf("%s: %u-%u, in windows %u-%u\n",
			    r->rule[a->hit[i].rule].name, a->hit[i].at.from,
			    a->hit[i].at.to, b->hit[i].at.from,
			    b->hit[i].at.to);
			return true;
		}
	return false;
}

static void
die(const char *why)
{
	fprintf(stderr, "prop-windows: %s\n", why);
	exit(1);
}

/* 1 differs, 0 same, -1 a limit was in the way. */
static int
try_mail(struct rules *r, const struct mail *mail, uint64_t *hits)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct charsets *cs = charsets_open(mail->p, mail->n, NULL);
	struct match whole, windows;
	struct tree tree;
	struct view view;
	int rc;

	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		die("no memory");
	mime_parse(&tree, a, mail->p, mail->n);
	view_make(&view, a, &tree, cs);
	r->whole_units = false;
	match_run(&windows, a, r, &view, 600000);
	r->whole_units = true;
	match_run(&whole, a, r, &view, 600000);
	*hits += whole.nhit;
	rc = limited(r, &whole, &windows) ? -1 : differ(r, &whole, &windows);
	if (rc == 1)
		printf("%.*s\n", (int)mail->n, mail->p);
	charsets_close(cs);
	arena_free(a);
	return rc;
}

int
main(int argc, char **argv)
{
	struct conf_sources src = {0};
	uint32_t texts = 100, bad = 0, limits = 0;
	static struct mail mail;
	uint64_t hits = 0;
	struct config c;
	struct err err;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:")) != -1) {
		if (opt == 'n')
			texts = (uint32_t)atoi(optarg);
		else if (opt == 's')
			seed = (uint32_t)atoi(optarg);
		else
			return 64;
	}
	if (optind + 1 != argc)
		die("[-n TEXTS] [-s SEED] DIR");
	src.dir = argv[optind];
	if (conf_open(&c, &src, &err) == -1)
		die(err.text);
	if (c.rules.ntest == 0)
		die("rules without tests");
	for (uint32_t i = 0; i < texts; i++) {
		int rc;

		make_mail(&mail, &c.rules);
		rc = try_mail(&c.rules, &mail, &hits);
		bad += rc == 1;
		limits += rc == -1;
	}
	printf("# %u texts, %llu hits, %u differ, %u not compared\n", texts,
	    (unsigned long long)hits, bad, limits);
	conf_close(&c);
	return bad > 0 || limits > texts / 10;
}
