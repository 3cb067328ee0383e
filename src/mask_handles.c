/*
 * Handles of shops shortened, and their links made dead.
 */
#include "mask.h"

#include <string.h>
#include <strings.h>

#define HANDLE_LEAST 3 /* characters of a name behind @ or in a link */
#define NUMBER_LEAST 5 /* of one that only the word before it makes one */
#define HANDLE_GAP 8   /* bytes between that word and the name */

#define N(a) (sizeof(a) / sizeof *(a))

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of `word` where it stands at p, case ignored; else 0. */
static size_t
word_at(const char *p, size_t n, const char *word)
{
	size_t len;

	/* Most places are ruled out by the first byte. */
	if (n == 0 || ((p[0] ^ word[0]) & 0xdf) != 0)
		return 0;
	len = strlen(word);
	return n >= len && strncasecmp(p, word, len) == 0 ? len : 0;
}

static bool
is_name_char(char c)
{
	return is_digit(c) || is_letter(c) || c == '_';
}

static size_t
name_at(const char *p, size_t at, size_t n)
{
	size_t i = at;

	while (i < n && is_name_char(p[i]))
		i++;
	return i - at;
}

/* Is p[at], an @, that of a mail address: a word before it, a dot in what
   follows? */
static bool
in_address(const char *p, size_t at, size_t n)
{
	size_t i = at + 1;

	if (at == 0 || !(is_name_char(p[at - 1]) || p[at - 1] == '.' ||
			   p[at - 1] == '-' || p[at - 1] == '+'))
		return false;
	while (i < n && (is_name_char(p[i]) || p[i] == '-'))
		i++;
	return i + 1 < n && p[i] == '.' && is_name_char(p[i + 1]);
}

/* Length of what stands before a name in a link, or 0. */
static size_t
link_head(const char *p, size_t n)
{
	static const char *const host[] = {"t.me/", "telegram.me/",
	    "telegram.dog/", "wa.me/", "line.me/", "discord.gg/",
	    "tg://resolve?domain=", "weixin://", "u.wechat.com/"};
	static const char *const more[] = {
	    "s/", "joinchat/", "ti/p/", "R/ti/p/", "+", "%2B", "~", "@"};
	size_t at = 0;

	for (size_t i = 0; i < N(host) && at == 0; i++)
		at = word_at(p, n, host[i]);
	for (size_t i = 0; at > 0 && i < N(more); i++)
		at += word_at(p + at, n - at, more[i]);
	return at;
}

/* Length of a messenger's name at p with the signs behind it, where an account
   follows, or 0. */
static size_t
account_head(const char *p, size_t n)
{
	static const char *const words[] = {"微信号", "微信", "V信", "薇信",
	    "薇", "QQ", "WeChat", "WhatsApp", "Telegram", "电报", "電報",
	    "纸飞机", "飞机", "TG", "Viber", "Signal", "扣扣", "企鹅"};
	static const char *const between[] = {
	    ":", "：", " ", "=", "号", "-", "(", "（", "+", ">"};
	size_t at = 0, start;
	bool any = true;

	for (size_t i = 0; i < N(words) && at == 0; i++)
		at = word_at(p, n, words[i]);
	if (at == 0)
		return 0;
	for (start = at; any && at - start < HANDLE_GAP;) {
		any = false;
		for (size_t i = 0; i < N(between) && !any; i++) {
			size_t k = word_at(p + at, n - at, between[i]);

			any = k > 0;
			at += k;
		}
	}
	return at;
}

/* An account: a name with a digit in it, or a phone number with blanks. */
static size_t
account_at(const char *p, size_t at, size_t n)
{
	size_t k = name_at(p, at, n), end = at + k, digits = 0;

	for (size_t i = at; i < end; i++)
		digits += is_digit(p[i]);
	if (digits == k)
		while (end + 1 < n && (p[end] == ' ' || p[end] == '-') &&
		       is_digit(p[end + 1]))
			for (end++; end < n && is_digit(p[end]);)
				end++;
	return digits > 0 && end - at >= NUMBER_LEAST ? end - at : 0;
}

/* The name of a handle that starts at p[at], or an empty span. */
static struct span
handle_at(const char *p, size_t at, size_t n)
{
	static const char wide[] = "＠";
	size_t head = 0, k;

	if (p[at] == '@')
		head = !in_address(p, at, n);
	else if (n - at > 3 && memcmp(p + at, wide, 3) == 0)
		head = 3;
	if (head == 0)
		head = link_head(p + at, n - at);
	if (head > 0) {
		k = name_at(p, at + head, n);
		k = k >= HANDLE_LEAST ? k : 0;
	} else {
		if (at > 0 && is_letter(p[at]) && is_letter(p[at - 1]))
			return (struct span){0};
		head = account_head(p + at, n - at);
		k = head > 0 ? account_at(p, at + head, n) : 0;
	}
	return k > 0 ? (struct span){(uint32_t)(at + head),
			   (uint32_t)(at + head + k)}
		     : (struct span){0};
}

/* Text without a handle in it; what a mail program would make a link is none
   any more. */
static void
put_dead(struct buf *out, const char *p, size_t n)
{
	static const char *const alive[][2] = {{"http://", "hxxp://"},
	    {"https://", "hxxps://"}, {"www.", "www[.]"}, {"t.me/", "t[.]me/"},
	    {"telegram.me/", "telegram[.]me/"}, {"wa.me/", "wa[.]me/"}};
	size_t done = 0, k;

	for (size_t at = 0; at < n; at += k) {
		k = 1;
		for (size_t i = 0; i < N(alive) && k == 1; i++) {
			size_t len = word_at(p + at, n - at, alive[i][0]);

			if (len == 0)
				continue;
			buf_put(out, p + done, at - done);
			buf_puts(out, alive[i][1]);
			done = at + len;
			k = len;
		}
	}
	buf_put(out, p + done, n - done);
}

static void
put_shortened(struct buf *out, const char *p, struct span name)
{
	uint32_t n = name.to - name.from;

	buf_put(out, p + name.from, 1);
	buf_puts(out, "…");
	if (n >= 6)
		buf_put(out, p + name.to - 2, 2);
}

void
mask_handles(struct buf *out, const char *p, size_t n, struct span s)
{
	uint32_t done = s.from;

	for (size_t at = 0; at < s.to;) {
		struct span name = handle_at(p, at, n);

		if (name.to == 0) {
			at++;
			continue;
		}
		at = name.to;
		if (name.to <= s.from || name.from >= s.to)
			continue;
		if (name.from > done)
			put_dead(out, p + done, name.from - done);
		put_shortened(out, p, name);
		done = name.to;
	}
	if (done < s.to)
		put_dead(out, p + done, s.to - done);
}
