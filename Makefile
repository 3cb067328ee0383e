# simsift: GNU make, one file, each source listed once.
#
#	make demo	the main job on a sample message
#	make check	every test
#	make		build/simsift
# The rest is listed by `make help`.

VERSION = 0.1
PREFIX = /usr/local
DESTDIR =
B = build

# The rooms of src/, lowest first (tests/house checks who includes whom).
SRC = arena pack buf log clock when date map message decode decode_names \
	decode_charset width fill html digest digest_toc fold fold_case pattern \
	literal_plain literal_width literal_set literal prefilter re \
	rules rules_about rules_define rules_meta rules_pack rules_parse \
	rules_stamp rules_start rules_tags rules_words conf conf_cache mime mime_etpan view view_links match_address \
	match_window match match_late match_near match_twice mask \
	mask_handles edit report grow grow_lines grow_sentence grow_list grow_spans grow_protect \
	grow_tidy grow_heads grow_html grow_flow verdict \
	lower lower_html lower_utf7 lower_qp lower_encode lower_field \
	lower_mend plan plan_markup plan_block plan_twin plan_picture sight \
	entries entries_judge entries_plan show headline reading reading_html judge wire sandbox \
	worker worker_pool \
	unpack feed box box_names box_mbox box_maildir box_mh box_folder \
	vault vault_file vault_index vault_kind vault_open vault_store vault_token rewrite \
	disk maildir lock journal ledger splice apply_mbox \
	apply_maildir apply_file apply \
	apply_undo_file apply_undo_mbox apply_undo \
	row tally progress \
	post spool walk page heading binder binder_write \
	doctor doctor_own doctor_procmail doctor_maildrop doctor_fdm \
	doctor_mutt doctor_sieve doctor_dovecot doctor_postfix \
	complete complete_script cmd_filter cmd_restore cmd_explain \
	cmd_rules cmd_scan cmd_digest cmd_shelf cmd_list cmd_show \
	cmd_release cmd_allow cmd_purge cmd_report cmd_doctor main
TABLES = fold html sandbox
PROGS = simsift

CC = gcc
OPT = -O2
WARN = -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef \
	-Wimplicit-fallthrough -Wformat=2
HARDEN = -fPIE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection
CPPFLAGS = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -I$(B) -Isrc \
	-DFILTERS='"$(PREFIX)/share/simsift/filters"'
CFLAGS = -std=gnu17 -g $(OPT) $(WARN) $(if $(CI),-Werror) $(HARDEN) \
	$(SANITIZE)
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed $(SANITIZE)

# The MIME objects of libetpan.a keep 15 libraries from being loaded: 0.6 ms
# a message instead of 2.0.  mailmime_extract_boundary is ours (mime.c): the
# library's crashes on boundary="\"".
# Never pkg-config --libs libetpan: Debian's makes the program non-PIE.
LIBETPAN = static
ifeq ($(LIBETPAN),shared)
LIBS_ETPAN = -letpan
else
LIBS_ETPAN = -Wl,--allow-multiple-definition -Wl,-Bstatic -letpan \
	-Wl,-Bdynamic
endif
# Static where it is there: each .so costs start-up (README of tests/bench).
LIBDEPS = static
LIBS_OWN = -lpcre2-8 -lutf8proc -lmd -lz -lbz2 -llzma -lzstd
ifeq ($(LIBDEPS),shared)
LIBS = $(LIBS_ETPAN) $(LIBS_OWN)
else
LIBS = $(LIBS_ETPAN) -Wl,-Bstatic $(LIBS_OWN) -Wl,-Bdynamic
endif

OBJ = $(SRC:%=$(B)/%.o)
LIBOBJ = $(filter-out $(B)/main.o,$(OBJ))

all: $(PROGS:%=$(B)/%)

$(B)/simsift: $(OBJ)
	$(CC) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(B)/%.o: src/%.c | $(B) $(TABLES:%=$(B)/%_table.h)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# conf.o knows where the rules are installed: made anew when PREFIX changes.
$(B)/conf.o: $(B)/prefix
$(B)/prefix: FORCE | $(B)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
FORCE:

$(B):
	mkdir -p $(B)

# Tables made at build time, by programs that are not installed.
GENLIBS_sandbox = -lseccomp
$(B)/gen_%: src/gen_%.c | $(B)
	$(CC) $(CPPFLAGS) -std=gnu17 -O1 $(WARN) -o $@ $< \
		$(GENLIBS_$*)
$(B)/%_table.h: $(B)/gen_%
	$(B)/gen_$* $(GENFLAGS_$*) > $@.tmp && mv $@.tmp $@

