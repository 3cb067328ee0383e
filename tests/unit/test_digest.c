#include "digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "buf.h"
#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))
#define D10 "----------"
#define D30 D10 D10 D10 "\n"
#define D70 D10 D10 D10 D10 D10 D10 D10 "\n"
#define U12 "____________"
#define U72 U12 U12 U12 U12 U12 U12 "\n"
#define YAHOO U72 U72

static struct arena *arena;

/*
 * A digest with its spans written into it, one glyph on each side:
 * ⟦whole⟧ ⟨head⟩ «body» ‹subject› and ⌈1 contents⌉ with the place of the
 * entry.  The text ends where malloc's block ends, for ASan to watch.
 */
enum { WHOLE, HEAD, BODY, SUBJECT, TOC, SPANS };
static const char *const names[] = {"whole", "head", "body", "subject", "toc"};
static const struct {
	const char *glyph;
	int span;
	bool open;
} glyphs[] = {
    {"⟦", WHOLE, true},
    {"⟧", WHOLE, false},
    {"⟨", HEAD, true},
    {"⟩", HEAD, false},
    {"«", BODY, true},
    {"»", BODY, false},
    {"‹", SUBJECT, true},
    {"›", SUBJECT, false},
    {"⌈", TOC, true},
    {"⌉", TOC, false},
};

struct marked {
	char *p;
	uint32_t n;
	uint32_t count[SPANS];
	struct span s[10][SPANS];
	uint32_t number[10];
};

static const char *
read_glyph(struct marked *m, const char *src, uint32_t *toc)
{
	for (size_t i = 0; i < LEN(glyphs); i++) {
		size_t len = strlen(glyphs[i].glyph);
		uint32_t *k = &m->count[glyphs[i].span];

		if (strncmp(src, glyphs[i].glyph, len) != 0)
			continue;
		src += len;
		if (glyphs[i].span == TOC && glyphs[i].open) {
			*toc = (uint32_t)(*src++ - '1');
			assert_true(*toc < 10);
		}
		if (glyphs[i].span == TOC)
			k = toc;
		assert_true(*k < 10);
		if (glyphs[i].open)
			m->s[*k][glyphs[i].span].from = m->n;
		else
			m->s[*k][glyphs[i].span].to = m->n;
		if (!glyphs[i].open && glyphs[i].span != TOC)
			++*k;
		return src;
	}
	return NULL;
}

static struct marked
read_marks(const char *src, bool crlf)
{
	struct marked m = {
	    malloc(2 * strlen(src) + 1), 0, {0}, {{{0, 0}}}, {0}};
	uint32_t toc = 0;

	assert_non_null(m.p);
	while (*src != '\0') {
		const char *behind = read_glyph(&m, src, &toc);

		if (behind != NULL) {
			src = behind;
			continue;
		}
		if (crlf && *src == '\n')
			m.p[m.n++] = '\r';
		m.p[m.n++] = *src++;
	}
	m.p = realloc(m.p, m.n > 0 ? m.n : 1);
	assert_non_null(m.p);
	return m;
}

static void
same_entry(const struct digest_entry *e, const struct marked *m, uint32_t i,
    uint32_t number)
{
	const struct span got[] = {
	    e->whole, e->head, e->body, e->subject, e->toc};

	for (int k = 0; k < SPANS; k++) {
		struct span g = got[k], w = m->s[i][k];

		if (g.from == g.to && w.from == w.to &&
		    (k == TOC || k == SUBJECT))
			continue;
		if (g.from != w.from || g.to != w.to)
			fail_msg("entry %u: %s is [%.*s], not [%.*s]", i + 1,
			    names[k], (int)(g.to - g.from), m->p + g.from,
			    (int)(w.to - w.from), m->p + w.from);
	}
	if (e->number != number)
		fail_msg(
		    "entry %u has number %u, not %u", i + 1, e->number, number);
}

/* numbers: those of the entries, or NULL for 1, 2, 3 ... */
static void
entries_are(const char *src, const uint32_t *numbers)
{
	for (int crlf = 0; crlf < 2; crlf++) {
		struct marked m = read_marks(src, crlf);
		struct digest d;

		digest_find(&d, arena, m.p, m.n);
		for (uint32_t i = 0; i < d.n && i < m.count[WHOLE]; i++)
			same_entry(&d.v[i], &m, i,
			    numbers != NULL ? numbers[i] : i + 1);
		assert_int_equal(d.n, m.count[WHOLE]);
		free(m.p);
	}
}

static void
no_digest(const char *src)
{
	entries_are(src, NULL);
}

