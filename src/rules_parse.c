#include <stdio.h>
#include <string.h>

#include "rules_private.h"

#define LONG_SHOWN 60u /* bytes of a line that is too long */

/* directive.flags */
#define CONDITION 0x01 /* also where a condition above is false */
#define OURS 0x02      /* SpamAssassin would choke: inside our block */

/* --- settings and what is unknown --- */

/* 1 taken or complained of; 0 nobody knows it. */
static int
offer(struct line *l, const char *name, struct err *why)
{
	struct rules *r = l->rules;
	const char *at = l->p;
	int ret;

	why->text[0] = '\0';
	if (r->setting == NULL)
		return 0;
	ret =
	    r->setting(r->setting_ctx, name, rules_dup(l, rules_rest(l)), why);
	if (ret == -1)
		rules_tell(l, at, ERROR, "%s: %s", name,
		    why->text[0] != '\0' ? why->text : "a bad value");
	return ret != 0;
}

/* Directives of SpamAssassin that are settings here: also outside. */
static void
offer_or_warn(struct line *l, const char *name)
{
	struct err why;

	if (l->rules->setting != NULL && offer(l, name, &why) == 0)
		rules_tell(l, l->at_key, WARNING, "%s is not used here", name);
}

static void
do_required(struct line *l, const struct directive *d)
{
	(void)d;
	if (!rules_missing(l, "a score"))
		offer_or_warn(l, "required_score");
}

/* whitelist_from, unblacklist_from …: under their new names */
static void
do_list(struct line *l, const struct directive *d)
{
	static const char *const old[] = {"whitelist", "blacklist"},
				 *const new[] = {"welcomelist", "blocklist"};
	char name[sizeof l->key + 16];
	const char *p;

	(void)d;
	snprintf(name, sizeof name, "%.*s", (int)l->nkey, l->key);
	for (int i = 0; i < 2; i++)
		if ((p = memmem(l->key, l->nkey, old[i], strlen(old[i]))) !=
		    NULL)
			snprintf(name, sizeof name, "%.*s%s%.*s",
			    (int)(p - l->key), l->key, new[i],
			    (int)(l->key + l->nkey - p) - (int)strlen(old[i]),
			    p + strlen(old[i]));
	offer_or_warn(l, name);
}

/* --- conditions --- */

static void
open_condition(struct line *l, bool here, bool there)
{
	struct source *s = l->source;
	struct condition *c = &s->condition[s->nconditions++];

	*c = (struct condition){.at = rules_place(l, l->at_key),
	    .skip = s->skip,
	    .ours = s->ours,
	    .else_ours = !here && there};
	s->skip |= !here;
	s->ours |= here && !there;
}

/* Deeper than we keep book of: skipped up to its endif. */
static void
too_deep(struct line *l)
{
	struct source *s = l->source;

	if (s->excess++ > 0)
		return;
	if (!s->skip)
		rules_tell(l, l->at_key, ERROR,
		    "more than %u conditions in each other: this one and "
		    "those in it are skipped",
		    LIMIT_IF_DEPTH);
	s->excess_skip = s->skip;
	s->skip = true;
}

/* if, ifplugin: arg is true for the latter */
static void
do_if(struct line *l, const struct directive *d)
{
	bool here = false, there = false;
	struct slice name;

	if (l->source->nconditions == LIMIT_IF_DEPTH) {
		too_deep(l);
		return;
	}
	if (!l->source->skip && d->arg) {
		name = rules_word(l);
		here = there = rules_plugin(name);
		here |= rules_same(name, "Simsift");
		if (name.n == 0)
			rules_missing(l, "the name of a plugin");
		else
			rules_standalone(l, d);
	} else if (!l->source->skip && !rules_missing(l, "a condition")) {
		rules_condition(l, &here, &there);
	}
	open_condition(l, here, there);
}

static void
do_else(struct line *l, const struct directive *d)
{
	struct source *s = l->source;
	struct condition *c;

	if (s->excess > 0)
		return;
	if (s->nconditions == 0) {
		rules_tell(l, l->at_key, ERROR, "this else has no if");
		return;
	}
	c = &s->condition[s->nconditions - 1];
	if (c->skip)
		return;
	rules_standalone(l, d);
	if (c->seen_else)
		rules_tell(l, l->at_key, ERROR,
		    "the second else of the if in line %u", c->at.line);
	c->seen_else = true;
	s->skip = !s->skip;
	s->ours = c->ours || c->else_ours;
}

