#include "grow_private.h"

/*
 * What is never cut, found line by line in one pass.  Forwarded mail
 * ("---------- Forwarded message ---------") is not among it: that is what a
 * reader wants, and where promotion comes in.
 */

#define SHORT 1000      /* bytes of a line that is looked at closely */
#define FOOTER_LINES 40 /* a list's footer is no longer */

/* What mail programs write between dashes: Outlook, Thunderbird, Foxmail,
   phones. */
static const char *const originals[] = {"Original Message",
    "Ursprüngliche Nachricht", "Originalnachricht", "Original-Nachricht",
    "Message d'origine", "Message d’origine", "Message original",
    "Message initial", "Mensaje original", "Mensagem original",
    "Missatge original", "Messaggio originale", "Messaggio Originale",
    "Oorspronkelijk bericht", "Oorspronkelijk Bericht", "Oprindelig meddelelse",
    "Original meddelelse", "Opprinnelig melding", "Ursprungligt meddelande",
    "Originalmeddelande", "Alkuperäinen viesti", "Oryginalna wiadomość",
    "Wiadomość oryginalna", "Původní zpráva", "Pôvodná správa",
    "Eredeti üzenet", "Mesaj original", "Mesajul original", "Izvorno sporočilo",
    "Izvorna poruka", "Исходное сообщение", "Исходное письмо",
    "Оригинальное сообщение", "Первоначальное сообщение",
    "Вихідне повідомлення", "Оригінальне повідомлення", "Оригинално съобщение",
    "Αρχικό μήνυμα", "Özgün İleti", "Özgün ileti", "Orijinal Mesaj",
    "Orijinal mesaj", "Orijinal ileti", "הודעה מקורית", "الرسالة الأصلية",
    "Thư gốc", "Tin nhắn gốc", "原始邮件", "邮件原件", "原始郵件", "原始訊息",
    "原邮件", "元のメッセージ", "원본 메시지", "원본 메일"};

/* Labels with which the header of an answered mail starts, and goes on. */
static const char *const from_labels[] = {"From", "Von", "De", "Da", "Van",
    "Från", "Fra", "Od", "От", "От кого", "Від", "Lähettäjä", "Feladó",
    "Kimden", "Gönderen", "Από", "De la", "Expéditeur", "Remitente", "מאת",
    "من", "Từ", "发件人", "寄件者", "寄件人", "差出人", "보낸 사람",
    "보낸사람"};
static const char *const sent_labels[] = {"Sent", "Gesendet", "Envoyé",
    "Enviado", "Enviado el", "Enviada em", "Enviado em", "Enviat", "Inviato",
    "Data invio", "Verzonden", "Skickat", "Sendt", "Lähetetty", "Wysłano",
    "Wysłane", "Odesláno", "Odoslané", "Elküldve", "Küldve", "Gönderildi",
    "Gönderme Tarihi", "Отправлено", "Дата отправки", "Надіслано", "Στάλθηκε",
    "Trimis", "נשלח", "تاريخ الإرسال", "Đã gửi", "发送时间", "发送日期",
    "寄件日期", "傳送日期", "送信日時", "보낸 날짜", "보낸날짜"};

/* Words of the footers that list programs put below a line of marks. */
static const char *const footer_words[] = {"unsubscribe",
    "You received this message because", "mailing list", "listinfo",
    "Yahoo! Groups Links", "To post to this group", "This list is",
    "abbestellen", "abmelden", "se désinscrire", "se désabonner",
    "darse de baja", "cancelar la suscripción", "отписаться", "退订",
    "取消订阅", "取消訂閱", "配信停止", "수신거부"};

/* Does one of the words stand at the offset, whatever its case?  Its length. */
static uint32_t
word_at(const char *p, uint32_t n, uint32_t at, const char *const *v, size_t nv)
{
	for (size_t i = 0; i < nv; i++) {
		size_t len = strlen(v[i]);

		if (n - at >= len && strncasecmp(p + at, v[i], len) == 0)
			return (uint32_t)len;
	}
	return 0;
}

static uint32_t
skip_char(const char *p, uint32_t n, uint32_t at, char c)
{
	while (at < n && p[at] == c)
		at++;
	return at;
}

/* -----Original Message----- */
static bool
is_original(const char *p, uint32_t n, uint32_t at)
{
	uint32_t from = skip_char(p, n, at, '-'), to;

	if (from - at < 2)
		return false;
	from = skip_blanks(p, n, from);
	for (size_t i = 0; i < N(originals); i++) {
		to = word_at(p, n, from, &originals[i], 1);
		if (to == 0)
			continue;
		to = skip_blanks(p, n, from + to);
		if (skip_char(p, n, to, '-') - to >= 2)
			return true;
	}
	return false;
}

