#include "conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static char top[] = "/tmp/test-conf-XXXXXX";
static struct config config;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	conf_close(&config);
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* top/name; four of them at a time. */
static const char *
path(const char *name)
{
	static char s[4][200];
	static int i;

	i = (i + 1) % 4;
	snprintf(s[i], sizeof s[i], "%s/%s", top, name);
	return s[i];
}

static void
make_dir(const char *name)
{
	if (mkdir(path(name), 0755) == -1)
		fail_msg("mkdir %s", name);
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path(name), 0644), 0);
}

static void
open_sources(const struct conf_sources *src)
{
	struct err err;

	conf_close(&config);
	assert_int_equal(conf_open(&config, src, &err), 0);
}

static void
open_dir(const char *name)
{
	open_sources(&(struct conf_sources){.dir = path(name)});
}

static void
open_line(const char *line)
{
	open_sources(&(struct conf_sources){
	    .dir = path("plain"), .line = &line, .nline = 1});
}

static double
score(const char *name)
{
	uint32_t i = rules_find(&config.rules, name);

	if (i == UINT32_MAX)
		fail_msg("no rule %s", name);
	return config.rules.rule[i].score;
}

static bool
known(const char *name)
{
	uint32_t i = rules_find(&config.rules, name);

	return i != UINT32_MAX && config.rules.rule[i].type != RULE_NONE;
}

/* The rules are degraded, and a complaint about `file` says `why`. */
static void
complains(const char *file, const char *why)
{
	const struct rules *r = &config.rules;

	assert_true(r->degraded);
	for (uint32_t i = 0; i < r->ncomplaint; i++)
		if (strcmp(r->complaint[i].file, file) == 0 &&
		    strstr(r->complaint[i].text, why) != NULL)
			return;
	for (uint32_t i = 0; i < r->ncomplaint; i++)
		print_message(
		    "%s: %s\n", r->complaint[i].file, r->complaint[i].text);
	fail_msg("no complaint about %s: %s", file, why);
}

/* ---- folders ---- */

static void
one_folder(void **state)
{
	(void)state;
	make_dir("plain");
	put("plain/20_b.cf", "body B /b/\nscore A 2\nscore B 2\n");
	put("plain/10_a.cf", "body A /a/\nscore A 1\nscore B 1\n");
	put("plain/Z.cf", "body Z /z/\n");
	put("plain/.hidden.cf", "body HIDDEN /x/\n");
	put("plain/30_c.cf~", "body BACKUP /x/\n");
	put("plain/README", "body README /x/\n");
	put("plain/cf", "body CF /x/\n");
	open_dir("plain");
	assert_false(config.rules.degraded);
	assert_int_equal(config.rules.ncomplaint, 0);
	/* in order of names: the later file wins */
	assert_true(score("A") == 2 && score("B") == 2);
	assert_true(known("Z"));
	assert_false(known("HIDDEN") || known("BACKUP") || known("README") ||
		     known("CF"));
	assert_string_equal(
	    config.rules.rule[rules_find(&config.rules, "A")].file,
	    path("plain/10_a.cf"));
}

static void
no_folder(void **state)
{
	(void)state;
	open_dir("nowhere");
	complains(path("nowhere"), "No such file");
	assert_int_equal(config.rules.n, 0);
	assert_true(config.settings.required_score == 5.0);
	make_dir("empty");
	open_dir("empty");
	complains(path("empty"), "no rule file");
	put("afile", "");
	open_dir("afile");
	complains(path("afile"), "Not a directory");
}