#define MASTHEAD                                                        \
	"Send Travel-Talk mailing list submissions to\n"                \
	"\ttravel-talk@example.org\n"                                   \
	"\n"                                                            \
	"When you answer, please write a Subject that is better than\n" \
	"\"Re: Contents of Travel-Talk digest...\"\n"                   \
	"\n\n"
#define END                                            \
	"End of Travel-Talk Digest, Vol 12, Issue 3\n" \
	"******************************************\n"
#define FROM "From: Ann <ann@example.org>\n"
#define DATE "Date: Mon, 2 Jun 2025 10:01:00 +0000\n"

/* ---- the forms ---- */

static void
mailman(void **state)
{
	(void)state;
	entries_are(MASTHEAD
	    "Today's Topics:\n"
	    "\n"
	    "   1. ⌈1Night trains (Ann)⌉\n"
	    "   2. ⌈2Re: Как выбрать тариф в поездке, если она\n"
	    "      5. долгая (Борис)⌉\n"
	    "   3. ⌈3机场巴士时刻 (王小明)⌉\n"
	    "\n\n" D70 "\n"
	    "⟦Message: 1\n"
	    "⟨" DATE FROM "To: travel-talk@example.org\n"
	    "Subject: ‹[Travel-Talk] Night trains›\n"
	    "Message-ID:\n"
	    "\t<1.abc@example.org>\n"
	    "\t\n"
	    "Content-Type: text/plain; charset=\"utf-8\"\n"
	    "\n⟩«"
	    "Which one has beds?\n"
	    "\n"
	    "Ann\n»⟧"
	    "\n\n" D30 "\n"
	    "⟦Message: 2\n"
	    "⟨" DATE "From: Борис <b@example.org>\n"
	    "Subject: ‹Re: [Travel-Talk] Как выбрать тариф в поездке, если\n"
	    "\tона 5. долгая›\n"
	    "\n⟩«"
	    "> Which one has beds?\n"
	    "Никакой.\n»⟧"
	    "\n" D30 "\n"
	    "⟦Message: 3\n"
	    "⟨" DATE "From: 王小明 <w@example.org>\n"
	    "Subject: ‹机场巴士时刻›\n"
	    "\n⟩«"
	    "每半小时一班。\n»⟧"
	    "\n\n" D30 "\n"
	    "Subject: Digest Footer\n"
	    "\n"
	    "____________________________\n"
	    "Travel-Talk mailing list\n"
	    "\n\n" D30 "\n" END,
	    NULL);
}

/* A list in another language: no heading that we know, a Subject that is the
   footer's in that language, a masthead with a list of its own. */
static void
mailman_in_russian(void **state)
{
	(void)state;
	entries_are("Правила:\n"
		    "\n"
		    " 1. Ночные поезда не обсуждать\n"
		    "\n"
		    "Темы дня:\n"
		    "\n"
		    "   1. ⌈1Ночные поезда (Анна)⌉\n"
		    "   2. ⌈2Автобус (Борис)⌉\n"
		    "\n\n" D70 "\n"
		    "⟦Message: 1\n"
		    "⟨" DATE FROM
		    "Subject: ‹Ночные поезда›\n\n⟩«Есть?\n»⟧\n" D30 "\n"
		    "⟦Message: 2\n"
		    "⟨" DATE FROM "Subject: ‹Автобус›\n\n⟩«Да.\n»⟧\n" D30 "\n"
		    "Subject: Подвал\n"
		    "\n"
		    "Список рассылки\n"
		    "\n" D30 "\n"
		    "Конец сборника\n"
		    "**************\n",
	    NULL);
}

/* RFC 1153's own: no numbers, an indented heading. */
static void
rfc1153(void **state)
{
	(void)state;
	entries_are(
	    "Harbour Digest       Monday, 2 Jun 2025       Volume 3 : Issue 7\n"
	    "\n"
	    "Today's Topics:\n"
	    "                    ⌈1Ferries in winter⌉\n"
	    "                    ⌈2A new pier (was Ferries)⌉\n" D70 "\n"
	    "⟦⟨" DATE FROM "Subject: ‹Ferries in winter›\n"
	    "\n⟩«One a day.\n»⟧"
	    "\n" D30 "\n"
	    "⟦⟨" DATE FROM "Subject: ‹Re: A new pier (was Ferries)›\n"
	    "\n⟩«At last.\n»⟧"
	    "\n" D30 "\n"
	    "End of Harbour Digest\n"
	    "*********************\n",
	    NULL);
}

