#include "entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "limits.h"

#define D10 "----------"
#define D30 D10 D10 D10 "\n"
#define D70 D10 D10 D10 D10 D10 D10 D10 "\n"

static struct config config;
static struct arena *arena;
static struct charsets *charsets;
static struct sight sight;
static struct sight_with with;
static struct entries entries;
static struct report report;

#define RULES                                               \
	"body TOKEN /\\[TG \\@shop88\\]/\nscore TOKEN 5\n"  \
	"body BULK /in bulk/\nscore BULK 6\n"               \
	"ifplugin Simsift\ncategory TOKEN promo.telegram\n" \
	"category BULK promo.wholesale\ncut TOKEN match\n"  \
	"action promo cut\naction promo.wholesale hold\nendif\n"

static void
load(const char *text)
{
	char name[] = "/tmp/test-entries-XXXXXX";
	const char *file = name;
	int fd = mkstemp(name);
	struct err err;

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	conf_close(&config);
	assert_int_equal(
	    conf_open(&config,
		&(struct conf_sources){.file = &file, .nfile = 1}, &err),
	    0);
	unlink(name);
	assert_false(config.rules.degraded);
}

static int
set_up(void **state)
{
	(void)state;
	load(RULES);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conf_close(&config);
	charsets_close(charsets);
	arena_free(arena);
	return 0;
}

/* Looks at a message and finds its entries. */
static void
look(const char *mail)
{
	charsets_close(charsets);
	charsets = charsets_open(mail, strlen(mail), NULL);
	arena_free(arena);
	arena = arena_new(LIMIT_ARENA);
	assert_non_null(arena);
	with = (struct sight_with){.a = arena,
	    .rules = &config.rules,
	    .set = &config.settings,
	    .charsets = charsets,
	    .deadline = clock_ms() + 3000};
	report = (struct report){.category = UINT32_MAX};
	sight_look(&sight, &with, mail, (uint32_t)strlen(mail));
	entries_find(&entries, arena, &sight);
}

/* All the way to a verdict for each entry; why: as for entries_judge. */
static void
judge_all(const char *mail, enum refusal why)
{
	look(mail);
	entries_set_apart(&entries, &sight);
	sight_decide(&sight, &report, &with);
	plan_drop(&sight.plan, &sight.view);
	entries_judge(&entries, &with, why);
}

/* The message after the edits of the entries. */
static const char *
edited(const char *mail)
{
	static struct buf out = {.cap = 1u << 20};

	entries_plan(&entries, &sight.plan, &with);
	plan_lower(&sight.plan, arena, &sight.view, true);
	buf_free(&out);
	assert_int_equal(edit_apply(&out, mail, (uint32_t)strlen(mail),
			     sight.plan.edit, sight.plan.nedit),
	    0);
	assert_int_equal(buf_put(&out, "", 1), 0);
	return out.p;
}

static void
becomes(const char *mail, const char *want)
{
	judge_all(mail, REFUSAL_NONE);
	assert_string_equal(edited(mail), want);
}

/* The text of a span; in static memory. */
static const char *
text_at(const char *p, struct span s)
{
	static char got[2][1000];
	static int turn;

	turn = !turn;
	assert_true(s.from <= s.to && s.to - s.from < sizeof got[0]);
	snprintf(
	    got[turn], sizeof got[0], "%.*s", (int)(s.to - s.from), p + s.from);
	return got[turn];
}

/* Where a word first stands in the message made of an entry. */
static struct span
word_in(const struct entry *x, const char *word)
{
	const char *at = memmem(x->p, x->len, word, strlen(word));
	uint32_t from;

	if (at == NULL)
		fail_msg("no %s in\n%.*s", word, (int)x->len, x->p);
	from = (uint32_t)(at - x->p);
	return (struct span){from, from + (uint32_t)strlen(word)};
}

static struct span
raw_of(const struct entry *x, const char *word)
{
	return entry_raw(&entries, x, word_in(x, word));
}

/* ---- in text ---- */