/* What is refused or broken is left out; the rest still judges. */
static void
refused_files(void **state)
{
	(void)state;
	make_dir("bad");
	put("bad/10_open.cf", "body OPEN /x/\n");
	assert_int_equal(chmod(path("bad/10_open.cf"), 0646), 0);
	put("bad/20_good.cf", "body GOOD /x/\n");
	make_dir("bad/30_folder.cf");
	assert_int_equal(mkfifo(path("bad/40_pipe.cf"), 0644), 0);
	assert_int_equal(symlink("/nonexistent/x", path("bad/50_lost.cf")), 0);
	put("bad/60_broken.cf", "body BROKEN x\nbody WELL /x/\n");
	open_dir("bad");
	complains(path("bad/10_open.cf"), "refused: it is writable by every");
	complains(path("bad/30_folder.cf"), "not a regular file");
	complains(path("bad/40_pipe.cf"), "not a regular file");
	complains(path("bad/50_lost.cf"), "No such file");
	assert_true(known("GOOD") && known("WELL"));
	assert_false(known("OPEN") || known("BROKEN"));
	/* A link to a good file is a good file; its group may write it. */
	make_dir("links");
	assert_int_equal(
	    symlink(path("bad/20_good.cf"), path("links/10.cf")), 0);
	assert_int_equal(chmod(path("bad/20_good.cf"), 0664), 0);
	open_dir("links");
	assert_true(known("GOOD"));
	assert_false(config.rules.degraded);
	if (geteuid() == 0) {
		put("links/20_strange.cf", "body STRANGE /x/\n");
		assert_int_equal(
		    chown(path("links/20_strange.cf"), 12345, 0), 0);
		open_dir("links");
		complains(path("links/20_strange.cf"), "neither root nor you");
		assert_false(known("STRANGE"));
	}
}

static void
named_files(void **state)
{
	const char *file[2];

	(void)state;
	put("one.conf", "body ONE /x/\nscore ONE 1\nscore A 7\n");
	file[0] = path("one.conf");
	file[1] = path("plain/10_a.cf");
	open_sources(&(struct conf_sources){.file = file, .nfile = 2});
	assert_false(config.rules.degraded);
	assert_true(known("ONE") && known("A") && !known("Z"));
	assert_true(score("A") == 1);
	file[1] = path("not-there");
	open_sources(&(struct conf_sources){.file = file, .nfile = 2});
	complains(file[1], "No such file");
	assert_true(known("ONE"));
}

/* ---- the user's own, and the command line ---- */

static void
user_folder(void **state)
{
	const char *line = "score U 9";

	(void)state;
	make_dir("xdg");
	make_dir("xdg/simsift");
	put("xdg/simsift/u.cf", "body U /x/\nscore U 3\nrequired_score 6.5\n");
	make_dir("home");
	make_dir("home/.config");
	make_dir("home/.config/simsift");
	put("home/.config/simsift/h.cf", "body H /x/\n");
	setenv("HOME", path("home"), 1);
	setenv("XDG_CONFIG_HOME", path("xdg"), 1);
	open_sources(&(struct conf_sources){0});
	assert_true(known("U") && !known("H"));
	assert_true(score("U") == 3);
	/* after all folders, hence stronger than the shipped policy */
	assert_true(config.settings.required_score == 6.5);
	open_sources(&(struct conf_sources){.line = &line, .nline = 1});
	assert_true(score("U") == 9);
	/* -C: from there only */
	open_dir("plain");
	assert_false(known("U"));
	setenv("XDG_CONFIG_HOME", "relative", 1);
	open_sources(&(struct conf_sources){0});
	assert_true(known("H") && !known("U"));
	unsetenv("XDG_CONFIG_HOME");
	open_sources(&(struct conf_sources){0});
	assert_true(known("H"));
	unsetenv("HOME");
	open_sources(&(struct conf_sources){0});
	assert_false(known("H"));
}

static void
command_line(void **state)
{
	const char *line[] = {"score A 4", "required_score 7",
	    "category A promo.x", "body C /c/", "score A 4.5"};

	(void)state;
	open_sources(&(struct conf_sources){
	    .dir = path("plain"), .line = line, .nline = LEN(line)});
	assert_false(config.rules.degraded);
	assert_int_equal(config.rules.ncomplaint, 0);
	assert_true(score("A") == 4.5);
	assert_true(known("C"));
	assert_true(config.settings.required_score == 7);
	assert_string_equal(
	    config.rules.rule[rules_find(&config.rules, "A")].category,
	    "promo.x");
	/* an unknown word is told of, as in any file, and nothing is missing */
	open_line("nonsense A");
	assert_int_equal(config.rules.ncomplaint, 1);
	assert_string_equal(config.rules.complaint[0].file, "-c");
	assert_true(config.rules.complaint[0].warning);
	assert_false(config.rules.degraded);
	assert_true(known("A"));
	open_line("body C x");
	complains("-c", "");
	assert_int_equal(config.rules.complaint[0].line, 1);
	open_line("");
	assert_false(config.rules.degraded);
}

