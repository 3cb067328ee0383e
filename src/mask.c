/*
 * Codes, PINs and activation codes become asterisks.
 */
#include "mask.h"

#include <string.h>

#define NEAR 64        /* bytes between a code and the word for it */
#define BEHIND 24      /* bytes between a word and the activation code */
#define CODE_LEAST 6   /* characters of an activation code */
#define CODE_MOST 256  /* bytes of it: a run that is longer is none */
#define DIGITS_LEAST 4 /* of a one-time code or PIN */
#define DIGITS_MOST 20
#define SPELLED_MOST 32 /* characters of a code with letters in it */
#define BLANKS 3        /* that somebody typed where none belong */
#define HOST_MOST 255   /* bytes of an address in an activation code */

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

static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* ---- what a reader sees: full width as ASCII, nothing invisible ---- */

/* A character as its ASCII sign, where it has one, else a byte of it; n 0: the
   text has ended. */
struct sign {
	char c;
	size_t n;
};

static struct sign
sign_at(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n < 3 || u[0] < 0xe3)
		return (struct sign){n > 0 ? *p : '\0', n > 0};
	if (u[0] == 0xef && u[1] == 0xbc && u[2] >= 0x81 && u[2] <= 0xbf)
		return (struct sign){(char)(u[2] - 0x81 + '!'), 3};
	if (u[0] == 0xef && u[1] == 0xbd && u[2] >= 0x80 && u[2] <= 0x9e)
		return (struct sign){(char)(u[2] - 0x80 + '`'), 3};
	if (memcmp(p, "\u3000", 3) == 0)
		return (struct sign){' ', 3};
	if (memcmp(p, "\ufe55", 3) == 0)
		return (struct sign){':', 3};
	if (memcmp(p, "\ufe69", 3) == 0)
		return (struct sign){'$', 3};
	return (struct sign){*p, 1};
}

/* Bytes of the characters at p that nobody sees.  Looked for behind a sign
   only, so that a long run of them is passed over a few times, not often. */
static size_t
unseen(const char *p, size_t n)
{
	static const struct {
		const char *first, *last;
	} ranges[] = {{"\u00ad", "\u00ad"}, {"\u034f", "\u034f"},
	    {"\u180e", "\u180e"}, {"\u200b", "\u200f"}, {"\u202a", "\u202e"},
	    {"\u2060", "\u206f"}, {"\ufe00", "\ufe0f"}, {"\ufeff", "\ufeff"}};
	size_t at = 0, len = 1;

	while (len > 0 && at < n && (unsigned char)p[at] >= 0xc2) {
		len = 0;
		for (size_t i = 0; i < N(ranges) && len == 0; i++) {
			size_t k = strlen(ranges[i].first);

			if (n - at >= k &&
			    memcmp(p + at, ranges[i].first, k) >= 0 &&
			    memcmp(p + at, ranges[i].last, k) <= 0)
				len = k;
		}
		at += len;
	}
	return at;
}

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, small(c)) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* As sign_at, and %24 is $, however often its % was written as %25. */
static struct sign
link_sign(const char *p, size_t n)
{
	struct sign s = sign_at(p, n);
	size_t at = s.n;

	if (s.c != '%')
		return s;
	while (n - at > 4 && p[at] == '2' && p[at + 1] == '5')
		at += 2;
	if (n - at >= 2 && hex(p[at]) >= 0 && hex(p[at + 1]) >= 0)
		s = (struct sign){
		    (char)(hex(p[at]) << 4 | hex(p[at + 1])), at + 2};
	return s;
}

/* Length of `word` where it is read at p, case ignored; else 0. */
static size_t
read_at(const char *p, size_t n, const char *word)
{
	size_t at = 0;

	for (const char *w = word; *w != '\0'; w++) {
		struct sign s;

		if (at > 0)
			at += unseen(p + at, n - at);
		s = sign_at(p + at, n - at);
		if (s.n == 0 || small(s.c) != small(*w))
			return 0;
		at += s.n;
	}
	return at;
}

/* Words by their first byte: most places are ruled out by it. */
struct starts {
	bool byte[256];
};

static void
add_starts(struct starts *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = words[i][0];

		s->byte[(unsigned char)c] = true;
		if (is_letter(c)) {
			s->byte[(unsigned char)(c ^ 0x20)] = true;
			s->byte[0xef] = true; /* full width */
		}
	}
}

