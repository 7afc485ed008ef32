#include "metrics_file.h"

#include <string.h>

#include "options.h"
#include "process.h"
#include "record/thread.h"
#include "rt/own_descriptors.h"
#include "rt/path.h"
#include "rt/sys.h"
#include "rt/text.h"

enum { PATH_ROOM = 1100 };

/* What path has it been written to; empty: none. */
static char written[PATH_ROOM];

static void put_head(struct text *out, const char *family, const char *type, const char *help) {
    text_put(out, "# HELP ");
    text_put(out, family);
    text_put(out, help);
    text_put(out, "\n# TYPE ");
    text_put(out, family);
    text_put(out, type);
}

static void put_labels(struct text *out, const char *name) {
    text_put(out, name);
    text_put(out, "{pid=\"");
    text_put_number(out, process.pid);
    text_put(out, "\",program=\"");
    for (const char *at = process_name(); *at; at++)
        text_put_char(out, *at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f ? '?' : *at);
    text_put_char(out, '"');
}

static void put_state(struct text *out, const char *state, uint64_t count) {
    put_labels(out, "leakwatch_threads");
    text_put(out, ",state=\"");
    text_put(out, state);
    text_put(out, "\"} ");
    text_put_number(out, (int64_t)count);
    text_put_char(out, '\n');
}

static void put_number(struct text *out, const char *name, uint64_t number) {
    put_labels(out, name);
    text_put(out, "} ");
    text_put_number(out, (int64_t)number);
    text_put_char(out, '\n');
}

static void compose(struct text *out, const struct liveness *now) {
    put_head(out, "leakwatch_threads", " gauge\n", " Threads alive, by what they do.");
    put_state(out, "blocked", now->unmoved);
    put_state(out, "waiting", now->waiting);
    put_state(out, "running", now->others - now->unmoved - now->waiting);
    put_head(out, "leakwatch_threads_created_total", " counter\n",
             " Threads created since the process started.");
    put_number(out, "leakwatch_threads_created_total", thread_created_count());
    put_head(out, "leakwatch_threads_unjoined", " gauge\n",
             " Threads that have ended and were never joined.");
    put_number(out, "leakwatch_threads_unjoined", now->unjoined);
    put_head(out, "leakwatch_longest_wait_seconds", " gauge\n",
             " The longest wait without a deadline of a thread other than main.");
    put_number(out, "leakwatch_longest_wait_seconds", now->longest_but_main / 1000000000u);
}

static void fails(const char *path, const char *why) {
    static bool said;
    if (!said)
        text_complain("option metrics: cannot write ", path, why, NULL);
    said = true;
}

void metrics_file_write(const struct liveness *now) {
    char path[PATH_ROOM], part[PATH_ROOM + 16], words[4096];
    struct text path_words = TEXT_IN(path), part_words = TEXT_IN(part), out = TEXT_IN(words);
    path_expand(&path_words, options.metrics, 0);
    text_put(&part_words, path);
    text_put_char(&part_words, '.');
    text_put_number(&part_words, process.pid);
    compose(&out, now);
    /* Readable by all: who collects it is another user. */
    own_descriptors_begin();
    long fd = sys_call(SYS_openat, AT_FDCWD, part, O_CREAT | O_TRUNC | OWN_WRITTEN_FLAGS, 0644);
    bool whole = fd >= 0 && sys_call(SYS_write, fd, words, out.length) == (long)out.length;
    if (fd >= 0)
        sys_call(SYS_close, fd);
    own_descriptors_end();
    if (fd < 0) {
        fails(path, fd == -EACCES ? ": permission denied" : fd == -ENOENT ? ": no such directory" : "");
        return;
    }
    if (!whole || sys_call(SYS_renameat, AT_FDCWD, part, AT_FDCWD, path) != 0) {
        sys_call(SYS_unlinkat, AT_FDCWD, part, 0);
        fails(path, whole ? "" : ": no space");
        return;
    }
    text_copy(written, sizeof written, path);
}

void metrics_file_remove(void) {
    if (written[0])
        sys_call(SYS_unlinkat, AT_FDCWD, written, 0);
    written[0] = '\0';
}
