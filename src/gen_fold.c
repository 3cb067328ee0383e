/*
 * Prints build/fold_table.h: letters of other scripts, of phonetics and with
 * strokes that look like a Latin letter or a digit, sorted by code point.
 * Upper-case shapes stand with the upper-case letter; small capitals with the
 * small letter, since that is what they are written for.  Kept out on purpose:
 * letters that only look alike in a few fonts, and whole scripts in which
 * nobody disguises (Indic, Arabic, Hebrew): fold.c skips those unread.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	char to;
	const char *from;
} rows[] = {
    {'A', "АΑᎪᗅꓮⲀᗋ"},
    {'B', "ВΒᏴᗷꓐꞴⲂƁ"},
    {'C', "СϹᏟᑕꓚⲤƇ"},
    {'D', "ᎠᗞᗪꓓĐƉƊ"},
    {'E', "ЕΕᎬꓰЄƐⴹΣⲈ"},
    {'F', "ϜᖴꓝƑ"},
    {'G', "ԌᏀᏳꓖƓǤ"},
    {'H', "НΗᎻᕼꓧⲎĦҢ"},
    {'I', "ІΙӀƖꓲⲒⵏƗ"},
    {'J', "ЈᎫᒍꓙͿɈ"},
    {'K', "КΚᏦᛕꓗⲔҚƘ"},
    {'L', "ᏞᒪꓡŁԼⳐȽ"},
    {'M', "МΜᎷᗰꓟϺⲘ"},
    {'N', "ΝꓠⲚŊƝ"},
    {'O', "ОΟՕꓳⲞØӨⵔƟ"},
    {'P', "РΡᏢᑭꓑⲢƤ"},
    {'Q', "ԚⵕႳ"},
    {'R', "ᎡᏒᖇꓣƦɌ"},
    {'S', "ЅՏᏚꓢᏕ"},
    {'T', "ТΤᎢꓔⲦŦƬҬ"},
    {'U', "ՍᑌꓴɄ"},
    {'V', "ѴᏙᐯꓦⴸ"},
    {'W', "ԜᎳᏔꓪѠⲰ"},
    {'X', "ХΧꓫⲬҲⵝ"},
    {'Y', "УΥҮꓬᎩⲨƳҰ"},
    {'Z', "ΖᏃꓜƵⲌ"},
    {'a', "аαɑᴀⲁꬰ"},
    {'b', "ьвβƅᏏᖯʙᴃɓЬƀꮟ"},
    {'c', "сϲςᴄⲥƈꮯ"},
    {'d', "ԁᏧᑯɗđɖᴅꓒ"},
    {'e', "еҽɛεᴇєəⲉɇ"},
    {'f', "ƒꞙẝքꜰ"},
    {'g', "ɡցɢɠᶃǥ"},
    {'h', "һհᏂʜнɦħң"},
    {'i', "іιɩıɪӏᎥⲓɨ"},
    {'j', "јϳʝᴊյɉ"},
    {'k', "кκᴋƙⲕқ"},
    {'l', "łʟɫɭƚ"},
    {'m', "мᴍɱⲙ"},
    {'n', "пηոռɴɲɳŋⲛƞ"},
    {'o', "оοօᴏøσⲟɵө"},
    {'p', "рρᴘⲣƥ"},
    {'q', "ԛգզʠɋ"},
    {'r', "гᴦʀɾɼɽⲅꭇꭈɍ"},
    {'s', "ѕꜱʂƨȿꮪ"},
    {'t', "тτᴛƭŧʈҭ"},
    {'u', "υսᴜʋμʊꭎꭒʉ"},
    {'v', "ѵνᴠⱱⲡꮩ"},
    {'w', "ѡԝաᴡωшɯⲱꮃ"},
    {'x', "хχⲭҳ"},
    {'y', "уүγʏყɣƴⲩұ"},
    {'z', "ᴢʐʑƶȥꮓⲍ"},
    {'3', "ЗзƷʒȜȝ"},
    {'4', "Ꮞ"},
    {'6', "б"},
};

struct pair {
	uint32_t from;
	char to;
};

static int
by_from(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The table above is well-formed UTF-8 of two and three bytes. */
static uint32_t
next(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t c;

	if (p[0] >= 0xe0)
		c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3f);
	else
		c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3f);
	*s += p[0] >= 0xe0 ? 3 : 2;
	return c;
}

int
main(void)
{
	static struct pair v[1024];
	size_t n = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (const char *s = rows[i].from; *s != '\0';)
			v[n++] = (struct pair){next(&s), rows[i].to};
	qsort(v, n, sizeof *v, by_from);
	puts("/* Made by gen_fold.c. */");
	puts("static const struct look_alike look_alikes[] = {");
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && v[i].from == v[i - 1].from) {
			fprintf(stderr, "gen_fold: U+%04X twice\n", v[i].from);
			return 1;
		}
		printf("\t{0x%04x, '%c'},\n", v[i].from, v[i].to);
	}
	puts("};");
	return 0;
}