static void
do_endif(struct line *l, const struct directive *d)
{
	struct source *s = l->source;
	const struct condition *c;

	if (s->excess > 0) {
		if (--s->excess == 0)
			s->skip = s->excess_skip;
		return;
	}
	if (s->nconditions == 0) {
		rules_tell(l, l->at_key, ERROR, "this endif has no if");
		return;
	}
	c = &s->condition[--s->nconditions];
	if (!c->skip)
		rules_standalone(l, d);
	s->skip = c->skip;
	s->ours = c->ours;
}

static void
tell_unclosed(struct rules *r, const struct source *s)
{
	for (uint32_t i = 0; i < s->nconditions; i++)
		rules_say(r, &s->condition[i].at, ERROR,
		    "this condition has no endif before the file ends");
}

/* --- other directives about lines --- */

static void
do_lang(struct line *l, const struct directive *d)
{
	struct slice s;

	(void)d;
	if (rules_missing(l, "a language"))
		return;
	s = rules_word(l);
	if (s.n >= 2 && (s.p[0] | 0x20) == 'e' && (s.p[1] | 0x20) == 'n' &&
	    (s.n == 2 || s.p[2] == '_'))
		l->again = !rules_missing(l, "a directive");
}

static const char *
relative_to(const struct line *l, struct slice name)
{
	const char *slash = strrchr(l->at.file, '/');

	if (name.p[0] == '/' || slash == NULL)
		return rules_dup(l, name);
	return arena_printf(l->rules->arena, "%.*s/%.*s",
	    (int)(slash - l->at.file), l->at.file, (int)name.n, name.p);
}

static void
do_include(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	struct err err;

	(void)d;
	if (rules_missing(l, "the name of a file"))
		return;
	if (!l->source->has_dir)
		rules_tell(l, at, ERROR,
		    "include works in files only: there is no directory to "
		    "start from");
	else if (l->source->depth >= LIMIT_INCLUDES)
		rules_tell(l, at, ERROR,
		    "more than %u files include each "
		    "other",
		    LIMIT_INCLUDES);
	else if (rules_load_file(
		     l->rules, relative_to(l, rules_rest(l)), &err) == -1)
		rules_tell(l, at, ERROR, "%s", err.text);
}

void
rules_outside(const struct line *l, const char *at, const char *what)
{
	rules_tell(l, at, ERROR_TAKEN,
	    "%s belongs between `ifplugin Simsift` and `endif`: "
	    "SpamAssassin would stumble over it",
	    what);
}

/* --- the language --- */