/* The first header block follows its separator at once; a topic with two
   letters in it stands for both. */
static void
ezmlm(void **state)
{
	(void)state;
	entries_are("\n"
		    "garden Digest 2 Jun 2025 10:00:00 -0000 Issue 31\n"
		    "\n"
		    "Topics (messages 120 through 123):\n"
		    "\n"
		    "⌈1Роза в горшке\n"
		    "\t120 by: Анна⌉\n"
		    "\n"
		    "When to cut\n"
		    "\t121 by: Bob\n"
		    "\t123 by: Carol\n"
		    "\n"
		    "⌈4雨水\n"
		    "\t122 by: 李雷⌉\n"
		    "\n"
		    "Administrivia:\n"
		    "\n"
		    "To leave the list, write to:\n"
		    "\tgarden-leave@example.org\n"
		    "\n" D70 "⟦⟨" DATE FROM "Subject: ‹Роза в горшке›\n"
		    "\n⟩«Как поливать?\n»⟧"
		    "\n" D30 "\n"
		    "⟦⟨" DATE FROM "Subject: ‹When to cut›\n"
		    "\n⟩«In May.\n»⟧"
		    "\n" D30 "\n"
		    "⟦⟨" DATE FROM "Subject: ‹Re: When to cut›\n"
		    "\n⟩«In June.\n»⟧"
		    "\n" D30 "\n"
		    "⟦⟨" DATE FROM "Subject: ‹雨水›\n"
		    "\n⟩«收集。\n»⟧"
		    "\n" D30 "\n"
		    "End of garden Digest\n"
		    "***********************************\n",
	    NULL);
}

/* Topics are numbered, messages are not. */
static void
listserv(void **state)
{
	(void)state;
	entries_are(
	    "There are 4 messages totalling 60 lines in this issue.\n"
	    "\n"
	    "Topics of the day:\n"
	    "\n"
	    "  1. Lost luggage (2)\n"
	    "  2. ⌈2Hotel with a kitchen⌉\n"
	    "  3. ⌈4Гостиница⌉\n"
	    "\n" D70 "\n"
	    "⟦⟨Date:    Mon, 2 Jun 2025 10:01:00 +0000\n"
	    "From:    Ann <ann@example.org>\n"
	    "Subject: ‹Lost luggage›\n"
	    "\n⟩«Mine was in Rome.\n»⟧"
	    "\n" D30 "\n"
	    "⟦⟨Date:    Mon, 2 Jun 2025 10:02:00 +0000\n"
	    "From:    Bob <bob@example.org>\n"
	    "Subject: ‹Hotel with a kitchen›\n"
	    "\n⟩«Any?\n»⟧"
	    "\n" D30 "\n"
	    "⟦⟨Date:    Mon, 2 Jun 2025 10:03:00 +0000\n"
	    "From:    Bob <bob@example.org>\n"
	    "Subject: ‹Re: Lost luggage›\n"
	    "\n⟩«Mine, too.\n»⟧"
	    "\n" D30 "\n"
	    "⟦⟨Date:    Mon, 2 Jun 2025 10:04:00 +0000\n"
	    "From:    Борис <b@example.org>\n"
	    "Subject: ‹Гостиница›\n"
	    "\n⟩«Нет.\n»⟧"
	    "\n" D30 "\n"
	    "End of TRAVEL Digest - 1 Jun 2025 to 2 Jun 2025 (#2025-9)\n"
	    "*********************************************************\n",
	    NULL);
}

static void
majordomo(void **state)
{
	(void)state;
	entries_are(
	    "\n"
	    "kites-digest      Monday, June 2 2025      Volume 01 : Number 12\n"
	    "\n\n\n"
	    "In this issue:\n"
	    "\n"
	    "    ⌈1Strings⌉\n"
	    "    ⌈2Re: A very long subject which the list manager\n"
	    "      folds⌉\n"
	    "\n"
	    "See the end of the digest for how to leave the list.\n"
	    "\n" D70 "\n"
	    "⟦⟨" DATE FROM "Subject: ‹Strings›\n"
	    "\n⟩«Silk.\n»⟧"
	    "\n" D30 "\n"
	    "⟦⟨" DATE FROM
	    "Subject: ‹Re: A very long subject which the list manager folds›\n"
	    "\n⟩«Nylon.\n»⟧"
	    "\n" D30 "\n"
	    "End of kites-digest V1 #12\n"
	    "**************************\n"
	    "\n"
	    "To leave, write to majordomo@example.org\n",
	    NULL);
}