/* ---- settings ---- */

static void
defaults(void **state)
{
	const struct settings *s = &config.settings;

	(void)state;
	open_dir("plain");
	assert_true(s->required_score == 5.0);
	assert_int_equal(s->cut_max_percent, 40);
	assert_int_equal(s->keep_min_percent, 33);
	assert_int_equal(s->keep_dkim, 0);
	assert_int_equal(s->limit_time, LIMIT_TIME_MS);
	assert_int_equal(s->limit_message, LIMIT_MESSAGE);
}

static void
taken(const char *line)
{
	open_line(line);
	if (config.rules.degraded)
		fail_msg("%s: %s", line, config.rules.complaint[0].text);
}

static void
refused(const char *line)
{
	struct settings before;

	open_dir("plain");
	before = config.settings;
	open_line(line);
	if (!config.rules.degraded || config.rules.ncomplaint != 1)
		fail_msg("%s: %u complaints", line, config.rules.ncomplaint);
	assert_true(config.settings.required_score == before.required_score);
	assert_int_equal(
	    config.settings.cut_max_percent, before.cut_max_percent);
	assert_int_equal(
	    config.settings.keep_min_percent, before.keep_min_percent);
	assert_int_equal(config.settings.keep_dkim, before.keep_dkim);
	assert_int_equal(config.settings.limit_time, before.limit_time);
	assert_int_equal(config.settings.limit_message, before.limit_message);
}

static void
ranges(void **state)
{
	static const char *const good[] = {"required_score -1000",
	    "required_score 1000", "required_score 4.25", "required_hits 3",
	    "cut_max_percent 0", "cut_max_percent 100", "keep_min_percent 0",
	    "keep_dkim 1", "limit_time 50", "limit_time 600000",
	    "limit_message 1", "limit_message 1073741824", "vault /var/x y",
	    "vault ~/x", "sendmail /usr/bin/msmtp"};
	static const char *const bad[] = {"required_score", "required_score x",
	    "required_score 5x", "required_score 1000.5",
	    "required_score -1001", "required_score nan", "required_score inf",
	    "required_score 1e9", "cut_max_percent 101", "cut_max_percent -1",
	    "keep_min_percent 1e5", "keep_dkim 2", "keep_dkim yes",
	    "limit_time 49", "limit_time 600001", "limit_time -1",
	    "limit_message 0", "limit_message 4294967297",
	    "limit_message 1073741825", "vault", "vault x", "vault ./x",
	    "vault ~x", "sendmail", "sendmail msmtp"};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++)
		taken(good[i]);
	for (size_t i = 0; i < LEN(bad); i++)
		refused(bad[i]);
	taken("cut_max_percent 17");
	assert_int_equal(config.settings.cut_max_percent, 17);
	taken("required_hits 3.5");
	assert_true(config.settings.required_score == 3.5);
	taken("limit_message 1073741824");
	assert_int_equal(config.settings.limit_message, 1u << 30);
	taken("vault /var/x y");
	assert_string_equal(config.settings.vault, "/var/x y");
	assert_null(config.settings.sendmail);
	taken("sendmail /usr/bin/msmtp");
	assert_string_equal(config.settings.sendmail, "/usr/bin/msmtp");
}

/* A whole number is asked for: half of one is a slip. */
static void
whole_numbers(void **state)
{
	(void)state;
	refused("keep_dkim 0.5");
	refused("cut_max_percent 39.9");
	refused("limit_time 99.5");
}