# ---- tests: one prove runs all ----

UNIT = $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
UNITS = $(UNIT:%=$(B)/unit/%)

$(B)/unit/%: tests/unit/test_%.c $(LIBOBJ) | $(B)/unit
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIBOBJ) \
		$(LIBS) -lcmocka
$(B)/unit:
	mkdir -p $@

# The child misbehaves as SIMSIFT_CHILD says: for tests of the parent.
FAULTS = worker worker_pool sandbox
FAULTS_OWN = tests/fault/walls.c tests/fault/babble.c
$(B)/simsift-faults: $(FAULTS:%=src/%.c) $(FAULTS_OWN) $(OBJ)
	$(CC) $(CPPFLAGS) -DSIMSIFT_FAULTS $(CFLAGS) $(LDFLAGS) -o $@ \
		$(FAULTS:%=src/%.c) $(FAULTS_OWN) \
		$(filter-out $(FAULTS:%=$(B)/%.o),$(OBJ)) $(LIBS)

# Makes a call of libc fail: see tests/fault/inject.c.
$(B)/inject.so: tests/fault/inject.c | $(B)
	$(CC) -D_GNU_SOURCE -std=gnu17 -O1 $(WARN) -shared -fPIC -o $@ $<

# judge() in line, without fork and sandbox: for valgrind and fuzzers.
$(B)/judge-inline: tests/prop/judge_inline.c $(LIBOBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIBOBJ) $(LIBS)

# Random messages cut at random places; see tests/prop/cuts.h.
$(B)/prop-cuts: $(wildcard tests/prop/cuts*.c) tests/prop/cuts.h $(LIBOBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LIBOBJ) \
		$(LIBS)

# The same hits in windows as in whole texts; see tests/prop/windows.c.
$(B)/prop-windows: tests/prop/windows.c $(LIBOBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIBOBJ) $(LIBS)

check-progs: all $(UNITS) $(B)/inject.so $(B)/simsift-faults \
	$(B)/judge-inline $(B)/prop-cuts $(B)/prop-windows