#define YAHOO_TEXT                                                      \
	"There are 2 messages in this issue.\n"                         \
	"\n"                                                            \
	"Topics in this digest:\n"                                      \
	"\n"                                                            \
	"      1. ⌈1Пироги\n"                                   \
	"           From: Анна <a@example.org>⌉\n"                \
	"      2. ⌈2Re: Cakes: how many eggs\n"                       \
	"           From: \"Bob\" <b@example.org>⌉\n"                 \
	"\n\n" YAHOO "\n"                                               \
	"⟦Message: 1\n"                                               \
	"⟨   Date: Mon, 2 Jun 2025 10:01:00 +0000\n"                  \
	"   From: Анна <a@example.org>\n"                           \
	"Subject: ‹Пироги›\n"                                 \
	"\n⟩«"                                                       \
	"С капустой.\n" U72 "(one line of these is a signature)\n»⟧" \
	"\n\n" YAHOO "\n"                                               \
	"⟦Message: 2\n"                                               \
	"⟨   Date: Mon, 2 Jun 2025 10:02:00 +0000\n"                  \
	"   From: \"Bob\" <b@example.org>,\n"                           \
	"      somebody else\n"                                         \
	"   Subject: ‹Re: Cakes: how many eggs›\n"                  \
	"\n⟩«"                                                       \
	"Six.\n»⟧"                                                   \
	"\n\n" YAHOO "\n\n"                                             \
	"Your use of these groups is subject to terms.\n"

static void
yahoo(void **state)
{
	struct digest d;
	struct marked m = read_marks(YAHOO_TEXT, false);

	(void)state;
	entries_are(YAHOO_TEXT, NULL);
	digest_find(&d, arena, m.p, m.n);
	assert_int_equal(d.n, 2);
	assert_true(d.v[0].indented && d.v[1].indented);
	free(m.p);
}

/* ---- what list managers and mail programs leave out ---- */

#define ENTRY(n, subject, body)                                                 \
	"⟦Message: " n "\n⟨" DATE FROM "Subject: ‹" subject "›\n\n⟩«" body "»" \
	"⟧"
#define TWO                  \
	"⌈1One (Ann)⌉\n" \
	"   2. ⌈2Two (Ann)⌉\n"

static void
left_out(void **state)
{
	(void)state;
	/* no contents, no end */
	entries_are("Walks Digest, Vol 1\n\n" D70 "\n" ENTRY(
			"1", "One", "a\n") "\n" D30 "\n" ENTRY("2", "Two", "b"),
	    NULL);
	/* contents without a word; no blank line before a separator */
	entries_are("   1. " TWO "\n" D70 "\n" ENTRY("1", "One", "a\n") D30
	    "\n" ENTRY("2", "Two", "b\n") D30,
	    NULL);
	/* fewer lines than entries, and one missing between them */
	entries_are(
	    "Topics:\n\n   1. ⌈1One (Ann)⌉\n   3. ⌈3Three (Ann)⌉\n\n" D70
	    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
		"2", "Two", "b\n") "\n" D30 "\n" ENTRY("3", "Three",
		"c\n") "\n" D30 "\n" ENTRY("4", "Four", "d\n") "\n",
	    NULL);
	/* more lines than entries */
	entries_are("Topics:\n\n   1. " TWO "   3. Three (Ann)\n\n" D70
		    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
			"2", "Two", "b\n") "\n" D30 "\n" END,
	    NULL);
	/* entries without a body, without the empty line, without a subject */
	entries_are("Topics:\n\n   1. " TWO "   3. (no subject) (Ann)\n\n" D70
		    "\n⟦Message: 1\n⟨" DATE FROM "Subject: ‹One›\n\n⟩«»⟧\n" D30
		    "\n⟦Message: 2\n⟨" DATE FROM "Subject: ‹Two›\n⟩«»⟧" D30
		    "\n⟦Message: 3\n⟨" DATE FROM "\n⟩«c\n»⟧\n" D30 "\n" END,
	    NULL);
	/* ends in a header block */
	entries_are("Digest\n" D70 "\n" ENTRY(
			"1", "One", "a\n") "\n" D30 "\n⟦Message: 2\n⟨" DATE
					   "Subject: ‹Two›⟩«»⟧",
	    NULL);
	/* a line in the header block that is none */
	entries_are("Digest\n" D70 "\n" ENTRY("1", "One",
			"a\n") "\n" D30 "\n⟦Message: 2\n⟨" DATE FROM
			       "Subject: ‹Two›\n⟩«and so on\n\nb\n»⟧",
	    NULL);
	/* a subject that is folded at once, and one that is empty */
	entries_are("Digest\n" D70 "\n⟦⟨" DATE FROM
		    "Subject:\n\t ‹One \n\ttwo› \n\n⟩«a\n»⟧\n" D30
		    "\n⟦⟨" DATE FROM "Subject: \n\n⟩«\n  \nb\n»⟧ \n",
	    NULL);
}