#define CONTENTS                \
	"Today's Topics:\n\n"   \
	"   1. Boots (Ann)\n"   \
	"   2. Offer (Sales)\n" \
	"   3. Maps (Ida)\n\n"
#define ENTRY(number, subject, from, body)                                  \
	"Message: " number "\nDate: Mon, 2 Nov 2026 09:01:00 +0000\n"       \
	"From: " from " <a@walkers.example>\nSubject: " subject "\n\n" body \
	"\n\n" D30 "\n"
#define FILL "The hut is open until the first snow, says the keeper.\n"
#define END                                       \
	"End of Walkers Digest, Vol 3, Issue 7\n" \
	"*************************************\n"
#define TEXT_OF(two, three)                                                    \
	CONTENTS D70 "\n" ENTRY("1", "Boots", "Ann", FILL "Wax helps.") ENTRY( \
	    "2", "Offer", "Sales", two) ENTRY("3", "Maps", "Ida", three) END
#define HEADER "Subject: Walkers Digest, Vol 3, Issue 7\n"

static void
in_text(void **state)
{
	static const char mail[] = HEADER "\n" TEXT_OF(FILL, FILL "Needle.");
	const struct entry *x;

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		char path[8];

		x = &entries.v[i];
		snprintf(path, sizeof path, "1#%u", i + 1);
		assert_int_equal(x->number, i + 1);
		assert_string_equal(x->path, path);
		assert_int_equal(x->part, NO_PART);
		assert_false(x->changed || x->stub);
	}
	assert_string_equal(entry_path(x, arena, "1"), "1#3");
	assert_string_equal(entry_path(x, arena, "1/subject"), "1#3/subject");
	/* the message: as if it had come by itself */
	assert_int_equal(x->len, x->made.len);
	assert_string_equal(text_at(x->p, (struct span){0, x->len}),
	    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	    "Date: Mon, 2 Nov 2026 09:01:00 +0000\n"
	    "From: Ida <a@walkers.example>\nSubject: Maps\n\n" FILL
	    "Needle.\n");
	assert_string_equal(text_at(mail, raw_of(x, "Needle")), "Needle");
	assert_string_equal(text_at(mail, raw_of(x, "Ida")), "Ida");
	/* what was made up has no place of its own */
	{
		struct span s = raw_of(x, "MIME-Version");

		assert_int_equal(s.from, s.to);
	}
}

static void
contents_lines(void **state)
{
	static const char *const line[] = {
	    "Boots (Ann)", "Offer (Sales)", "Maps (Ida)"};
	static const char mail[] = HEADER "\n" TEXT_OF(FILL, FILL);

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct entry *x = &entries.v[i];

		assert_string_equal(
		    text_at(sight.view.doc[x->toc_doc].utf8.p, x->toc),
		    line[i]);
	}
}

/* Line ends of the text are those of what is made of it. */
static void
with_crlf(void **state)
{
	static const char lf[] = HEADER "\n" TEXT_OF(FILL, FILL "Needle.");
	char mail[2 * sizeof lf], *o = mail;

	(void)state;
	for (const char *p = lf; *p != '\0'; p++) {
		if (*p == '\n')
			*o++ = '\r';
		*o++ = *p;
	}
	*o = '\0';
	look(mail);
	assert_int_equal(entries.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct entry *x = &entries.v[i];

		for (uint32_t k = 0; k < x->len; k++)
			if (x->p[k] == '\n')
				assert_int_equal(x->p[k - 1], '\r');
	}
	assert_string_equal(
	    text_at(mail, raw_of(&entries.v[2], "Needle.\r\n")), "Needle.\r\n");
	judge_all(mail, REFUSAL_NONE);
	assert_false(entries_changed(&entries));
}

