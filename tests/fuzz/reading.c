/* What is read of a message, and the page of a digest it becomes. */
#include "fuzz.h"
#include "judged.h"
#include "page.h"

/* Valid UTF-8, no controls but line ends, no line too long for mail. */
static void
check_page(const struct buf *out)
{
	uint32_t line = 0;

	MUST(!out->failed && decode_utf8_valid(out->p, (uint32_t)out->len));
	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->p[i];

		line = c == '\n' ? 0 : line + 1;
		MUST((c >= ' ' && c != 127) || c == '\n');
		MUST(line <= LIMIT_MAIL_LINE + 1); /* a guard's blank */
	}
}

FUZZ(a, p, n)
{
	static const uint32_t columns[] = {0, 30, 78, 300};
	uint32_t wide = columns[fuzz_choice(&p, &n, 4)], lines = 0, at = 0;
	struct buf out = BUF(LIMIT_ANSWER);
	const struct report_reading *g;
	struct report r;

	judge_want(&r, a, p, n, WANT_HEADLINE | WANT_READING);
	if ((g = r.reading) == NULL)
		return;
	MUST(g->len <= LIMIT_READING_MOST && g->to_len <= LIMIT_HEADLINE);
	for (uint32_t i = 0; i < g->len; i++)
		lines += g->text[i] == '\n';
	MUST(lines == g->nline && (g->len == 0 || g->text[g->len - 1] == '\n'));
	for (uint32_t i = 0; i < g->nmark; at = g->mark[i++].at)
		MUST(g->mark[i].at >= at && g->mark[i].at <= g->len);
	page_text(&out, g, wide, n % 2 == 0);
	check_page(&out);
	buf_free(&out);
}
