/* Transfer encodings: never more bytes than there were, each from its place. */
#include "fuzz.h"

FUZZ(a, p, n)
{
	static const char *const names[] = {"8bit", "base64",
	    "quoted-printable", "BASE64 (x)", "\"quoted-printable\""};
	const char *name = names[fuzz_choice(&p, &n, 5)];
	struct text t = TEXT(a);

	decode_transfer(
	    &t, decode_cte(name, (uint32_t)strlen(name)), p, n, 1000);
	MUST(t.len <= n);
	fuzz_map(&t, 1000, n);
}