/* Fields that say how an entry was encoded before it became text. */
static void
fields_of_encoding(void **state)
{
	static const char mail[] =
	    HEADER "\n" CONTENTS D70 "\n"
		   "Message: 1\nDate: x\nFrom: Ann <a@walkers.example>\n"
		   "Content-Type: text/html;\n\tcharset=koi8-r\n"
		   "CONTENT-Transfer-Encoding: base64\nSubject: Boots\n\n" FILL
		   "\n" D30 "\n" ENTRY("2", "Offer", "Sales", FILL) END;
	const struct entry *x;

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 2);
	x = &entries.v[0];
	assert_string_equal(text_at(x->p, (struct span){0, x->len}),
	    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	    "Date: x\nFrom: Ann <a@walkers.example>\nSubject: Boots\n\n" FILL);
}

static void
numbers_as_written(void **state)
{
	static const char mail[] = HEADER "\nWalkers Digest\n\n" D70 "\n" ENTRY(
	    "14", "Boots", "Ann", FILL) ENTRY("15", "Offer", "Sales", FILL) END;

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 2);
	assert_int_equal(entries.v[0].number, 14);
	assert_string_equal(entries.v[1].path, "1#15");
	/* no digest */
	look("Subject: s\n\n" FILL D30 "\nSubject: quoted\n\n" FILL);
	assert_int_equal(entries.n, 0);
	look("");
	assert_int_equal(entries.n, 0);
	assert_false(entries_changed(&entries));
}

/* ---- in encoded text ---- */

static void
put_base64(struct buf *out, const char *p, size_t n)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < n; at += 3) {
		uint32_t v = (uint32_t)(unsigned char)p[at] << 16;

		v |= at + 1 < n ? (uint32_t)(unsigned char)p[at + 1] << 8 : 0;
		v |= at + 2 < n ? (uint32_t)(unsigned char)p[at + 2] : 0;
		buf_printf(out, "%c%c%c%c", set[v >> 18], set[v >> 12 & 63],
		    at + 1 < n ? set[v >> 6 & 63] : '=',
		    at + 2 < n ? set[v & 63] : '=');
		if (at % 57 == 54 || at + 3 >= n)
			buf_puts(out, "\n");
	}
}

static void
in_base64(void **state)
{
	static const char text[] = TEXT_OF(FILL, FILL "Needle."),
			  head[] = "Content-Transfer-Encoding: base64\n\n";
	uint32_t at = (uint32_t)(strstr(text, "Needle") - text), want;
	struct buf mail = BUF(1u << 20);
	struct span s;

	(void)state;
	buf_puts(&mail, HEADER);
	buf_puts(&mail, head);
	put_base64(&mail, text, sizeof text - 1);
	buf_put(&mail, "", 1);
	look(mail.p);
	assert_int_equal(entries.n, 3);
	s = raw_of(&entries.v[2], "Needle");
	/* lines of 57 bytes as 76 and a line end, in groups of 3 as 4 */
	want = (uint32_t)(sizeof HEADER + sizeof head) - 2 + at / 57 * 77 +
	       at % 57 / 3 * 4;
	assert_in_range(s.from, want, want + 3);
	assert_in_range(s.to - s.from, 7, 14);
	buf_free(&mail);
}

static void
in_quoted_printable(void **state)
{
	static const char mail[] =
	    HEADER "Content-Type: text/plain; charset=utf-8\n"
		   "Content-Transfer-Encoding: quoted-printable\n\n" TEXT_OF(
		       FILL, "Caf=C3=A9 Need=\nle.");

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	assert_string_equal(
	    text_at(mail, raw_of(&entries.v[2], "Needle")), "Need=\nle");
	assert_string_equal(
	    text_at(mail, raw_of(&entries.v[2], "é")), "=C3=A9");
}

/* 换卡 is four bytes there and six in UTF-8. */
static void
in_gb18030(void **state)
{
#define HUANKA "\xbb\xbb\xbf\xa8"
#define GB                                            \
	"Content-Type: text/plain; charset=gb18030\n" \
	"Content-Transfer-Encoding: 8bit\n\n"
	static const char mail[] = HEADER GB TEXT_OF(
	    HUANKA "\n" FILL, HUANKA HUANKA " Needle " HUANKA);
	const struct entry *x;

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	x = &entries.v[2];
	assert_string_equal(text_at(mail, raw_of(x, "Needle")), "Needle");
	assert_string_equal(text_at(mail, raw_of(x, "换卡")), HUANKA);
	becomes(HEADER GB TEXT_OF(
		    HUANKA "\n" FILL, FILL FILL HUANKA "[TG @shop88]" HUANKA),
	    HEADER GB TEXT_OF(HUANKA "\n" FILL, FILL FILL HUANKA HUANKA));
}

