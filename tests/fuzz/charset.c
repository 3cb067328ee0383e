/* Every charset gives valid UTF-8, whatever its bytes are. */
#include "fuzz.h"

static const char *const labels[] = {"", "utf-8", "us-ascii", "iso-8859-1",
    "windows-1252", "utf-7", "utf-16", "utf-16be", "utf-32", "gb2312", "gbk",
    "gb18030", "hz-gb-2312", "big5", "euc-tw", "euc-jp", "shift_jis",
    "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "euc-kr", "koi8-r",
    "windows-1251", "windows-1258", "viscii", "no-such"};
#define LABELS (sizeof labels / sizeof *labels)

FUZZ(a, p, n)
{
	static struct charsets *open;
	const char *label = labels[fuzz_choice(&p, &n, LABELS)];
	struct text t = TEXT(a);

	if (open == NULL)
		open = charsets_open_usual();
	decode_charset(&t, open, label, (uint32_t)strlen(label), p, n, 7, NULL);
	MUST(decode_utf8_valid(t.p, t.len));
	fuzz_map(&t, 7, n);
}