/* ---- activation codes ---- */

/* Bytes of a few blanks, with what is invisible among them. */
static size_t
few_blanks(const char *p, size_t n)
{
	size_t at = unseen(p, n);

	for (unsigned i = 0; i < BLANKS; i++) {
		struct sign s = sign_at(p + at, n - at);

		if (s.n > 0 && (s.c == ' ' || s.c == '\t'))
			at += s.n;
		else if (n - at >= 2 && memcmp(p + at, "\u00a0", 2) == 0)
			at += 2;
		else
			break;
		at += unseen(p + at, n - at);
	}
	return at;
}

/* Length of "LPA:1$" at p, also as it stands in a URL; else 0. */
static size_t
lpa_head(const char *p, size_t n)
{
	static const char head[] = "lpa:1$";
	size_t at = 0;

	for (const char *h = head; *h != '\0'; h++) {
		struct sign s;

		if (h > head + 2)
			at += few_blanks(p + at, n - at);
		else if (h > head)
			at += unseen(p + at, n - at);
		s = link_sign(p + at, n - at);
		if (s.n == 0 || small(s.c) != *h)
			return 0;
		at += s.n;
	}
	return at;
}

/* Length of "1$" at p[at] where a host, $ and an id follow: the same code
   without its LPA: in front; else 0. */
static size_t
bare_head(const char *p, size_t at, size_t n)
{
	struct sign s = sign_at(p + at, n - at);
	size_t i = at + s.n, from;
	unsigned dots = 0;

	if (s.c != '1' ||
	    (at > 0 && (is_digit(p[at - 1]) || is_letter(p[at - 1]))))
		return 0;
	i += unseen(p + i, n - i);
	s = link_sign(p + i, n - i);
	if (s.c != '$')
		return 0;
	for (from = i += s.n; i - from < HOST_MOST; i += s.n) {
		i += unseen(p + i, n - i);
		s = link_sign(p + i, n - i);
		if (!is_digit(s.c) && !is_letter(s.c) && s.c != '-' &&
		    s.c != '.')
			break;
		dots += s.c == '.';
	}
	if (s.c != '$' || dots == 0)
		return 0;
	s = sign_at(p + i + s.n, n - i - s.n);
	return is_digit(s.c) || is_letter(s.c) ? from - at : 0;
}

static size_t
lpa_run(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && (unsigned char)p[k] > ' ' &&
	       strchr("\"'<>&)", p[k]) == NULL)
		k++;
	return k;
}

static size_t
line_end(const char *p, size_t n)
{
	size_t k = n > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;

	if (k == 0)
		k = n > 0 && p[0] == '\n';
	while (k > 0 && k < n && (p[k] == ' ' || p[k] == '\t'))
		k++;
	return k;
}

/* Bytes of an address, $ and id behind the head; *next: where it goes on when
   a line ends between or inside of them, or 0. */
static size_t
lpa_length(const char *p, size_t n, size_t *next)
{
	size_t k = lpa_run(p, n), end = line_end(p + k, n - k);
	size_t more = end > 0 ? lpa_run(p + k + end, n - k - end) : 0;
	bool whole = memchr(p, '$', k) != NULL;

	*next = 0;
	if (k > 0 && more > 0 &&
	    (p[k - 1] == '$' ||
		(!whole && memchr(p + k + end, '$', more) != NULL)))
		*next = k + end;
	return k;
}

/* An activation code behind its head. */
static void
mask_lpa(char *p, const char *original, size_t n)
{
	for (size_t i = 0, k, next; i < n; i++) {
		if ((k = lpa_head(original + i, n - i)) == 0 &&
		    (k = bare_head(original, i, n)) == 0)
			continue;
		i += k;
		k = lpa_length(original + i, n - i, &next);
		memset(p + i, '*', k);
		if (next > 0) {
			i += next;
			k = lpa_run(original + i, n - i);
			memset(p + i, '*', k);
		}
		i += k;
	}
}

/* ---- the words that make a short run of digits a secret ---- */