TESTS = $(sort $(wildcard tests/*/*.t))

check: deps $(if $(filter true,$(CI)),deps-callers)
	$(MAKE) check-progs
	BUILD=$(abspath $(B)) CMOCKA_MESSAGE_OUTPUT=TAP \
		prove -j2 --exec '' $(UNITS) $(TESTS)

# The same tests under ASan and UBSan.  RLIMIT_AS and the narrow filter are
# off there; tests/unit/test_sandbox.c asserts that the shipped build has both.
check-asan: deps
	$(MAKE) check-progs B=build-asan OPT=-O1 HARDEN=-fPIE \
		GENFLAGS_sandbox=wide \
		SANITIZE='-fsanitize=address,undefined -fno-omit-frame-pointer'
	BUILD=$(abspath build-asan) CMOCKA_MESSAGE_OUTPUT=TAP ASAN=1 \
		ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 \
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		prove -j2 --exec '' $(UNITS:$(B)/%=build-asan/%) $(TESTS)

# ---- fuzzing: tests/fuzz/README.md ----

FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))

$(B)/fuzz/%: tests/fuzz/%.c $(LIBOBJ)
	@mkdir -p $(B)/fuzz
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -fsanitize=fuzzer \
		-o $@ $< $(LIBOBJ) $(LIBS)
fuzz-built: $(FUZZ:%=$(B)/fuzz/%)

fuzz-progs:
	$(MAKE) fuzz-built CI= B=build-fuzz CC=clang OPT=-O1 HARDEN=-fPIE \
		GENFLAGS_sandbox=wide \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined'

# Each target for so many seconds: make fuzz FOR=600 [TARGET=mime]
FOR = 60
TARGET = $(FUZZ)
fuzz: deps fuzz-progs
	sh tests/fuzz/run.sh build-fuzz $(FOR) $(TARGET)

# Random messages cut at random places: make prop N=100000 SEED=2
N = 100000
SEED = 1
prop: deps
	$(MAKE) $(B)/prop-cuts
	$(B)/prop-cuts -n $(N) -s $(SEED)

# Against SpamAssassin, over the messages of CORPUS (a folder); needs the
# packages spamassassin and libencode-detect-perl.
check-peers: all
	python3 tests/peers/peers.py --want $(CORPUS)

# All that is promised about speed, beside cat and what else is installed.
$(B)/pair: tests/bench/pair.c | $(B)
	$(CC) -D_GNU_SOURCE -std=gnu17 -O1 $(WARN) -o $@ $<
bench: all $(B)/pair
	BUILD=$(abspath $(B)) python3 tests/bench/bench.py $(BENCHFLAGS)

# simsift, SpamAssassin and rspamd on the messages of CORPUS/promo and
# CORPUS/ham; needs the packages spamd, spamc and rspamd.
compare: all
	python3 tests/peers/compare.py --simsift $(B)/simsift \
		$(or $(CORPUS),tests/corpus)

# What the shipped rules find in CORPUS (tests/eval/eval.py says its form).
eval: all
	python3 tests/eval/eval.py $(B)/simsift filters $(CORPUS)

demo: deps
	$(MAKE) all
	@sh tests/demo.sh $(B)/simsift

# ---- what it needs, on Debian 12 ----

DEPS = gcc make libc6-dev libetpan-dev libpcre2-dev libutf8proc-dev libmd-dev \
	zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libseccomp-dev \
	libcmocka-dev mandoc shellcheck perl diffutils python3 mblaze \
	procmail procps bzip2 xz-utils zstd

# What only some tests ask for; CI has all of it, others are told.
DEPS_CI = zsh fish build-essential debhelper lintian strace groff-base \
	valgrind clang libclang-rt-14-dev

# Installs what is missing, says what it does; nothing where all is there.
deps: WANTED = $(DEPS) $(if $(CI),$(DEPS_CI))
deps-deb: WANTED = $(DEPS) build-essential debhelper lintian
deps deps-deb:
	@if command -v dpkg-query >/dev/null; then \
		missing=; \
		for p in $(WANTED); do \
			dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
				grep -q 'ok installed' || missing="$$missing $$p"; \
		done; \
		if [ -n "$$missing" ]; then \
			sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
			echo "installing:$$missing"; \
			$$sudo apt-get update -q && \
			DEBIAN_FRONTEND=noninteractive $$sudo apt-get install \
				-y -q --no-install-recommends $$missing; \
		fi; \
	else \
		echo "not Debian: see INSTALL for what is needed"; \
	fi

# The mail programs that tests/callers calls: those that are not there are
# skipped, but with CI=true.  No service is started or left enabled.
CALLERS = procmail maildrop fdm dovecot-core dovecot-lmtpd dovecot-imapd \
	dovecot-sieve postfix neomutt aerc imapfilter
deps-callers:
	@sh tests/callers/deps.sh $(CALLERS)

# ---- install ----

MANUALS = $(notdir $(wildcard src/*.[157]))
RULES = $(notdir $(wildcard filters/*.cf))
EXAMPLES = $(notdir $(wildcard filters/examples/*))
# Where the shells look; Debian's own packages have another one for zsh.
BASHDIR = share/bash-completion/completions
ZSHDIR = share/zsh/site-functions
FISHDIR = share/fish/vendor_completions.d
ROOT = $(DESTDIR)$(PREFIX)
INSTALLED = bin/simsift $(foreach m,$(MANUALS),share/man/man$(subst \
	.,,$(suffix $m))/$m) $(BASHDIR)/simsift $(ZSHDIR)/_simsift \
	$(FISHDIR)/simsift.fish
FOLDERS = $(sort $(patsubst %/,%,$(dir $(INSTALLED))) share/simsift/filters \
	share/simsift/examples)
# The folders that were not there before: uninstall removes them, too.
MADE = $(ROOT)/share/simsift/made
# Manuals and examples name the place this was built for.
PLACED = sed 's|/usr/local/|$(PREFIX)/|g'

install: all
	@: > $(B)/made
	@for d in $(FOLDERS:%=$(PREFIX)/%); do \
		p=$$d; \
		while [ -n "$$p" ] && [ ! -d "$(DESTDIR)$$p" ]; do \
			echo "$$p" >> $(B)/made; \
			p=$${p%/*}; \
		done; \
		install -d -m 755 "$(DESTDIR)$$d" || exit 1; \
	done
	@[ ! -s $(B)/made ] || cat $(B)/made >> "$(MADE)"
	install -m 755 $(B)/simsift "$(ROOT)/bin/simsift"
	@for m in $(MANUALS); do \
		$(PLACED) src/$$m > $(B)/placed && install -m 644 $(B)/placed \
			"$(ROOT)/share/man/man$${m##*.}/$$m" || exit 1; \
	done
	@for f in $(EXAMPLES); do \
		$(PLACED) filters/examples/$$f > $(B)/placed && \
		install -m 644 $(B)/placed \
			"$(ROOT)/share/simsift/examples/$$f" || exit 1; \
	done
	@for f in bash:$(BASHDIR)/simsift zsh:$(ZSHDIR)/_simsift \
			fish:$(FISHDIR)/simsift.fish; do \
		$(B)/simsift --completion $${f%%:*} > $(B)/placed && \
		install -m 644 $(B)/placed "$(ROOT)/$${f#*:}" || exit 1; \
	done
	install -m 644 $(RULES:%=filters/%) "$(ROOT)/share/simsift/filters/"

uninstall:
	@sort -ru "$(MADE)" > $(B)/made 2>/dev/null || :
	rm -f $(INSTALLED:%="$(ROOT)/%")
	rm -rf "$(ROOT)/share/simsift"
	@while read -r d; do rmdir "$(DESTDIR)$$d" 2>/dev/null; done \
		< $(B)/made || :

# ---- packages ----

DIST = simsift-$(VERSION)
CHANGES = src/debian/changelog

# The tree as it is tracked, or as it was unpacked: the same bytes each time.
# Needs GNU tar.
dist: | $(B)
	@if [ -e .git ]; then git ls-files -z; else \
		find .ci .clang-format .editorconfig .gitattributes .gitignore \
			INSTALL LICENSE Makefile README.md src filters tests \
			! -type d ! -name '*.pyc' -print0; \
	fi > $(B)/files
	@LC_ALL=C sort -z -o $(B)/files $(B)/files
	@tar -cf $(B)/$(DIST).tar --format=gnu --owner=0 --group=0 \
		--numeric-owner --mode=u+rw,go+r,go-w --no-recursion \
		--transform='flags=r;s|^|$(DIST)/|' \
		--mtime="$$(sed -n '/^ -- /{s/.*>  //p;q}' $(CHANGES))" \
		--null -T $(B)/files
	@gzip -9nf $(B)/$(DIST).tar
	@echo $(B)/$(DIST).tar.gz

DEBOPTS = parallel=$(shell nproc)

# build/simsift_VERSION-1_ARCH.deb, with the libraries as .so; lintian looks at
# it and says nothing, or it is a mistake.
deb: deps-deb dist
	rm -rf $(B)/deb $(B)/*.deb
	mkdir -p $(B)/deb
	cp $(B)/$(DIST).tar.gz $(B)/deb/simsift_$(VERSION).orig.tar.gz
	tar -C $(B)/deb -xzf $(B)/$(DIST).tar.gz
	cp -r $(B)/deb/$(DIST)/src/debian $(B)/deb/$(DIST)/debian
	cd $(B)/deb/$(DIST) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CI \
		DEB_BUILD_OPTIONS='$(DEBOPTS)' dpkg-buildpackage -us -uc
	cd $(B)/deb && lintian --allow-root --fail-on error,warning *.changes
	cp $(B)/deb/simsift_*.deb $(B)/
	@ls $(B)/simsift_*.deb

# What the Debian package runs when it is built.
check-package: all $(UNITS)
	CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNITS)
	$(B)/simsift rules lint -C filters
	$(B)/simsift rules test -C filters > $(B)/rules.tap

clean:
	rm -rf build build-*

format:
	clang-format -i src/*.[ch] tests/*/*.c

help:
	@echo 'make             build/simsift'
	@echo 'make demo        the main job on a sample message'
	@echo 'make check       every test'
	@echo 'make deps-callers  installs the mail programs some tests call'
	@echo 'make check-asan  every test under ASan and UBSan'
	@echo 'make fuzz FOR=60 TARGET=mime  libFuzzer (tests/fuzz/README.md)'
	@echo 'make prop N=100000 SEED=1  random messages, cut at random places'
	@echo 'make check-peers CORPUS=DIR  hits compared with SpamAssassin'
	@echo 'make compare     found, missed, time: SpamAssassin and rspamd, too'
	@echo 'make eval CORPUS=DIR  recall, false positives and exact cuts'
	@echo 'make bench       speed, beside cat and others (BENCHFLAGS)'
	@echo 'make install     PREFIX=$(PREFIX) DESTDIR='
	@echo 'make uninstall   removes what install put there'
	@echo 'make dist        $(B)/$(DIST).tar.gz, the same bytes each time'
	@echo 'make deb         a Debian package in $(B)/'
	@echo 'LIBETPAN=shared  links libetpan.so instead of libetpan.a'

-include $(OBJ:.o=.d) $(wildcard $(B)/unit/*.d)
.PHONY: all check check-progs check-asan check-peers check-package prop fuzz \
	fuzz-progs fuzz-built compare eval bench demo deps deps-deb deps-callers \
	install uninstall dist deb clean format help
.DELETE_ON_ERROR:
