/* A rule file: each complaint has its place; what is left can be used. */
#include "conf.h"
#include "fuzz.h"
#include "re.h"

static double
hits(void *ctx, uint32_t rule)
{
	MUST(rule < ((struct rules *)ctx)->n);
	return rule % 3;
}

FUZZ(a, p, n)
{
	struct rules r;

	rules_init(&r, a);
	rules_load_text(&r, "fuzz.cf", p, n);
	rules_finish(&r);
	MUST(rules_late(&r) == 0);
	for (uint32_t i = 0; i < r.ncomplaint; i++)
		MUST(
		    r.complaint[i].file != NULL && r.complaint[i].text != NULL);
	for (uint32_t i = 0; i < r.n; i++) {
		const struct rule *rule = &r.rule[i];

		MUST(rules_find(&r, rule->name) == i);
		if (rule->type == RULE_META && !rule->broken)
			rules_eval(rule->meta, rule->nmeta, hits, &r);
	}
	rules_free(&r);
}
