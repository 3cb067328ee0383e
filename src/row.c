#include "row.h"

#include <string.h>
#include <utf8proc.h>

#include "date.h"
#include "decode.h"

#define DOTS "\u2026" /* one column */

enum { DATE = 10, FROM = 16, SUBJECT = 18, CATEGORY = 19, SCORE = 5 };

/* Bytes of p[0..n) that fit into `width` columns, and how many they take.
   Marks that stand on the last character come along. */
static size_t
fits(const char *p, size_t n, unsigned width, unsigned *columns)
{
	size_t at = 0;
	uint32_t cp;

	*columns = 0;
	while (at < n) {
		unsigned k = decode_utf8(p + at, n - at, &cp);
		int w = k > 0 ? utf8proc_charwidth((utf8proc_int32_t)cp) : 1;

		if (*columns + (unsigned)w > width)
			break;
		*columns += (unsigned)w;
		at += k > 0 ? k : 1;
	}
	return at;
}

void
row_cell(struct buf *out, const char *p, size_t n, unsigned width)
{
	struct buf shown = BUF(64u << 10);
	unsigned columns;
	size_t k;

	report_shown(&shown, n > 0 ? p : "", n);
	k = fits(shown.p, shown.len, width, &columns);
	if (k < shown.len) {
		k = fits(shown.p, shown.len, width - 1, &columns);
		buf_put(out, shown.p, k);
		buf_puts(out, DOTS);
		columns++;
	} else {
		buf_put(out, shown.p, k);
	}
	for (; columns < width; columns++)
		buf_puts(out, " ");
	out->failed |= shown.failed;
	buf_free(&shown);
}

static void
cell(struct buf *out, const char *s, unsigned width)
{
	row_cell(out, s, strlen(s), width);
	buf_puts(out, " ");
}

void
row_head(struct buf *out)
{
	cell(out, "date", DATE);
	cell(out, "from", FROM);
	cell(out, "subject", SUBJECT);
	cell(out, "category", CATEGORY);
	buf_puts(out, "score action\n");
}

void
row_text(
    struct buf *out, const struct pool_item *item, const struct rules *rules)
{
	const struct report *r = &item->report;
	const char *category = report_category(r, rules);
	const char *date = r->date != NULL ? r->date : "";

	row_cell(out, date, strnlen(date, DATE), DATE);
	buf_puts(out, " ");
	row_cell(out, r->from, r->from_len, FROM);
	buf_puts(out, " ");
	row_cell(out, r->subject, r->subject_len, SUBJECT);
	buf_puts(out, " ");
	cell(out, category != NULL ? category : report_verdict_name(r->verdict),
	    CATEGORY);
	buf_printf(out, "%*.1f %s\n", SCORE, report_score(r->score),
	    rules_action_name(r->action));
}

static void
put_text(struct buf *out, const char *key, const char *p, uint32_t n)
{
	buf_printf(out, ",\"%s\":", key);
	if (p == NULL) {
		buf_puts(out, "null");
		return;
	}
	buf_puts(out, "\"");
	report_json_string(out, p, n);
	buf_puts(out, "\"");
}

void
row_json(struct buf *out, const struct pool_item *item,
    const struct rules *rules, bool timing)
{
	const struct report *r = &item->report;

	buf_puts(out, "{\"v\":1,\"box\":");
	report_json_path(out, item->box);
	buf_puts(out, ",\"id\":");
	report_json_path(out, item->id);
	buf_printf(out, ",\"offset\":%llu", (unsigned long long)item->offset);
	report_json(out, r, rules);
	put_text(out, "from", r->from, r->from_len);
	put_text(out, "subject", r->subject, r->subject_len);
	buf_puts(out, ",\"date\":");
	if (r->date != NULL) /* digits, but none of them is a code */
		report_json_path(out, r->date);
	else
		buf_puts(out, "null");
	if (item->sum != NULL)
		buf_printf(out, ",\"sha256\":\"%s\"", item->sum);
	if (timing)
		buf_printf(out, ",\"ms\":%.3f", item->us / 1000.0);
	buf_puts(out, "}\n");
}