/* ---- parts ---- */

#define DIGEST(parts)                                                          \
	HEADER "Content-Type: multipart/mixed; boundary=m\n\n--m\n\n" CONTENTS \
	       "--m\nContent-Type: multipart/digest; boundary=d\n\n" parts     \
	       "--d--\n\n--m--\n"
#define PART(fields, subject, body)                                   \
	"--d\n" fields "\nFrom: a@walkers.example\nSubject: " subject \
	"\n\n" body

static void
as_parts(void **state)
{
	static const char mail[] = DIGEST(
	    PART("", "Boots", FILL) PART("Content-Type: message/rfc822\n",
		"Offer", FILL "Needle.\n") PART("", "Maps", FILL));
	const struct entry *x;

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	x = &entries.v[1];
	assert_int_equal(x->number, 2);
	assert_int_equal(x->source, 0);
	assert_string_equal(x->path, "1.2.2.1");
	assert_string_equal(
	    entry_path(x, arena, "1/subject"), "1.2.2.1/subject");
	assert_string_equal(text_at(x->p, (struct span){0, x->len}),
	    "From: a@walkers.example\nSubject: Offer\n\n" FILL "Needle.");
	assert_ptr_equal(x->p, mail + x->base);
	assert_string_equal(text_at(mail, raw_of(x, "Needle")), "Needle");
	/* the contents stand in the part before them */
	assert_string_equal(text_at(sight.view.doc[x->toc_doc].utf8.p, x->toc),
	    "Offer (Sales)");
	/* what lies in an entry is known by its part */
	for (uint32_t i = 0; i < sight.tree.n; i++) {
		const struct part *q = &sight.tree.part[i];
		bool in = strncmp(q->path, "1.2.2", 5) == 0;

		assert_true((entries.of[i] == 1) == in);
	}
}