/* A topic that says it has more entries than have its subject. */
static void
topic_of_several(void **state)
{
	(void)state;
	entries_are("Topics of the day:\n\n  1. Boots (2)\n  2. ⌈2Hats (3)⌉\n"
		    "  3. ⌈3Gloves (Ann)⌉\n\n" D70 "\n⟦⟨" DATE FROM
		    "Subject: ‹Boots›\n\n⟩«a\n»⟧\n" D30 "\n⟦⟨" DATE FROM
		    "Subject: ‹Hats (3)›\n\n⟩«b\n»⟧\n" D30 "\n⟦⟨" DATE FROM
		    "Subject: ‹Gloves›\n\n⟩«c\n»⟧\n" D30 "\n⟦⟨" DATE FROM
		    "Subject: ‹New boots›\n\n⟩«d\n»⟧\n" D30 "\n" END,
	    NULL);
}

/* The list's own words before its end, with and without a separator. */
static void
ends(void **state)
{
	(void)state;
	entries_are(
	    "Digest\n" D70 "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
		"2", "Two", "b\n") "\n" D30
				   "\nQuestions go to owner@example.org\n\n" END
				   "\n",
	    NULL);
	entries_are("Digest\n" D70
		    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
			"2", "Two", "b\n") "\n\n" END,
	    NULL);
	/* stars are no end by themselves */
	entries_are("Digest\n" D70 "\n" ENTRY(
			"1", "One", "a\n") "\n" D30 "\n" ENTRY("2", "Two",
			"b\n\n" D30 "\nAnn\n**********\n"
			"c\n\nAnn\n**********\n") "\n",
	    NULL);
	/* the end of a quoted digest, the list's own words, the end */
	entries_are(
	    "Digest\n" D70 "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
		"2", "Two", "b\n\n" D30 "\n" END "c\n") "\n" D30
							"\nQuestions?\n\n" END,
	    NULL);
}

static void
numbers(void **state)
{
	static const uint32_t off[] = {7, 8}, same[] = {1, 1};

	(void)state;
	/* that the contents do not have */
	entries_are(
	    "Topics:\n\n   1. One (Ann)\n   2. Two (Ann)\n\nDigest\n" D70
	    "\n" ENTRY("7", "One", "a\n") "\n" D30 "\n" ENTRY(
		"8", "Two", "b\n") "\n" D30 "\n" END,
	    off);
	entries_are("Digest\n" D70
		    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
			"1", "Two", "b\n") "\n" D30 "\n" END,
	    same);
	/* a line of the contents that is about something else */
	entries_are(
	    "Topics:\n\n   1. Other matters (Ann)\n   2. ⌈2Two (Ann)⌉\n\n" D70
	    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
		"2", "Two", "b\n") "\n" D30 "\n" END,
	    NULL);
	/* eight characters are enough, white space and Re: do not count */
	entries_are(
	    "Topics:\n\n   1. ⌈1RE: 一二三 四五六七八 (李)⌉\n"
	    "   2. 一二三四五六七入 (李)\n"
	    "   3. ⌈3[TG 卡 @shop] 指南 (李)⌉\n\n" D70
	    "\n" ENTRY("1", "一二三四五六七八九", "a\n") "\n" D30 "\n" ENTRY(
		"2", "一二三四五六七八", "a\n") "\n" D30 "\n" ENTRY("3",
		"Re: [list] [TG 卡 @shop] 指南", "b\n") "\n" D30 "\n" END,
	    NULL);
}

static void
mixed_line_ends(void **state)
{
	static const char text[] =
	    "Today's Topics:\r\n\n   1. One\r\n   2. Two\n\r\n" D70
	    "\r\nMessage: 1\r\n" DATE "Subject: One\r\n\r\na\r\n\n" D30
	    "\nMessage: 2\n" DATE "Subject: Two\n\r\nb\r\n\r\n\n" D30
	    "\r\n" END;
	struct digest d;
	static const char *const bodies[] = {"a\r\n", "b\r\n"};
	static const char *const tocs[] = {"One", "Two"};

	(void)state;
	digest_find(&d, arena, text, sizeof(text) - 1);
	assert_int_equal(d.n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct span b = d.v[i].body, t = d.v[i].toc;

		assert_int_equal(b.to - b.from, 3);
		assert_memory_equal(text + b.from, bodies[i], 3);
		assert_int_equal(t.to - t.from, 3);
		assert_memory_equal(text + t.from, tocs[i], 3);
	}
}