static const char *const secret_words[] = {"code", "password", "passcode",
    "codigo", "código", "codice", "clave", "contraseña", "senha",
    "mot de passe", "Kennwort", "Passwort", "hasło", "kode", "kodu",
    "kata sandi", "код", "Код", "КОД", "CÓDIGO", "Mã", "MÃ", "Пароль", "ПАРОЛЬ",
    "Şifre", "ŞİFRE", "пароль", "mật khẩu", "mã", "验证码", "驗證碼", "校验码",
    "授权码", "授權碼", "密码", "密碼", "認証", "暗証", "確認", "인증",
    "비밀번호", "şifre", "رمز", "कोड", "ओटीपी", "รหัส", "ПИН", "пин"};
/* "code" may end a longer word; these stand alone. */
static const char *const words_alone[] = {"pin", "puk", "otp"};

static bool
secret_word_at(const char *p, size_t at, size_t n)
{
	size_t k;

	for (size_t i = 0; i < N(secret_words); i++)
		if (read_at(p + at, n - at, secret_words[i]) > 0)
			return true;
	if (at > 0 && is_letter(p[at - 1]))
		return false;
	for (size_t i = 0; i < N(words_alone); i++)
		if ((k = read_at(p + at, n - at, words_alone[i])) > 0 &&
		    !is_letter(sign_at(p + at + k, n - at - k).c))
			return true;
	return false;
}

/* The text read once, forward: where the last word began. */
struct words {
	const char *p;
	size_t n, seen, last; /* last: one more than its offset; 0: none yet */
	struct starts starts;
};

static void
words_start(struct words *w, const char *p, size_t n)
{
	*w = (struct words){.p = p, .n = n};
	add_starts(&w->starts, secret_words, N(secret_words));
	add_starts(&w->starts, words_alone, N(words_alone));
}

/* Does a word begin in [from, to)?  `to` never goes back. */
static bool
word_between(struct words *w, size_t from, size_t to)
{
	if (w->seen < from)
		w->seen = from;
	for (; w->seen < to; w->seen++)
		if (w->starts.byte[(unsigned char)w->p[w->seen]] &&
		    secret_word_at(w->p, w->seen, w->n))
			w->last = w->seen + 1;
	return w->last > from;
}

/* Bytes of the digit at p in any of the scripts in which codes are sent, or
   0. */
static size_t
digit_at(const char *p, size_t n)
{
	static const struct {
		const char *lead;
		unsigned char zero;
	} other[] = {{"\xef\xbc", 0x90}, {"\xd9", 0xa0}, {"\xdb", 0xb0},
	    {"\xe0\xa5", 0xa6}};

	if (n == 0 || (unsigned char)p[0] < 0x80)
		return n > 0 && is_digit(p[0]);
	for (size_t i = 0; i < N(other); i++) {
		size_t len = strlen(other[i].lead);

		if (n > len && memcmp(p, other[i].lead, len) == 0 &&
		    (unsigned char)p[len] >= other[i].zero &&
		    (unsigned char)p[len] <= other[i].zero + 9)
			return len + 1;
	}
	return 0;
}

/* Bytes of a run of digits; *count: how many. */
static size_t
digits_at(const char *p, size_t at, size_t n, size_t *count)
{
	size_t i = at, end = at, k;

	for (*count = 0; (k = digit_at(p + i, n - i)) > 0; ++*count) {
		end = i += k;
		i += unseen(p + i, n - i);
	}
	return end - at;
}

/* Bytes of the few signs that may stand between groups of digits, or 0. */
static size_t
gap_at(const char *p, size_t n)
{
	static const char *const gaps[] = {" ", "-", ".", "\u00a0", "\u2009",
	    "\u202f", "\u2010", "\u2011", "\u2013", "\u00b7"};
	size_t at = unseen(p, n), k, signs = 0;

	do {
		k = 0;
		for (size_t i = 0; i < N(gaps) && k == 0; i++)
			k = read_at(p + at, n - at, gaps[i]);
		at += k;
		signs += k > 0;
		at += unseen(p + at, n - at);
	} while (k > 0 && signs < BLANKS);
	return signs > 0 ? at : 0;
}

/* Bytes of what may be a code: digits, or short groups of them with a hyphen,
   dot or blank between ("123 456", "48-21-33", "4 8 2 1").  *digits: how
   many. */
static size_t
code_at(const char *p, size_t at, size_t n, size_t *digits)
{
	size_t count, gap, end = at + digits_at(p, at, n, &count);

	*digits = count;
	while (
	    count >= 1 && count <= 4 && (gap = gap_at(p + end, n - end)) > 0) {
		size_t k = digits_at(p, end + gap, n, &count);

		if (count < 1 || count > 4 || *digits + count > DIGITS_MOST)
			break;
		*digits += count;
		end += gap + k;
	}
	return end - at;
}