/* ---- lists of senders ---- */

static void
sender_lists(void **state)
{
	uint32_t i;
	struct re_fault fault;
	struct span m;

	(void)state;
	open_line("welcomelist_from *@a.example b?b@b.example c+d@(x).example");
	assert_false(config.rules.degraded);
	assert_true(known("USER_IN_WELCOMELIST"));
	assert_false(known("USER_IN_BLOCKLIST"));
	assert_true(score("USER_IN_WELCOMELIST") == -100);
	i = rules_find(&config.rules, "USER_IN_WELCOMELIST");
	{
		struct rule *r = &config.rules.rule[i];
		static const char *const yes[] = {
		    "ann@a.example", "B1B@b.example", "c+d@(x).example"};
		static const char *const no[] = {"ann@a.example.org",
		    "bb@b.example", "ann@axexample", "ccd@(x).example"};

		assert_int_equal(re_compile(&r->re, r->pattern, r->pattern_len,
				     r->re_flags, &fault),
		    0);
		for (size_t k = 0; k < LEN(yes); k++)
			assert_int_equal(re_match(r->re, yes[k],
					     (uint32_t)strlen(yes[k]), 0, &m),
			    1);
		for (size_t k = 0; k < LEN(no); k++)
			assert_int_equal(re_match(r->re, no[k],
					     (uint32_t)strlen(no[k]), 0, &m),
			    0);
	}
	{
		const char *line[] = {"blocklist_from a@x b@x",
		    "unblocklist_from a@x", "welcomelist_from c@x",
		    "unwelcomelist_from c@x"};

		open_sources(&(struct conf_sources){
		    .dir = path("plain"), .line = line, .nline = LEN(line)});
		assert_true(known("USER_IN_BLOCKLIST"));
		assert_false(known("USER_IN_WELCOMELIST"));
		i = rules_find(&config.rules, "USER_IN_BLOCKLIST");
		assert_null(memmem(config.rules.rule[i].pattern,
		    config.rules.rule[i].pattern_len, "a@x", 3));
		assert_non_null(memmem(config.rules.rule[i].pattern,
		    config.rules.rule[i].pattern_len, "b@x", 3));
	}
}

/* ---- how it ends ---- */

static void
opened_and_closed(void **state)
{
	struct config c = {0};
	struct err err;

	(void)state;
	conf_close(&c);
	assert_int_equal(
	    conf_open(&c, &(struct conf_sources){.dir = path("plain")}, &err),
	    0);
	conf_close(&c);
	assert_null(c.arena);
	conf_close(&c);
}

/* One line each, five at most, and how many more there are. */
static void
logged(void **state)
{
	static char text[8000];
	int saved = dup(2), fd = open(path("log"), O_RDWR | O_CREAT, 0600);
	uint32_t lines = 0;
	ssize_t n;

	(void)state;
	make_dir("many");
	put("many/x.cf", "body A x\nbody B x\nbody C x\nbody D x\nbody E x\n"
			 "body F x\nbody G x\n");
	open_dir("many");
	assert_true(fd != -1 && saved != -1);
	dup2(fd, 2);
	conf_log(&config.rules);
	dup2(saved, 2);
	close(saved);
	lseek(fd, 0, SEEK_SET);
	n = read(fd, text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	for (char *s = text; *s != '\0'; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 7);
	assert_non_null(strstr(text, "x.cf:1:"));
	assert_non_null(strstr(text, "x.cf:5:"));
	assert_null(strstr(text, "x.cf:6:"));
	assert_non_null(strstr(text, "2 more"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_folder),
	    cmocka_unit_test(no_folder),
	    cmocka_unit_test(refused_files),
	    cmocka_unit_test(named_files),
	    cmocka_unit_test(user_folder),
	    cmocka_unit_test(command_line),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(ranges),
	    cmocka_unit_test(whole_numbers),
	    cmocka_unit_test(sender_lists),
	    cmocka_unit_test(opened_and_closed),
	    cmocka_unit_test(logged),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