/* A label with its colon. */
static bool
labelled(
    const char *p, uint32_t n, uint32_t at, const char *const *v, size_t nv)
{
	uint32_t bold;

	at = skip_blanks(p, n, at);
	bold = skip_char(p, n, at, '*');
	for (size_t i = 0; i < nv; i++) {
		uint32_t end = word_at(p, n, bold, &v[i], 1);

		if (end == 0)
			continue;
		end = skip_char(p, n, skip_blanks(p, n, bold + end), '*');
		if (stands_at(p, n, end, ":") || stands_at(p, n, end, "："))
			return true;
	}
	return false;
}

/* From: and, right below, Sent: as Outlook writes them.  (The entries of a
   digest have Date:.) */
static bool
is_reply_header(const char *p, uint32_t n, uint32_t at)
{
	uint32_t below;

	if (!labelled(p, n, at, from_labels, N(from_labels)))
		return false;
	below = next_line(p, n, at);
	return below < n && below - at < SHORT &&
	       labelled(p, n, below, sent_labels, N(sent_labels));
}

/* ---- signatures and footers ---- */

static bool
few_lines(const char *p, uint32_t n, uint32_t at, uint32_t most)
{
	uint32_t lines = 0;

	while (at < n && lines <= most) {
		at = next_line(p, n, at);
		lines++;
	}
	return lines <= most;
}

/* Two or more of - = _ * ~ # and nothing else. */
static bool
is_rule(const char *p, uint32_t n, uint32_t at)
{
	static const char *const marks[] = {
	    "-", "=", "_", "*", "~", "#", "─", "━", "—"};
	uint32_t k, start = at;

	while (
	    (k = any_at(p, n, at, marks, N(marks))) > 0 && at - start < SHORT)
		at += k;
	return at - start >= 2 && blank_line(p, n, at);
}

static bool
footer_word_in(const char *p, uint32_t from, uint32_t to)
{
	if (to - from > SHORT)
		to = from + SHORT;
	for (uint32_t at = from; at < to; at++)
		if (word_at(p, to, at, footer_words, N(footer_words)) > 0)
			return true;
	return false;
}

/* Below a line of marks, in the next four lines that are not blank, one of the
   words; and not much more below. */
static bool
is_footer(const char *p, uint32_t n, uint32_t at)
{
	uint32_t left = 4, below = next_line(p, n, at);

	if (!is_rule(p, n, at) || !few_lines(p, n, at, FOOTER_LINES))
		return false;
	for (; below < n && left > 0; below = next_line(p, n, below)) {
		if (blank_line(p, n, below))
			continue;
		if (footer_word_in(p, below, line_stop(p, n, below)))
			return true;
		left--;
	}
	return false;
}

/* RFC 3676 4.3; shown HTML has lost the blank, so there it has to be short. */
static bool
is_signature(const char *p, uint32_t n, uint32_t at, bool html)
{
	if (stands_at(p, n, at, "--") == 0)
		return false;
	if (stands_at(p, n, at, "-- ") > 0 && at_eol(p, n, at + 3))
		return true;
	return html && at_eol(p, n, at + 2) && few_lines(p, n, at, 12);
}

/* Lines from which on all is somebody else's, or the list's. */
static bool
starts_tail(const char *p, uint32_t n, uint32_t at, bool html)
{
	uint32_t marks;

	if (at_eol(p, n, at))
		return false;
	marks = skip_char(p, n > at + 40 ? at + 40 : n, at, '_') - at;
	return marks > 30 || is_signature(p, n, at, html) ||
	       is_original(p, n, at) || is_reply_header(p, n, at) ||
	       is_footer(p, n, at);
}

/* RFC 1153: 30 hyphens between two blank lines, before the next entry. */
static bool
next_entry(const char *p, uint32_t n, uint32_t at)
{
	return skip_char(p, n, at, '-') - at == 30 &&
	       blank_line(p, n, at + 30) &&
	       blank_line(p, n, next_line(p, n, at)) && at > 0 &&
	       blank_line(p, at, line_start(p, at - 1));
}

/* ---- the pass ---- */

/* A row of a table's head: | a | b | over |---|---| */
static bool
is_table_rule(const char *p, uint32_t n, uint32_t at)
{
	bool bar = false, dash = false;

	for (; !at_eol(p, n, at); at++) {
		if (strchr("|-: \t", p[at]) == NULL || p[at] == '\0')
			return false;
		bar |= p[at] == '|';
		dash |= p[at] == '-';
	}
	return bar && dash;
}

static bool
is_table_head(const char *p, uint32_t n, uint32_t at, uint32_t next)
{
	return next < n && memchr(p + at, '|', next - at) != NULL &&
	       is_table_rule(p, n, next);
}