static const struct directive directives[] = {
    {"if", do_if, CONDITION, false},
    {"ifplugin", do_if, CONDITION, true},
    {"else", do_else, CONDITION, 0},
    {"endif", do_endif, CONDITION, 0},
    {"lang", do_lang, 0, 0},
    {"include", do_include, 0, 0},
    {"header", rules_do_header, 0, RULE_HEADER},
    {"mimeheader", rules_do_header, 0, RULE_MIMEHEADER},
    {"body", rules_do_text_rule, 0, RULE_BODY},
    {"rawbody", rules_do_text_rule, 0, RULE_RAWBODY},
    {"uri", rules_do_text_rule, 0, RULE_URI},
    {"full", rules_do_text_rule, 0, RULE_FULL},
    {"meta", rules_do_meta, 0, 0},
    {"score", rules_do_score, 0, 0},
    {"describe", rules_do_describe, 0, 0},
    {"tflags", rules_do_tflags, 0, 0},
    {"test", rules_do_test, 0, 0},
    {"replace_rules", rules_do_replace_rules, 0, 0},
    {"replace_tag", rules_do_replace_tag, 0, TAG},
    {"replace_pre", rules_do_replace_tag, 0, TAG_PRE},
    {"replace_inter", rules_do_replace_tag, 0, TAG_INTER},
    {"replace_post", rules_do_replace_tag, 0, TAG_POST},
    {"replace_start", rules_do_replace_mark, 0, false},
    {"replace_end", rules_do_replace_mark, 0, true},
    {"required_score", do_required, 0, 0},
    {"required_hits", do_required, 0, 0},
    {"near", rules_do_near, OURS, 0},
    {"category", rules_do_category, OURS, 0},
    {"cut", rules_do_cut, OURS, 0},
    {"guard", rules_do_guard, OURS, 0},
    {"action", rules_do_action, OURS, 0},
    {"loadplugin", rules_do_refuse, 0, REFUSE_PLUGIN},
    {"tryplugin", rules_do_refuse, 0, REFUSE_PLUGIN},
    {"askdns", rules_do_refuse, 0, REFUSE_NETWORK},
    {"uridnsbl", rules_do_refuse, 0, REFUSE_NETWORK},
    {"uridnssub", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urirhsbl", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urirhssub", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urinsrhsbl", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urinsrhssub", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urifullnsrhsbl", rules_do_refuse, 0, REFUSE_NETWORK},
    {"urifullnsrhssub", rules_do_refuse, 0, REFUSE_NETWORK},
    {"uri_detail", rules_do_refuse, 0, REFUSE_TEST},
    /* SpamAssassin's settings that mean nothing here */
    {"add_header", NULL, 0, 0},
    {"adsp_override", NULL, 0, 0},
    {"all_spam_to", NULL, 0, 0},
    {"allow_user_rules", NULL, 0, 0},
    {"always_trust_envelope_sender", NULL, 0, 0},
    {"body_part_scan_size", NULL, 0, 0},
    {"enable_compat", NULL, 0, 0},
    {"envelope_sender_header", NULL, 0, 0},
    {"fold_headers", NULL, 0, 0},
    {"inactive_languages", NULL, 0, 0},
    {"internal_networks", NULL, 0, 0},
    {"lock_method", NULL, 0, 0},
    {"mbox_format_from_regex", NULL, 0, 0},
    {"more_spam_to", NULL, 0, 0},
    {"msa_networks", NULL, 0, 0},
    {"normalize_charset", NULL, 0, 0},
    {"ok_languages", NULL, 0, 0},
    {"ok_locales", NULL, 0, 0},
    {"originating_ip_headers", NULL, 0, 0},
    {"parse_dkim_uris", NULL, 0, 0},
    {"priority", NULL, 0, 0},
    {"rawbody_part_scan_size", NULL, 0, 0},
    {"redirector_pattern", NULL, 0, 0},
    {"remove_header", NULL, 0, 0},
    {"report", NULL, 0, 0},
    {"require_version", NULL, 0, 0},
    {"reuse", NULL, 0, 0},
    {"rewrite_header", NULL, 0, 0},
    {"run_reuse_tests_only", NULL, 0, 0},
    {"shortcircuit", NULL, 0, 0},
    {"skip_rbl_checks", NULL, 0, 0},
    {"skip_uribl_checks", NULL, 0, 0},
    {"subjprefix", NULL, 0, 0},
    {"time_limit", NULL, 0, 0},
    {"trusted_networks", NULL, 0, 0},
    {"unsafe_report", NULL, 0, 0},
    {"unsafe_report_template", NULL, 0, 0},
    {"uri_host_lists", NULL, 0, 0},
    {"version_tag", NULL, 0, 0},
};

/* The same by how they start; welcomelist_from and its kin are many. */
static const struct directive families[] = {
    {"welcomelist_", do_list, 0, 0},
    {"whitelist_", do_list, 0, 0},
    {"blocklist_", do_list, 0, 0},
    {"blacklist_", do_list, 0, 0},
    {"unwelcomelist_", do_list, 0, 0},
    {"unwhitelist_", do_list, 0, 0},
    {"unblocklist_", do_list, 0, 0},
    {"unblacklist_", do_list, 0, 0},
    {"asn_", NULL, 0, 0},
    {"authres_", NULL, 0, 0},
    {"auto_welcomelist_", NULL, 0, 0},
    {"auto_whitelist_", NULL, 0, 0},
    {"bayes_", NULL, 0, 0},
    {"clear_", NULL, 0, 0},
    {"country_db_", NULL, 0, 0},
    {"dcc_", NULL, 0, 0},
    {"dccifd_", NULL, 0, 0},
    {"def_welcomelist_", NULL, 0, 0},
    {"def_whitelist_", NULL, 0, 0},
    {"delist_", NULL, 0, 0},
    {"dkim_", NULL, 0, 0},
    {"dmarc_", NULL, 0, 0},
    {"dns_", NULL, 0, 0},
    {"do_not_use_mail_spf", NULL, 0, 0},
    {"enlist_", NULL, 0, 0},
    {"extracttext_", NULL, 0, 0},
    {"fns_", NULL, 0, 0},
    {"freemail_", NULL, 0, 0},
    {"geodb_", NULL, 0, 0},
    {"hashbl_", NULL, 0, 0},
    {"ignore_received_spf_", NULL, 0, 0},
    {"max_short_url", NULL, 0, 0},
    {"olemacro_", NULL, 0, 0},
    {"phishing_", NULL, 0, 0},
    {"pyzor_", NULL, 0, 0},
    {"razor_", NULL, 0, 0},
    {"rbl_", NULL, 0, 0},
    {"report_", NULL, 0, 0},
    {"resource_limit_", NULL, 0, 0},
    {"shortcircuit_", NULL, 0, 0},
    {"spamcop_", NULL, 0, 0},
    {"spf_", NULL, 0, 0},
    {"textcat_", NULL, 0, 0},
    {"txrep_", NULL, 0, 0},
    {"uri_block_", NULL, 0, 0},
    {"uri_country_", NULL, 0, 0},
    {"uridnsbl_", NULL, 0, 0},
    {"url_shortener", NULL, 0, 0},
    {"use_", NULL, 0, 0},
    {"user_awl_", NULL, 0, 0},
    {"user_scores_", NULL, 0, 0},
    {"util_rb_", NULL, 0, 0},
};

#define COUNT(v) (sizeof(v) / sizeof *(v))

void
rules_parse_init(struct rules *r)
{
	const char *name;

	for (size_t i = 0; i < COUNT(directives); i++) {
		name = directives[i].name;
		rules_name(&r->private->directives, r->arena,
		    (struct slice){name, (uint32_t)strlen(name)}, true);
	}
}

static const struct directive *
find(const struct line *l)
{
	struct slice key = {l->key, l->nkey};
	uint32_t i = rules_name(
	    &l->rules->private->directives, l->rules->arena, key, false);

	if (i != NO_RULE)
		return &directives[i];
	for (i = 0; i < COUNT(families); i++)
		if (rules_begins(key, families[i].name))
			return &families[i];
	return NULL;
}

/* --- unknown names --- */

static const char *
nearest(const struct line *l)
{
	struct slice key = {l->key, l->nkey}, name;
	unsigned best = key.n > 3 ? RULES_FAR : 2, d;
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(directives); i++) {
		name.p = directives[i].name;
		name.n = (uint32_t)strlen(name.p);
		d = rules_distance(key, name);
		if (d < best) {
			best = d;
			found = name.p;
		}
	}
	return found;
}