/* ---- no digests ---- */

static void
others(void **state)
{
	(void)state;
	no_digest("");
	no_digest("\n");
	no_digest("Digest\n");
	no_digest(D70);
	no_digest(D70 "\n" D30 "\nEnd\n***********\n");
	/* an answer on top of two others */
	no_digest("See the digest below.\n"
		  "\n"
		  "----- Original Message -----\n" FROM DATE "Subject: One\n"
		  "\n"
		  "a\n"
		  "----- Original Message -----\n" FROM DATE "Subject: Two\n"
		  "\n"
		  "b\n");
	/* the same as another program writes it */
	no_digest("About the digest:\n"
		  "\n" U12 U12 U12 U12 U12 U12 "\n" FROM
		  "Sent: Monday\nTo: Bob\nSubject: One\n"
		  "\n"
		  "a\n"
		  "\n" U12 U12 U12 U12 U12 U12 "\n" FROM
		  "Sent: Monday\nTo: Bob\nSubject: Two\n"
		  "\n"
		  "b\n");
	no_digest("About the digest:\n"
		  "\n" D30 FROM DATE "Subject: One\n\na\n\n" D30 FROM DATE
		  "Subject: Two\n\nb\n");
	/* a digest that was quoted */
	no_digest(
	    "Travel-Talk Digest wrote:\n"
	    "> " D30 ">\n> Message: 1\n> Date: today\n> From: a\n>\n> x\n"
	    "> " D30 ">\n> Message: 2\n> Date: today\n> From: a\n>\n> y\n");
	/* one entry is none */
	no_digest("Topics:\n\n 1. One\n\n" D70 "\n" DATE FROM
		  "Subject: One\n\na\n\n" D30 "\n" END);
	/* nothing before it that says so, or a list of other things */
	no_digest("Hello\n\n" D70 "\n" DATE FROM "Subject: One\n\na\n\n" D30
		  "\n" DATE FROM "Subject: Two\n\nb\n");
	no_digest(
	    "We need\n 1. bread\n 2. milk\n\n" D70 "\n" DATE FROM
	    "Subject: One\n\na\n\n" D30 "\n" DATE FROM "Subject: Two\n\nb\n");
	/* one field is not enough; a word in between is no header block */
	no_digest("Digest\n\n" D70 "\nSubject: One\n\na\n\n" D30
		  "\nSubject: Two\n\nb\n");
	no_digest("Digest\n\n" D70 "\nfrom here on\nDate: x\nTo: y\n\na\n\n" D30
		  "\n\n\n\n\nDate: x\nTo: y\n\nb\n");
}

/* ---- separators in messages ---- */

#define BUY "Date: now\nFrom: shop\nSubject: cheap cards\n\nbuy\n"

static void
forged(void **state)
{
	(void)state;
	/* without a number where all have one */
	entries_are("Topics:\n\n   1. " TWO "\n" D70 "\n" ENTRY("1", "One",
			"a\n\n" D30 "\n" BUY "\n" D30
			"\nmore\n") "\n" D30 "\n" ENTRY("2", "Two",
			"b\n\n" D30 "\n" BUY) "\n" D30 "\n" END,
	    NULL);
	/* with one that has been, that is to come, that is far off */
	entries_are(
	    "Topics:\n\n   1. " TWO "   3. ⌈3Three (Ann)⌉\n\n" D70
	    "\n" ENTRY("1", "One",
		"a\n\n" D30 "\nMessage: 3\n" BUY "\n" D30
		"\nMessage: 99\n" BUY) "\n" D30 "\n" ENTRY("2", "Two",
		"b\n\n" D30 "\nMessage: 2\n" BUY) "\n" D30 "\n" ENTRY("3",
		"Three", "c\n\n" D30 "\nMessage: 1\n" BUY) "\n" D30 "\n" END,
	    NULL);
	/* without an empty line where all have one */
	entries_are("Harbour Digest\n" D70 "\n⟦⟨" DATE FROM
		    "Subject: ‹One›\n\n⟩«a\n" D30 BUY "»⟧\n" D30
		    "\n⟦⟨" DATE FROM "Subject: ‹Two›\n\n⟩«b\n»⟧\n",
	    NULL);
	/* of the other kind, in a Yahoo digest the dashes */
	entries_are(
	    "Digest\n" YAHOO "\n" ENTRY("1", "One",
		"a\n\n" D30 "\nMessage: 2\n" BUY) "\n" YAHOO "\n" ENTRY("2",
		"Two", "b\n") "\n" YAHOO "\nTerms\n",
	    NULL);
	/* an answer with the last digest below it, its end, too */
	entries_are("Topics:\n\n   1. " TWO "\n" D70 "\n" ENTRY("1", "One",
			"a\n\nSend ...\n\nToday's Topics:\n\n"
			"   1. Old (Bob)\n   2. Older (Bob)\n\n" D70
			"\nMessage: 1\n" DATE FROM "Subject: Old\n\nx\n\n" D30
			"\nMessage: 2\n" DATE FROM "Subject: Older\n\ny\n\n" D30
			"\n" END) "\n" D30 "\n" ENTRY("2", "Two",
			"b\n\n" D30 "\n" END "z\n") "\n" D30 "\n" END,
	    NULL);
}