static void
mask_codes(char *p, const char *original, size_t n)
{
	size_t k, one, digits;
	struct words words;

	words_start(&words, original, n);
	for (size_t at = 0; at<n; at += k> 0 ? k : 1) {
		size_t low = at > NEAR ? at - NEAR : 0, high;

		k = code_at(original, at, n, &digits);
		if (digits < DIGITS_LEAST || digits > DIGITS_MOST)
			continue;
		high = n - at - k > NEAR ? at + k + NEAR : n;
		if (!word_between(&words, low, high))
			continue;
		for (size_t i = at; i<at + k; i += one> 0 ? one : 1) {
			one = digit_at(original + i, at + k - i);
			memset(p + i, '*', one);
		}
	}
}

/* ---- codes with letters in them ---- */

static bool
is_code_char(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

/* Where a run of letters and digits, one digit at least, ends; or 0. */
static size_t
spelled_end(const char *p, size_t at, size_t n)
{
	size_t end = at, count = 0;
	bool digit = false;

	for (; count <= SPELLED_MOST; count++) {
		size_t skip = count > 0 ? unseen(p + end, n - end) : 0;
		struct sign s = sign_at(p + end + skip, n - end - skip);

		if (!is_code_char(s.c))
			break;
		digit |= is_digit(s.c);
		end += skip + s.n;
	}
	return digit && count >= DIGITS_LEAST && count <= SPELLED_MOST ? end
								       : 0;
}

/* "your code: A7K-92X" */
static void
mask_spelled(char *p, const char *original, size_t n)
{
	struct words words;

	words_start(&words, original, n);
	for (size_t i = 0; i < n; i++) {
		struct sign s = sign_at(original + i, n - i);
		size_t at = i + s.n, end;

		if (s.c != ':')
			continue;
		at += few_blanks(original + at, n - at);
		end = spelled_end(original, at, n);
		if (end == 0 ||
		    !word_between(&words, i > BEHIND ? i - BEHIND : 0, i))
			continue;
		for (; at < end; at++)
			if (original[at] != '-')
				p[at] = '*';
	}
}

/* ---- the activation code by itself, without its LPA: ---- */

/* The first run of letters and digits with both a digit and no small letter
   (or digits only) in p[at..to): words between are passed over. */
static struct span
code_behind(const char *p, size_t at, size_t to, size_t n)
{
	while (at < to) {
		size_t end = at;
		bool digit = false, lower = false;

		for (; end < n && is_code_char(p[end]) && end - at < CODE_MOST;
		     end++) {
			digit |= is_digit(p[end]);
			lower |= small(p[end]) == p[end] && is_letter(p[end]);
		}
		if (digit && !lower && end - at >= CODE_LEAST)
			return (struct span){(uint32_t)at, (uint32_t)end};
		at = end > at ? end : at + 1;
	}
	return (struct span){0};
}

static const char *const activation_words[] = {"activation code", "matching id",
    "matchingid", "confirmation code", "Aktivierungscode", "code d'activation",
    "code d’activation", "código de activación", "código de ativação",
    "codice di attivazione", "код активации", "Код активации",
    "etkinleştirme kodu", "mã kích hoạt", "kode aktivasi", "激活码", "激活碼",
    "啟用碼", "启用码", "アクティベーションコード", "활성화 코드",
    "رمز التفعيل"};

static void
mask_activation(char *p, const char *original, size_t n)
{
	struct starts starts = {0};

	add_starts(&starts, activation_words, N(activation_words));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < N(activation_words) &&
				   starts.byte[(unsigned char)original[i]];
		     k++) {
			size_t len =
			    read_at(original + i, n - i, activation_words[k]);
			size_t from = i + len;
			size_t to = n - from > BEHIND ? from + BEHIND : n;
			struct span s;

			if (len == 0)
				continue;
			s = code_behind(original, from, to, n);
			for (; s.from < s.to; s.from++)
				if (original[s.from] != '-')
					p[s.from] = '*';
		}
}

void
mask_secrets(char *p, const char *original, size_t n)
{
	if (n == 0)
		return;
	mask_lpa(p, original, n);
	mask_codes(p, original, n);
	mask_spelled(p, original, n);
	mask_activation(p, original, n);
}