static void
unknown(const struct line *l, const char *hint)
{
	struct slice key = {l->at_key, l->nkey};
	const char *near = NULL;

	if (rules_room(l->rules, WARNING))
		near = nearest(l);
	if (hint[0] != '\0')
		rules_tell(l, l->at_key, WARNING, "unknown: %.*s; %s",
		    rules_shown(key), key.p, hint);
	else if (near != NULL)
		rules_tell(l, l->at_key, WARNING, "unknown: %.*s; %s?",
		    rules_shown(key), key.p, near);
	else
		rules_tell(l, l->at_key, WARNING, "unknown: %.*s",
		    rules_shown(key), key.p);
}

/* No directive with a function: a setting, or nothing that we know.  What no
   other program knows is taken outside of our block, too, and told of. */
static void
setting(struct line *l, const struct directive *d)
{
	struct err why = {""};
	char name[sizeof l->key + 1];

	if (l->source->ours || d == NULL) {
		snprintf(name, sizeof name, "%.*s", (int)l->nkey, l->key);
		if (offer(l, name, &why) != 0) {
			if (!l->source->ours)
				rules_outside(l, l->at_key, name);
			return;
		}
	}
	if (d == NULL)
		unknown(l, why.text);
}

/* --- lines --- */

/* The first word, as it is looked up. */
static void
read_key(struct line *l)
{
	char c;

	l->at_key = l->p;
	for (l->nkey = 0; l->p < l->end && !rules_blank(*l->p); l->p++) {
		if (l->nkey == LIMIT_RULE_NAME)
			continue;
		c = *l->p;
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		l->key[l->nkey++] = c == '-' ? '_' : c;
	}
	rules_skip(l);
}