/* Where it cannot be told who wrote it, all are entries: none is lost. */
static void
in_doubt(void **state)
{
	static const uint32_t got[] = {1, 3, 2, 3}, more[] = {1, 2, 3};

	(void)state;
	/* he knew the subject of the third: nobody has the line */
	entries_are("Topics:\n\n   1. ⌈1One (Ann)⌉\n   2. ⌈3Two (Ann)⌉\n"
		    "   3. Three (Ann)\n\n" D70
		    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
			"3", "Three", "buy\n") "\n" D30 "\n" ENTRY("2", "Two",
			"b\n") "\n" D30 "\n" ENTRY("3", "Three",
			"c\n") "\n" D30 "\n" END,
	    got);
	/* no numbers */
	entries_are("Topics:\n\n   ⌈1One⌉\n   ⌈3Two⌉\n\n" D70 "\n⟦⟨" DATE FROM
		    "Subject: ‹One›\n\n⟩«a\n»⟧\n" D30 "\n⟦⟨" DATE FROM
		    "Subject: ‹cheap cards›\n\n⟩«buy\n»⟧\n" D30 "\n⟦⟨" DATE FROM
		    "Subject: ‹Two›\n\n⟩«b\n»⟧\n" D30 "\n" END,
	    more);
}

/* An entry whose subject the contents show otherwise is not lost to one that
   claims a number behind it. */
static void
unlike_contents(void **state)
{
	static const uint32_t got[] = {1, 4, 2, 3, 4};

	(void)state;
	entries_are("Topics:\n\n   1. ⌈1One (Ann)⌉\n   2. ????????? (Ann)\n"
		    "   3. ⌈4Three (Ann)⌉\n   4. Four (Ann)\n\n" D70
		    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY(
			"4", "Four", "buy\n") "\n" D30 "\n" ENTRY("2", "Две",
			"b\n") "\n" D30 "\n" ENTRY("3", "Three",
			"c\n") "\n" D30 "\n" ENTRY("4", "Four", "d\n") "\n" D30
								       "\n" END,
	    got);
}

/* An entry without a subject is in doubt as well. */
static void
without_subject(void **state)
{
	static const uint32_t got[] = {1, 2, 2, 3};

	(void)state;
	entries_are(
	    "Topics:\n\n   1. ⌈1One (Ann)⌉\n"
	    "   2. ⌈2(no subject) (Bob)⌉\n   3. ⌈4Three (Ann)⌉\n\n" D70
	    "\n" ENTRY("1", "One", "a\n") "\n" D30 "\n" ENTRY("2",
		"(no subject)", "buy\n") "\n" D30 "\n⟦Message: 2\n⟨" DATE FROM
					 "‹›\n⟩«b\n»⟧\n" D30 "\n" ENTRY("3",
					     "Three", "c\n") "\n" D30 "\n" END,
	    got);
}

