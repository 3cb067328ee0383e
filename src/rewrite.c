#include "rewrite.h"

#include <string.h>
#include <strings.h>

#include "limits.h"
#include "message.h"

void
rewrite_name(struct rewrite *r)
{
	if (r->id[0] != '\0')
		return;
	vault_id(r->p, r->len, r->id);
	memcpy(r->shown, r->id, sizeof r->shown - 1);
}

int
rewrite_keep(struct rewrite *r, enum action action, const char *sender,
    const char *recipient, struct err *err)
{
	const struct vault_item it = {.p = r->p,
	    .len = r->len,
	    .report = r->report,
	    .rules = r->rules,
	    .action = action,
	    .sender = sender,
	    .recipient = recipient};
	int fault = vault_store(r->vault, &it, r->id, err);

	if (fault != 0)
		return fault;
	r->stored = true;
	/* A second try of the mail system has the id of the first. */
	memcpy(r->shown, r->id, sizeof r->shown - 1);
	return 0;
}

bool
rewrite_find_token(struct rewrite *r, struct vault_found *f)
{
	if (setjmp(*arena_oom(r->arena)) != 0)
		return false;
	return vault_token_find(r->vault, r->arena, r->p, r->len, f);
}

/* Our status field, which the token covers? */
static bool
is_status(const char *p, struct span s)
{
	static const char name[] = "x-simsift";
	uint32_t at = s.from + sizeof name - 1;

	if (s.to <= at || strncasecmp(p + s.from, name, sizeof name - 1) != 0)
		return false;
	while (at < s.to && (p[at] == ' ' || p[at] == '\t'))
		at++;
	return at < s.to && p[at] == ':';
}

void
rewrite_pass_ours(struct rewrite *r, const struct vault_found *f)
{
	struct report *rep = r->report;
	uint32_t n = 0;

	for (uint32_t i = 0; i < rep->nedit; i++) {
		const struct edit *e = &rep->edit[i];
		bool token =
		    e->span.from == f->field.from && e->span.to == f->field.to;

		if (edit_own_field(r->p, r->len, e) && !token &&
		    !(f->status && is_status(r->p, e->span)))
			rep->edit[n++] = *e;
	}
	*rep = (struct report){.category = UINT32_MAX,
	    .required = rep->required,
	    .field_at = rep->field_at,
	    .body_at = rep->body_at,
	    .edit = rep->edit,
	    .nedit = n};
	r->ours = true;
}

void
rewrite_uncut(struct rewrite *r)
{
	struct report *rep = r->report;
	uint32_t n = 0;

	for (uint32_t i = 0; i < rep->nedit; i++)
		if (edit_own_field(r->p, r->len, &rep->edit[i]))
			rep->edit[n++] = rep->edit[i];
	rep->nedit = n;
	rep->ncut = 0;
	rep->action = ACTION_MARK;
}

/* ---- the field and the token ---- */

static int
put_head(void *ctx, const char *p, size_t n)
{
	return buf_put(ctx, p, n);
}

static int
sum_head(struct rewrite *r, const struct buf *head, struct vault_sum *sum)
{
	struct header h;

	if (head->failed || setjmp(*arena_oom(r->arena)) != 0)
		return -1;
	message_header(&h, r->arena, head->p, 0, (uint32_t)head->len);
	if (h.cut_short || h.body != head->len)
		return -1;
	vault_sum_head(sum, head->p, &h, true);
	return 0;
}

/* The token of the result, the field before it in `out`.  Without it the
   result is whole all the same: only `restore` has to be told the id. */
static void
put_token(struct rewrite *r, struct buf *out, const char *eol)
{
	struct buf head = BUF(LIMIT_MESSAGE);
	const struct report *rep = r->report;
	struct vault_sum sum;
	struct err err;
	uint32_t k = 0;

	while (k < rep->nedit && rep->edit[k].span.to <= rep->body_at &&
	       rep->edit[k].span.from < rep->body_at)
		k++;
	/* A cut from header into body: there is none. */
	if (k < rep->nedit && rep->edit[k].span.from < rep->body_at)
		return;
	vault_sum_start(&sum);
	edit_write(r->p, rep->body_at, r->len, rep->edit + k, rep->nedit - k,
	    vault_sum_put, &sum);
	buf_put(&head, out->p, out->len);
	edit_write(
	    r->p, rep->field_at, rep->body_at, rep->edit, k, put_head, &head);
	if (sum_head(r, &head, &sum) == -1)
		log_warn("no token for the result: its header is too large");
	else if (vault_token(r->vault, r->id, &sum, eol, out, &err) != 0)
		log_warn("no token for the result: %s", err.text);
	buf_free(&head);
}

static void
put_fields(struct rewrite *r, struct buf *out, const char *eol)
{
	report_field(out, r->report, r->rules, eol, r->shown);
	if (r->report->action == ACTION_CUT && r->stored)
		put_token(r, out, eol);
}

int
rewrite_field(struct rewrite *r, struct buf *out)
{
	const struct report *rep = r->report;

	/* Nothing is edited before the field's place: it is the start of the
	   header. */
	if (rep->nedit > 0 && rep->edit[0].span.from < rep->field_at)
		return -1;
	if (rep->action == ACTION_PASS && (!r->header || r->ours))
		return 0;
	/* Behind our field such a line would be a part of it. */
	if (rep->field_at < r->len &&
	    (r->p[rep->field_at] == ' ' || r->p[rep->field_at] == '\t'))
		log_warn("no field added: the message starts with a blank");
	else
		put_fields(r, out, message_eol(r->p, r->len));
	return out->failed ? -1 : 0;
}

int
rewrite_write(
    const struct rewrite *r, const struct buf *field, edit_put *put, void *ctx)
{
	const struct report *rep = r->report;

	if (put(ctx, r->p, rep->field_at) == -1 ||
	    put(ctx, field->p, field->len) == -1)
		return -1;
	return edit_write(
	    r->p, rep->field_at, r->len, rep->edit, rep->nedit, put, ctx);
}