/* Each multipart counts from 1; a digest in an entry is that entry's text. */
static void
two_digests(void **state)
{
#define D(b, parts)                                                            \
	"Content-Type: multipart/digest; boundary=" b "\n\n" parts "--" b "--" \
	"\n"
#define P(b, subject) \
	"--" b "\n\nFrom: a@walkers.example\nSubject: " subject "\n\n" FILL
	static const char mail[] =
	    HEADER "Content-Type: multipart/mixed; boundary=m\n\n--m\n" D(
		"d", P("d", "A") P("d", "B")) "\n--m\n" D("e",
		P("e", "C") "--e\n\nFrom: a@walkers.example\nSubject: D\n" D(
		    "f", P("f", "inner") P("f", "other"))) "\n--m--\n";
	static const uint32_t number[] = {1, 2, 1, 2};

	(void)state;
	look(mail);
	assert_false(sight.tree.odd);
	assert_int_equal(entries.n, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(entries.v[i].number, number[i]);
}

/* An entry in base64 lies in a source of its own. */
static void
as_encoded_part(void **state)
{
	static const char inner[] =
	    "From: a@walkers.example\nSubject: Offer\n\n" FILL FILL
	    "Needle [TG @shop88]\n";
	struct buf mail = BUF(1u << 20);
	const struct entry *x;
	struct span s;

	(void)state;
	buf_puts(&mail, HEADER
	    "Content-Type: multipart/digest; boundary=d\n\n" PART("", "Boots",
		FILL) "--d\nContent-Type: "
		      "message/rfc822\nContent-Transfer-Encoding: base64\n\n");
	put_base64(&mail, inner, sizeof inner - 1);
	buf_puts(&mail, "--d--\n");
	buf_put(&mail, "", 1);
	judge_all(mail.p, REFUSAL_NONE);
	assert_int_equal(entries.n, 2);
	x = &entries.v[1];
	assert_true(x->source > 0);
	assert_int_equal(x->base, 0);
	assert_string_equal(text_at(x->p, (struct span){0, x->len}), inner);
	s = raw_of(x, "Needle");
	assert_int_equal(s.from + s.to, 0);
	assert_int_equal(x->report.action, ACTION_CUT);
	assert_true(x->changed);
	buf_free(&mail);
}

/* ---- each judged by itself ---- */

static void
verdict_is(uint32_t i, enum action action, enum refusal why)
{
	const struct report *r = &entries.v[i].report;

	if (r->action != action || r->refusal != why)
		fail_msg("entry %u: action %d, want %d; %s, want %s", i + 1,
		    r->action, action, report_refusal_name(r->refusal),
		    report_refusal_name(why));
}

#define PROMO FILL "Wax and a phone. [TG @shop88]\n" FILL
#define KEPT FILL "Wax and a phone.\n" FILL
#define BULK FILL "We sell cards in bulk."
#define STUB(n) "[simsift: entry " n " removed, promo.wholesale]"

static void
one_by_one(void **state)
{
	static const char mail[] = HEADER "\n" TEXT_OF(PROMO, BULK);

	(void)state;
	judge_all(mail, REFUSAL_NONE);
	assert_int_equal(report.action, ACTION_PASS); /* the rest of it */
	verdict_is(0, ACTION_PASS, REFUSAL_NONE);
	verdict_is(1, ACTION_CUT, REFUSAL_NONE);
	verdict_is(2, ACTION_HOLD, REFUSAL_NONE);
	assert_true(entries.v[1].changed && !entries.v[1].stub);
	assert_true(entries.v[2].changed && entries.v[2].stub);
	assert_true(entries_changed(&entries));
	assert_string_equal(edited(mail), HEADER
	    "\nToday's Topics:\n\n   1. Boots (Ann)\n"
	    "   2. Offer (Sales)\n   3. " STUB("3") "\n\n" D70 "\n" ENTRY(
		"1", "Boots", "Ann", FILL "Wax helps.") ENTRY("2", "Offer",
		"Sales", KEPT) ENTRY("3", "Maps", "Ida", STUB("3")) END);
	entries_report(&entries, &report, arena);
	assert_int_equal(report.verdict, VERDICT_PROMO);
	assert_int_equal(report.action, ACTION_CUT);
	assert_true(report.score == 6);
	assert_int_equal(report.nentry, 3);
	assert_int_equal(report.nrule, 2);
	assert_int_equal(report.ncut, 2);
	assert_string_equal(report.cut[0].part, "1#2");
	assert_string_equal(text_at(mail, report.cut[0].raw), " [TG @shop88]");
	assert_string_equal(report.cut[1].part, "1#3");
	assert_int_equal(report.entry[2].number, 3);
	assert_string_equal(report.entry[2].path, "1#3");
	assert_int_equal(report.entry[2].action, ACTION_HOLD);
}

/* What a Subject loses its line in the contents loses. */
static void
subjects(void **state)
{
#define BOTH(subject)                                                   \
	HEADER "\nToday's Topics:\n\n   1. Boots (Ann)\n   2. " subject \
	       " (Sales)\n\n" D70 "\n" ENTRY("1", "Boots", "Ann", FILL) \
		   ENTRY("2", subject, "Sales", FILL FILL) END
	(void)state;
	becomes(BOTH("Cards [TG @shop88]"), BOTH("Cards"));
}

static void
no_stub(void **state)
{
	static const char mail[] = HEADER "\n" TEXT_OF(FILL, BULK);

	(void)state;
	load(RULES "ifplugin Simsift\ndigest_stub 0\nendif\n");
	judge_all(mail, REFUSAL_NONE);
	assert_true(entries.v[2].stub);
	assert_string_equal(edited(mail), HEADER
	    "\nToday's Topics:\n\n   1. Boots (Ann)\n"
	    "   2. Offer (Sales)\n   3. \n\n" D70 "\n" ENTRY("1", "Boots",
		"Ann", FILL "Wax helps.") ENTRY("2", "Offer", "Sales",
		FILL) "Message: 3\nDate: Mon, 2 Nov 2026 09:01:00 +0000\n"
		      "From: Ida <a@walkers.example>\nSubject: Maps\n\n\n" D30
		      "\n" END);
	load(RULES);
}

/* The part stays, with its header. */
static void
parts_cut_and_removed(void **state)
{
#define THREE(line, two, three)                                                \
	HEADER "Content-Type: multipart/mixed; boundary=m\n\n--m\n\n"          \
	       "Today's Topics:\n\n   1. Boots (Ann)\n   2. Offer (Sales)\n"   \
	       "   3. " line                                                   \
	       "\n\n--m\nContent-Type: multipart/digest; boundary=d\n\n" PART( \
		   "", "Boots", FILL) PART("", "Offer", two)                   \
		   PART("", "Maps", three) "--d--\n\n--m--\n"
	(void)state;
	becomes(THREE("Maps (Ida)", PROMO "\n", BULK "\n"),
	    THREE(STUB("3"), KEPT "\n", STUB("3") "\n\n"));
}

/* ---- what is not changed ---- */

static void
refused_from_without(void **state)
{
	static const char mail[] = HEADER "\n" TEXT_OF(PROMO, BULK);

	(void)state;
	judge_all(mail, REFUSAL_TREE);
	verdict_is(0, ACTION_PASS, REFUSAL_NONE);
	verdict_is(1, ACTION_MARK, REFUSAL_TREE);
	verdict_is(2, ACTION_MARK, REFUSAL_TREE);
	assert_false(entries_changed(&entries));
	assert_string_equal(edited(mail), mail);
	/* the same later on: all that was planned is taken back */
	judge_all(mail, REFUSAL_NONE);
	assert_true(entries_changed(&entries));
	entries_refuse(&entries, &config.rules, REFUSAL_AGAIN);
	verdict_is(0, ACTION_PASS, REFUSAL_NONE);
	verdict_is(1, ACTION_MARK, REFUSAL_AGAIN);
	verdict_is(2, ACTION_MARK, REFUSAL_AGAIN);
	assert_false(entries_changed(&entries));
	entries_report(&entries, &report, arena);
	assert_int_equal(report.action, ACTION_MARK);
	assert_int_equal(report.refusal, REFUSAL_AGAIN);
	assert_int_equal(report.ncut, 0);
}

/* Entries of a message that can be read in two ways are found, and marked. */
static void
odd_trees(void **state)
{
	static const char mail[] = HEADER
	    "Content-Type: multipart/digest; boundary=d\n\n" PART("", "Boots",
		FILL) PART("", "Offer", PROMO) "--d--\n\n--d\n\nepilogue\n";

	(void)state;
	look(mail);
	assert_true(sight.tree.odd);
	assert_int_not_equal(
	    plan_refuses(&sight.view, &config.settings), REFUSAL_NONE);
	judge_all(mail, plan_refuses(&sight.view, &config.settings));
	assert_true(entries.n >= 2);
	verdict_is(1, ACTION_MARK, REFUSAL_TREE);
	assert_false(entries_changed(&entries));
}

#define SIGNED(part)                                               \
	"Content-Type: multipart/signed; boundary=s\n\n--s\n" part \
	"\n--s\nContent-Type: application/pgp-signature\n\nx\n--s--\n"

static void
sealed_entries(void **state)
{
	(void)state;
	/* the digest in a signed part: as parts, and as text */
	judge_all(HEADER SIGNED("Content-Type: multipart/digest; "
				"boundary=d\n\n" PART("", "Boots", FILL)
				    PART("", "Offer", PROMO) "--d--\n"),
	    REFUSAL_NONE);
	assert_int_equal(entries.n, 2);
	verdict_is(1, ACTION_MARK, REFUSAL_SIGNED);
	judge_all(HEADER SIGNED("\n" TEXT_OF(PROMO, BULK)), REFUSAL_NONE);
	assert_int_equal(entries.n, 3);
	verdict_is(1, ACTION_MARK, REFUSAL_SIGNED);
	verdict_is(2, ACTION_MARK, REFUSAL_SIGNED);
	/* a signed message among others; the other one is cut */
	judge_all(HEADER
	    "Content-Type: multipart/digest; boundary=d\n\n" PART("", "Boots",
		PROMO
		"\n") "--d\n\nSubject: Offer\n" SIGNED("\n" BULK) "--d--\n",
	    REFUSAL_NONE);
	assert_int_equal(entries.n, 2);
	verdict_is(0, ACTION_CUT, REFUSAL_NONE);
	verdict_is(1, ACTION_MARK, REFUSAL_SIGNED);
}

/* ---- a line of the contents and a Subject ---- */

static void
lines_and_subjects(void **state)
{
	static const struct {
		const char *line, *title, *common, *rest;
	} v[] = {
	    {"Boots (Ann)", "Boots", "Boots", " (Ann)"},
	    {"Wet\n      boots (Ann)", "Wet boots", "Wet\n      boots",
		" (Ann)"},
	    {"Boots", "[Walkers] Re: Boots", "Boots", ""},
	    {"Re: Boots", "Boots", "Boots", ""},
	    {"[Offer] Boots", "Boots", "Boots", ""},
	    {"[Offer] Boots", "[Offer] Boots", "[Offer] Boots", ""},
	    {"Boots buy cards", "Boots", "Boots", " buy cards"},
	    {"Boots and so ...", "Boots and socks", "Boots and so", " ..."},
	    /* é and è: the first bytes are the same */
	    {"Caf\xc3\xa8", "Caf\xc3\xa9", "Caf", "\xc3\xa8"},
	    {"Other", "Boots", "", NULL},
	    {"Boots", "", "", NULL},
	    {"", "Boots", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		uint32_t n = (uint32_t)strlen(v[i].line);
		struct digest_common c;
		struct span s;

		digest_common(&c, v[i].line, (struct span){0, n}, v[i].title,
		    (uint32_t)strlen(v[i].title));
		assert_string_equal(text_at(v[i].line, c.line), v[i].common);
		if (v[i].rest == NULL)
			continue;
		assert_string_equal(
		    text_at(v[i].line, (struct span){c.line.to, n}), v[i].rest);
		/* all of it is where it is, and nothing is beyond it */
		s = digest_place(v[i].line, &c, v[i].title, c.title);
		assert_int_equal(s.from, c.line.from);
		assert_int_equal(s.to, c.line.to);
		s = digest_place(v[i].line, &c, v[i].title,
		    (struct span){c.title.from, c.title.to + 1});
		assert_int_equal(s.to, s.from);
	}
}

/* A word is found where the Subject has it, not where it stands first. */
static void
place_in_line(void **state)
{
	static const char line[] = "SIMPLE walks\n      with SIM (Max)",
			  title[] = "Re: SIMPLE walks with SIM";
	struct digest_common c;
	struct span s = {sizeof title - 4, sizeof title - 1};

	(void)state;
	digest_common(&c, line, (struct span){0, sizeof line - 1}, title,
	    sizeof title - 1);
	s = digest_place(line, &c, title, s);
	assert_string_equal(text_at(line, s), "SIM");
	assert_int_equal(s.to, strstr(line, " (Max)") - line);
}

static void
authors(void **state)
{
	static const struct {
		const char *behind, *name; /* NULL: no author */
	} v[] = {{"", ""}, {" (Ann)", "Ann"}, {"\n      (Ann Lee)", "Ann Lee"},
	    {"...", ""}, {"\xe2\x80\xa6 (Ann)", "Ann"},
	    {"\n\t3 by: Ann", " Ann"}, {" buy cards", NULL},
	    {" (Ann) buy cards", NULL}, {" (Ann", NULL},
	    {" (a name of more than a hundred bytes is none but what somebody "
	     "wants to be read by all who take part)",
		NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		uint32_t n = (uint32_t)strlen(v[i].behind);
		struct span name;
		uint32_t end =
		    digest_author(v[i].behind, (struct span){0, n}, 0, &name);

		assert_int_equal(end, v[i].name != NULL ? n : 0);
		if (v[i].name != NULL)
			assert_string_equal(
			    text_at(v[i].behind, name), v[i].name);
	}
}

/* ---- the digest itself ---- */

/* What lies in entries is no matter of the digest's own verdict; masthead and
   contents are, but for the lines of entries. */
static void
set_apart(void **state)
{
	static const char mail[] =
	    HEADER "\nAsk [TG @shop88] for the list.\n\n" TEXT_OF(PROMO, PROMO);
	uint32_t token = rules_find(&config.rules, "TOKEN");

	(void)state;
	look(mail);
	assert_int_equal(entries.n, 3);
	assert_int_equal(sight.match.count[token], 3);
	entries_set_apart(&entries, &sight);
	assert_int_equal(sight.match.count[token], 1);
	for (uint32_t i = 0; i < entries.n; i++) {
		const struct spans *g = &sight.guard[entries.v[i].doc];

		assert_true(grow_touches(g, entries.v[i].whole));
		assert_true(grow_touches(g, entries.v[i].toc));
	}
}

static void
looked_at_again(void **state)
{
	static const char mail[] = HEADER "\n" TEXT_OF(PROMO, BULK);
	struct entries first, none;
	struct sight *was = malloc(sizeof *was);
	struct sight second;
	char *result;

	(void)state;
	assert_non_null(was);
	judge_all(mail, REFUSAL_NONE);
	result = strdup(edited(mail));
	assert_non_null(result);
	first = entries;
	sight_look(&second, &with, result, (uint32_t)strlen(result));
	entries_find(&none, arena, &second);
	assert_int_equal(entries_again(&first, &with, &none), REFUSAL_NONE);
	/* as it was before: what was to go is still there */
	sight_look(was, &with, mail, (uint32_t)strlen(mail));
	entries_find(&none, arena, was);
	assert_int_equal(entries_again(&first, &with, &none), REFUSAL_AGAIN);
	/* and one that is gone */
	none.n--;
	assert_int_equal(entries_again(&first, &with, &none), REFUSAL_CHANGED);
	free(was);
	free(result);
}

/* A caller may write as many as he likes. */
static void
many(void **state)
{
	struct buf b = BUF(8u << 20);

	(void)state;
	buf_puts(&b, HEADER "\nWalkers Digest\n\n" D70 "\n");
	for (uint32_t i = 1; i <= LIMIT_ENTRIES + 100; i++)
		buf_printf(&b,
		    "Message: %u\nDate: x\nFrom: a@b.example\nSubject: s\n\n"
		    "Text.\n\n" D30 "\n",
		    i);
	buf_puts(&b, END);
	buf_put(&b, "", 1);
	look(b.p);
	assert_int_equal(entries.n, LIMIT_ENTRIES);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_text),
	    cmocka_unit_test(contents_lines),
	    cmocka_unit_test(with_crlf),
	    cmocka_unit_test(fields_of_encoding),
	    cmocka_unit_test(numbers_as_written),
	    cmocka_unit_test(in_base64),
	    cmocka_unit_test(in_quoted_printable),
	    cmocka_unit_test(in_gb18030),
	    cmocka_unit_test(as_parts),
	    cmocka_unit_test(two_digests),
	    cmocka_unit_test(as_encoded_part),
	    cmocka_unit_test(one_by_one),
	    cmocka_unit_test(subjects),
	    cmocka_unit_test(no_stub),
	    cmocka_unit_test(parts_cut_and_removed),
	    cmocka_unit_test(refused_from_without),
	    cmocka_unit_test(odd_trees),
	    cmocka_unit_test(sealed_entries),
	    cmocka_unit_test(lines_and_subjects),
	    cmocka_unit_test(place_in_line),
	    cmocka_unit_test(authors),
	    cmocka_unit_test(set_apart),
	    cmocka_unit_test(looked_at_again),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
