#include "mask.h"

#include <string.h>
#include <strings.h>

#define NEAR 64      /* bytes between a code and the word for it */
#define BEHIND 24    /* bytes between a word and the activation code */
#define CODE_LEAST 6 /* characters of an activation code */

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

/* Length of "LPA:1$" at p, also as it stands in a URL; else 0. */
static size_t
lpa_head(const char *p, size_t n)
{
	static const char *const piece[][2] = {
	    {"LPA", "LPA"}, {":", "%3A"}, {"1", "1"}, {"$", "%24"}};
	size_t at = 0;

	for (size_t i = 0; i < N(piece); i++) {
		size_t k = word_at(p + at, n - at, piece[i][0]);

		if (k == 0)
			k = word_at(p + at, n - at, piece[i][1]);
		if (k == 0)
			return 0;
		at += k;
	}
	return at;
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
		if ((k = lpa_head(original + i, n - i)) == 0)
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

/* Does a word stand near by that makes a short run of digits a secret? */
static bool
secret_word_near(const char *p, size_t from, size_t to, size_t n)
{
	static const char *const words[] = {"code", "password", "passcode",
	    "codigo", "código", "codice", "clave", "contraseña", "senha",
	    "mot de passe", "Kennwort", "Passwort", "hasło", "kode", "kodu",
	    "kata sandi", "код", "Код", "КОД", "CÓDIGO", "Mã", "MÃ", "Пароль",
	    "ПАРОЛЬ", "Şifre", "ŞİFRE", "пароль", "mật khẩu", "mã", "验证码",
	    "驗證碼", "校验码", "授权码", "授權碼", "密码", "密碼", "認証",
	    "暗証", "確認", "인증", "비밀번호", "şifre", "رمز", "कोड", "ओटीपी",
	    "รหัส", "ПИН", "пин"};
	static const char *const alone[] = {"pin", "puk", "otp"};
	size_t low = from > NEAR ? from - NEAR : 0;
	size_t high = n - to > NEAR ? to + NEAR : n;

	for (size_t k = 0; k < N(words); k++)
		for (size_t i = low; i < high; i++)
			if (word_at(p + i, high - i, words[k]) > 0)
				return true;
	/* "code" may end a longer word; these stand alone. */
	for (size_t k = 0; k < N(alone); k++)
		for (size_t i = low; i + 3 <= high; i++)
			if (strncasecmp(p + i, alone[k], 3) == 0 &&
			    (i == 0 || !is_letter(p[i - 1])) &&
			    (i + 3 == n || !is_letter(p[i + 3])))
				return true;
	return false;
}

/* Bytes of the digit at p in any of the scripts in which codes are sent, or
   0. */
static size_t
digit_at(const char *p, size_t n)
{
	static const char *const other[] = {
	    "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९"};

	if (n == 0 || (unsigned char)p[0] < 0x80)
		return n > 0 && is_digit(p[0]);
	for (size_t i = 0; i < N(other); i++) {
		size_t len = strlen(other[i]) / 10;

		for (size_t k = 0; k < 10 && len <= n; k++)
			if (memcmp(p, other[i] + k * len, len) == 0)
				return len;
	}
	return 0;
}

/* Bytes of a run of digits; *count: how many. */
static size_t
digits_at(const char *p, size_t at, size_t n, size_t *count)
{
	size_t i = at, k;

	for (*count = 0; (k = digit_at(p + i, n - i)) > 0; i += k)
		++*count;
	return i - at;
}

/* Bytes of a sign that may stand between groups of digits, or 0. */
static size_t
gap_at(const char *p, size_t n)
{
	static const char *const gaps[] = {
	    " ", "-", "\u00a0", "\u2009", "\u202f", "\u2010", "\u2011"};

	for (size_t i = 0; i < N(gaps); i++) {
		size_t k = word_at(p, n, gaps[i]);

		if (k > 0)
			return k;
	}
	return 0;
}

/* Bytes of what may be a code: digits, or short groups of them with a hyphen
   or blank between ("123 456", "48-21-33").  *digits: how many. */
static size_t
code_at(const char *p, size_t at, size_t n, size_t *digits)
{
	size_t count, gap, end = at + digits_at(p, at, n, &count);

	*digits = count;
	while (
	    count >= 2 && count <= 4 && (gap = gap_at(p + end, n - end)) > 0) {
		size_t k = digits_at(p, end + gap, n, &count);

		if (count < 2 || count > 4 || *digits + count > 10)
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

	for (size_t at = 0; at<n; at += k> 0 ? k : 1) {
		k = code_at(original, at, n, &digits);
		if (digits < 4 || digits > 10 ||
		    !secret_word_near(original, at, at + k, n))
			continue;
		for (size_t i = at; i<at + k; i += one> 0 ? one : 1) {
			one = digit_at(original + i, at + k - i);
			memset(p + i, '*', one);
		}
	}
}

/* ---- the activation code by itself, without its LPA: ---- */

static bool
is_code_char(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

/* The first run of letters and digits with both a digit and no small letter
   (or digits only) in p[at..to): words between are passed over. */
static struct span
code_behind(const char *p, size_t at, size_t to, size_t n)
{
	while (at < to) {
		size_t end = at;
		bool digit = false, small = false;

		for (; end < n && is_code_char(p[end]); end++) {
			digit |= is_digit(p[end]);
			small |= p[end] >= 'a' && p[end] <= 'z';
		}
		if (digit && !small && end - at >= CODE_LEAST)
			return (struct span){(uint32_t)at, (uint32_t)end};
		at = end > at ? end : at + 1;
	}
	return (struct span){0};
}

static void
mask_activation(char *p, const char *original, size_t n)
{
	static const char *const words[] = {"activation code", "matching id",
	    "matchingid", "confirmation code", "Aktivierungscode",
	    "code d'activation", "code d’activation", "código de activación",
	    "código de ativação", "codice di attivazione", "код активации",
	    "Код активации", "etkinleştirme kodu", "mã kích hoạt",
	    "kode aktivasi", "激活码", "激活碼", "啟用碼", "启用码",
	    "アクティベーションコード", "활성화 코드", "رمز التفعيل"};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < N(words); k++) {
			size_t len = word_at(original + i, n - i, words[k]);
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
	mask_activation(p, original, n);
}

/* ---- handles ---- */

#define HANDLE_LEAST 3 /* characters of a name behind @ or in a link */
#define NUMBER_LEAST 5 /* of one that only the word before it makes one */
#define HANDLE_GAP 8   /* bytes between that word and the name */

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
	size_t k = name_at(p, at, n), end = at + k, digits = 0, count;

	for (size_t i = at; i < end; i++)
		digits += is_digit(p[i]);
	if (digits == k)
		while (end + 1 < n && (p[end] == ' ' || p[end] == '-') &&
		       is_digit(p[end + 1]))
			end += 1 + digits_at(p, end + 1, n, &count);
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