/* ---- much of it ---- */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* unit, count times, between two strings; # in it is its number. */
static uint32_t
many(const char *before, const char *unit, uint32_t count, const char *after)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct buf b = BUF(256u << 20);
	struct digest d;
	double start;

	buf_puts(&b, before);
	for (uint32_t i = 1; i <= count; i++) {
		const char *hash = strchr(unit, '#');

		if (hash != NULL) {
			buf_put(&b, unit, (size_t)(hash - unit));
			buf_printf(&b, "%u", i);
		}
		buf_puts(&b, hash != NULL ? hash + 1 : unit);
	}
	buf_puts(&b, after);
	assert_false(b.failed);
	start = seconds();
	digest_find(&d, a, b.p, (uint32_t)b.len);
	if (seconds() - start > 5)
		fail_msg("%u times %s: %.1f s", count, unit, seconds() - start);
	for (uint32_t i = 0; i < d.n; i++) {
		const struct digest_entry *e = &d.v[i];

		assert_true(e->whole.from <= e->head.from);
		assert_true(e->head.to == e->body.from);
		assert_true(e->body.to == e->whole.to);
		assert_true(e->whole.to <= b.len);
		assert_true(i == 0 || d.v[i - 1].whole.to < e->whole.from);
	}
	count = d.n;
	buf_free(&b);
	arena_free(a);
	return count;
}

static void
much(void **state)
{
	const char *entries =
	    "Digest\n\n" D70 "\n" DATE FROM "\na\n\n" D30 "\n" DATE FROM
	    "\nb\n\n" D30 "\n" DATE FROM "\nc\n\n";
	char *dashes = malloc(1025);

	(void)state;
	assert_non_null(dashes);
	memset(dashes, '-', 1024);
	dashes[1024] = '\0';
	assert_int_equal(many("Digest\n", D30, 100000, ""), 0);
	assert_int_equal(many(entries, D30, 100000, ""), 3);
	assert_int_equal(many(entries, D30 "\n\n\n", 100000, END), 3);
	assert_int_equal(many(entries, YAHOO "x\n", 100000, ""), 3);
	assert_int_equal(many(entries, U72, 100000, ""), 3);
	assert_int_equal(many(entries, dashes, 10000, "\n"), 3);
	assert_int_equal(many(entries, D30 "Subject: x\n", 100000, END), 3);
	assert_int_equal(many(entries, "          \n", 500000, END), 3);
	assert_int_equal(many(D70 DATE, "\t\n", 1000000, ""), 0);
	assert_int_equal(many("Digest\n" D30 DATE, "x: y\n", 1000000, ""), 0);
	assert_int_equal(many("Topics:\n\n", " #. Re: Re: [x] a\n", 100000,
			     "\n" D70 "\n" DATE FROM "\na\n\n" D30 "\n" DATE
			     "Subject: a\n\nb\n"),
	    2);
	assert_int_equal(many("Topics:\n\n",
			     " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			     "aaaaaaaaaaaaaaaaaaaaaaaaa\n",
			     100000, D70 "\n" DATE FROM "\na\n"),
	    0);
	assert_int_equal(
	    many("", "Topics:\n 1. a\n\n", 200000, D70 "\n" DATE FROM "\na\n"),
	    0);
	free(dashes);
}

/* The cap, and what each pair of topic and subject costs. */
static void
entries_cap(void **state)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct buf toc = BUF(1u << 20);

	(void)state;
	assert_int_equal(
	    many("Digest\n\n", D30 "\nMessage: #\n" DATE "Subject: a\n\nb\n\n",
		LIMIT_ENTRIES + 1, END),
	    LIMIT_ENTRIES);
	assert_int_equal(
	    many("Digest\n\n", D30 "\nMessage: #\n" DATE "Subject: a\n\nb\n\n",
		100000, END),
	    LIMIT_ENTRIES);
	buf_puts(&toc, "Topics:\n\n");
	for (uint32_t i = 0; i < 2 * LIMIT_ENTRIES; i++)
		buf_puts(&toc, " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			       "aaaaaaaaaaaaaaaaaaab\n");
	buf_put(&toc, "", 1);
	assert_int_equal(
	    many(toc.p,
		D30 "\n" DATE "Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac\n\n#\n\n",
		100000, END),
	    0);
	buf_free(&toc);
	arena_free(a);
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(LIMIT_ARENA);
	return arena == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mailman),
	    cmocka_unit_test(mailman_in_russian),
	    cmocka_unit_test(rfc1153),
	    cmocka_unit_test(ezmlm),
	    cmocka_unit_test(listserv),
	    cmocka_unit_test(majordomo),
	    cmocka_unit_test(yahoo),
	    cmocka_unit_test(left_out),
	    cmocka_unit_test(topic_of_several),
	    cmocka_unit_test(ends),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(mixed_line_ends),
	    cmocka_unit_test(others),
	    cmocka_unit_test(forged),
	    cmocka_unit_test(in_doubt),
	    cmocka_unit_test(unlike_contents),
	    cmocka_unit_test(without_subject),
	    cmocka_unit_test(much),
	    cmocka_unit_test(entries_cap),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
