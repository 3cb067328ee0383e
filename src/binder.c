#include "binder_private.h"

#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "limits.h"
#include "message.h"
#include "page.h"

#define FIRST_ROOM 64u

int
binder_open(struct binder *b, struct err *err)
{
	b->fields = BUF(1u << 20);
	b->body = BUF(LIMIT_ANSWER);
	SHA256Init(&b->sum);
	if (b->most == 0 || b->most > LIMIT_DIGEST)
		b->most = LIMIT_DIGEST;
	return spool_open(&b->spool, err);
}

void
binder_close(struct binder *b)
{
	spool_close(&b->spool);
	buf_free(&b->fields);
	buf_free(&b->body);
	free(b->v);
}

/* Its place; the oldest goes where there are enough. */
static struct bound *
next_place(struct binder *b)
{
	if (b->n == b->size && b->size < b->most) {
		uint32_t more = b->size > 0 ? b->size * 2 : FIRST_ROOM;
		struct bound *v;

		more = more < b->most ? more : b->most;
		v = realloc(b->v, more * sizeof *v);
		if (v == NULL)
			return NULL;
		b->v = v;
		b->size = more;
	}
	if (b->n < b->size)
		b->n++;
	return &b->v[b->added++ % b->size];
}

/* ---- fields ---- */

static void
end_field(struct binder *b)
{
	buf_put(&b->fields, "", 1);
}

static void
put_note(struct binder *b, const struct report *r)
{
	const char *category = report_category(r, b->rules);

	if (category == NULL)
		category = report_verdict_name(r->verdict);
	if (r->action == ACTION_HOLD)
		buf_printf(&b->fields,
		    "[not shown: it would be held, %s, score %.1f]", category,
		    report_score(r->score));
	else if (r->action == ACTION_CUT)
		buf_printf(&b->fields, "[promotion cut out: %s, %u place%s]",
		    category, r->ncut, r->ncut == 1 ? "" : "s");
	else if (r->action == ACTION_MARK)
		buf_printf(&b->fields, "[marked: %s, score %.1f]", category,
		    report_score(r->score));
}

static void
put_fields(struct binder *b, struct bound *to, const struct report *r)
{
	char date[DATE_MAIL] = "";
	bool held = r->action == ACTION_HOLD;

	b->fields.len = 0;
	page_field(&b->fields, r->from, r->from_len, held);
	end_field(b);
	if (r->reading != NULL)
		page_field(
		    &b->fields, r->reading->to, r->reading->to_len, false);
	end_field(b);
	page_field(&b->fields, r->subject, r->subject_len, held);
	end_field(b);
	to->time = INT64_MIN;
	if (r->date != NULL && !date_mail(date, &to->time, r->date))
		date[0] = '\0';
	buf_puts(&b->fields, date);
	end_field(b);
	put_note(b, r);
	end_field(b);
	to->fields = (uint32_t)b->fields.len;
}

/* ---- bodies ---- */

static int
put_piece(void *ctx, const char *p, size_t n)
{
	return buf_put(ctx, p, n);
}

/* As filter would give it, but without a number in the vault. */
static int
put_message(struct binder *b, const struct report *r, const char *p, size_t n,
    struct err *err)
{
	const char *why;
	uint32_t at = r->field_at;

	/* These are not the bytes that were checked before: a child had its
	   hands on those. */
	why = edit_check(p, (uint32_t)n, r->edit, r->nedit, LIMIT_KEEP);
	if (why == NULL && ((at > 0 && p[at - 1] != '\n') ||
			       (r->nedit > 0 && r->edit[0].span.from < at)))
		why = "a wrong place";
	if (why != NULL)
		return err_set(err, "the child's answer was refused: %s", why);
	if (r->action != ACTION_PASS && at < n && p[at] != ' ' && p[at] != '\t')
		report_field(&b->body, r, b->rules, message_eol(p, n), NULL);
	edit_write(p, at, (uint32_t)n, r->edit, r->nedit, put_piece, &b->body);
	return 0;
}

/* What transfer encoding says what is in the messages. */
static void
look_at_lines(struct binder *b)
{
	size_t line = 0;

	for (size_t i = 0; i < b->body.len; i++) {
		char c = b->body.p[i];

		b->high |= (unsigned char)c >= 128;
		line = c == '\n' ? 0 : line + 1;
		b->binary |= c == '\0' || line > 998;
	}
}

static int
make_body(struct binder *b, const struct report *r, const char *p, size_t n,
    struct err *err)
{
	b->body.len = 0;
	if (r->action == ACTION_HOLD)
		return 0;
	if (b->format == BINDER_MIME) {
		if (put_message(b, r, p, n, err) == -1)
			return -1;
		look_at_lines(b);
	} else if (r->reading != NULL) {
		page_text(&b->body, r->reading, b->columns,
		    b->format == BINDER_RFC1153);
	} else {
		buf_puts(&b->body, "[its text takes too much memory]\n");
	}
	return 0;
}

int
binder_add(struct binder *b, const struct pool_item *item, const char *p,
    size_t n, struct err *err)
{
	const struct report *r = &item->report;
	struct bound *to;

	if (make_body(b, r, p, n, err) == -1) {
		log_error("%s: %s", item->id, err->text);
		b->unread++;
		return 0;
	}
	if ((to = next_place(b)) == NULL)
		return err_set(err, "no memory");
	*to = (struct bound){
	    .at = b->spool.len, .len = b->body.len, .action = r->action};
	put_fields(b, to, r);
	if (b->fields.failed || b->body.failed)
		return err_set(err, "%s: no memory for its text", item->id);
	SHA256Update(&b->sum, (const uint8_t *)b->fields.p, b->fields.len);
	if (b->body.len > 0)
		SHA256Update(&b->sum, (const uint8_t *)b->body.p, b->body.len);
	if (spool_put(&b->spool, b->fields.p, b->fields.len, err) == -1)
		return -1;
	return spool_put(&b->spool, b->body.p, b->body.len, err);
}
