#include "row.h"

#include <string.h>

#include "date.h"
#include "width.h"

enum { DATE = 10, FROM = 16, SUBJECT = 18, CATEGORY = 19, SCORE = 5 };

void
row_cell(struct buf *out, const char *p, size_t n, unsigned width)
{
	struct buf shown = BUF(64u << 10);

	report_shown(&shown, n > 0 ? p : "", n);
	width_put(out, shown.p, shown.len, width);
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