/* The line that says whom the quoted lines below it are from. */
static bool
is_attribution(const char *p, uint32_t n, uint32_t at, uint32_t next)
{
	uint32_t end = skip_blanks_back(p, line_stop(p, n, at));
	uint32_t text = next < n ? skip_blanks(p, n, next) : n;

	if (text < n && at_eol(p, n, text)) {
		next = skip_eol(p, n, text);
		text = next < n ? skip_blanks(p, n, next) : n;
	}
	return end > at && text < n && p[text] == '>' &&
	       (ends_at(p, end, ":") > 0 || ends_at(p, end, "：") > 0);
}

enum state { PLAIN, QUOTED, FENCED, INDENTED, TAIL };

struct pass {
	struct spans *to;
	struct arena *a;
	const char *p;
	uint32_t n;
	bool plain; /* blanks before a line say nothing */
	bool html;
	enum state state;
	uint32_t from; /* of what the state is about */
	bool blank;    /* the line above is */
	bool list;     /* below an item: what is indented is no code */
};

static bool
is_fence(const char *p, uint32_t n, uint32_t text)
{
	return stands_at(p, n, text, "```") > 0 ||
	       stands_at(p, n, text, "~~~") > 0;
}

static bool
deep(const char *p, uint32_t n, uint32_t at)
{
	return stands_at(p, n, at, "    ") > 0 || p[at] == '\t';
}

static bool
is_code(const struct pass *x, uint32_t at, uint32_t text)
{
	return !x->plain && !x->list && !at_eol(x->p, x->n, text) &&
	       deep(x->p, x->n, at);
}

/* The state that a line is in, or starts. */
static enum state
next_state(const struct pass *x, uint32_t at, uint32_t text)
{
	const char *p = x->p;
	uint32_t n = x->n;

	if (x->state == FENCED)
		return FENCED;
	if (x->state == TAIL && !next_entry(p, n, at))
		return TAIL;
	if (x->state != TAIL && starts_tail(p, n, at, x->html))
		return TAIL;
	if (is_fence(p, n, text))
		return FENCED;
	if (text < n && p[text] == '>')
		return QUOTED;
	if (is_code(x, at, text) && (x->blank || x->state == INDENTED))
		return INDENTED;
	return PLAIN;
}

static void
close_state(struct pass *x, uint32_t at)
{
	if (x->state != PLAIN)
		grow_add(x->to, x->a, (struct span){x->from, at});
	x->state = PLAIN;
}

/* Is a later blank-free line still the list's?  An item opens one; text that
   is not indented, below a blank line, ends it. */
static void
note_list(struct pass *x, uint32_t at)
{
	struct line l = grow_line(x->p, x->n, at);

	if (l.kind == LINE_ITEM)
		x->list = true;
	else if (l.kind != LINE_BLANK && l.indent == 0 && x->blank)
		x->list = false;
	x->blank = l.kind == LINE_BLANK;
}

static void
plain_line(struct pass *x, uint32_t at, uint32_t next)
{
	if (is_table_head(x->p, x->n, at, next))
		grow_add(x->to, x->a,
		    (struct span){at, next_line(x->p, x->n, next)});
	else if (is_attribution(x->p, x->n, at, next))
		grow_add(x->to, x->a, (struct span){at, next});
}

#define LAYOUT 12u /* indented lines: fewer may be one piece of code */

/* Where most lines begin with four blanks it is layout, such as what is left
   of a web page, not Markdown. */
static bool
is_layout(const char *p, uint32_t n)
{
	uint32_t lines = 0, indented = 0;

	for (uint32_t at = 0; at < n; at = next_line(p, n, at)) {
		if (at_eol(p, n, skip_blanks(p, n, at)))
			continue;
		lines++;
		indented += deep(p, n, at);
	}
	return indented > LAYOUT && indented * 2 > lines;
}

void
grow_protect_lines(
    struct spans *s, struct arena *a, const char *p, uint32_t n, bool html)
{
	struct pass x = {.to = s,
	    .a = a,
	    .p = p,
	    .n = n,
	    .html = html,
	    .plain = html || is_layout(p, n)};

	for (uint32_t at = 0, next; at < n; at = next) {
		uint32_t text = skip_blanks(p, n, at);
		enum state now = next_state(&x, at, text);

		next = next_line(p, n, at);
		if (now != x.state) {
			close_state(&x, at);
			x.state = now;
			x.from = at;
		} else if (now == FENCED && is_fence(p, n, text)) {
			close_state(&x, next);
		}
		if (now == PLAIN)
			plain_line(&x, at, next);
		note_list(&x, at);
	}
	/* A fence that is never closed goes to the end (CommonMark 4.5). */
	close_state(&x, n);
}

void
grow_protected(struct spans *s, struct arena *a, const char *p, uint32_t n)
{
	grow_protect_lines(s, a, p, n, false);
}