static void
run(struct line *l)
{
	const struct directive *d;

	do {
		l->again = false;
		read_key(l);
		d = find(l);
		if (l->source->skip &&
		    (d == NULL || (d->flags & CONDITION) == 0))
			return;
		if (d == NULL || d->run == NULL) {
			setting(l, d);
			return;
		}
		if ((d->flags & OURS) && !l->source->ours)
			rules_outside(l, l->at_key, d->name);
		d->run(l, d);
	} while (l->again);
}

/* \# is #: a copy without those backslashes. */
static void
unescape(struct line *l)
{
	char *to =
	    arena_dup(l->rules->arena, l->text, (size_t)(l->end - l->text));
	const char *p = l->text;

	l->text = to;
	for (; p < l->end; p++)
		if (p[0] != '\\' || p + 1 == l->end || p[1] != '#')
			*to++ = *p;
	l->end = to;
	l->unescaped = true;
}

/* Finds the text between blanks and comment; false: there is none. */
static bool
clean(struct line *l, const char *p, const char *end)
{
	const char *hash;
	bool escaped = false;

	while (p < end && rules_blank(*p))
		p++;
	for (hash = p; (hash = memchr(hash, '#', (size_t)(end - hash)));
	     hash++) {
		if (hash == p || hash[-1] != '\\') {
			end = hash;
			break;
		}
		escaped = true;
	}
	while (end > p && rules_blank(end[-1]))
		end--;
	l->raw = l->text = p;
	l->end = end;
	l->unescaped = false;
	if (escaped && p < end)
		unescape(l);
	l->p = l->text;
	return p < end;
}

/* In a skipped block only if, ifplugin, else and endif matter. */
static bool
may_matter(const struct line *l)
{
	return !l->source->skip || (l->text[0] | 0x20) == 'i' ||
	       (l->text[0] | 0x20) == 'e';
}

static bool
too_odd(const struct line *l, bool nuls)
{
	struct place here = l->at;
	const char *nul;

	if (here.source_len > LIMIT_RULE_LINE) {
		here.column = 1;
		here.source_len = LONG_SHOWN;
		rules_say(l->rules, &here, ERROR,
		    "the line is longer than %u bytes", LIMIT_RULE_LINE);
		return true;
	}
	if (!nuls || (nul = memchr(here.source, 0, here.source_len)) == NULL)
		return false;
	here.column = (uint32_t)(nul - here.source) + 1;
	rules_say(l->rules, &here, ERROR, "the line holds a NUL");
	return true;
}

static void
one_line(struct line *l, const char *p, const char *end, bool nuls)
{
	l->at.source = p;
	l->at.source_len = (uint32_t)(end - p);
	l->at.line++;
	if (end - p > (ptrdiff_t)LIMIT_RULE_LINE || nuls) {
		if (!l->source->skip && too_odd(l, nuls))
			return;
		if (end - p > (ptrdiff_t)LIMIT_RULE_LINE)
			return;
	}
	if (clean(l, p, end) && may_matter(l))
		run(l);
}

void
rules_parse(struct rules *r, struct source *s, const char *p, size_t n)
{
	struct line l;
	const char *end = p + n, *eol;
	bool nuls;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	nuls = memchr(p, 0, (size_t)(end - p)) != NULL;
	l.rules = r;
	l.source = s;
	l.at = (struct place){.file = s->file};
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		one_line(&l, p, eol, nuls);
	}
	tell_unclosed(r, s);
}
