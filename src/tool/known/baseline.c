#include "baseline.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suppress.h"
#include "tool/tool.h"

struct baseline {
    json_t *groups; /* array of keys */
};

static json_t *names(const char *const *list) {
    json_t *array = json_array();
    for (; *list; list++) {
        json_t *name = json_string(*list); /* NULL if it is not UTF-8 */
        json_array_append_new(array, name ? name : json_string("?"));
    }
    return array;
}

/* What a thread is known by. */
static json_t *key_of(const struct snapshot *snapshot, struct symbols *symbols,
                      const struct lw_snapshot_thread *thread) {
    struct named_thread named = name_thread(snapshot, symbols, thread);
    json_t *key = json_pack("{s:s, s:o, s:o}", "kind",
                            thread->kind != LW_WAIT_NONE ? wait_words(thread)
                                                         : state_words((enum lw_state)thread->state),
                            "stack", names(named.thread.stack), "created_by", names(named.thread.creation));
    name_drop(&named);
    return key;
}

static bool has(const json_t *groups, const json_t *key) {
    size_t i;
    json_t *group;
    json_array_foreach (groups, i, group) {
        if (json_equal(group, key))
            return true;
    }
    return false;
}

struct baseline *baseline_read(const char *path) {
    json_error_t error;
    struct baseline *baseline = calloc(1, sizeof *baseline);
    if (!baseline)
        return NULL;
    if (access(path, F_OK) != 0) {
        baseline->groups = json_array();
        return baseline;
    }
    json_t *file = json_load_file(path, 0, &error);
    json_t *groups = json_object_get(file, "groups");
    if (!json_is_integer(json_object_get(file, "leakwatch_baseline")) || !json_is_array(groups)) {
        if (file)
            complain("%s is not a baseline of leakwatch; it is not used", path);
        else
            complain("%s:%d: %s; the baseline is not used", path, error.line, error.text);
        json_decref(file);
        free(baseline);
        return NULL;
    }
    baseline->groups = json_incref(groups);
    json_decref(file);
    return baseline;
}

void baseline_drop(struct baseline *baseline) {
    if (baseline)
        json_decref(baseline->groups);
    free(baseline);
}

void baseline_apply(const struct baseline *baseline, const struct snapshot *snapshot, struct symbols *symbols,
                    bool *suppressed) {
    if (!baseline || json_array_size(baseline->groups) == 0)
        return;
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++) {
        if (snapshot->threads[i].flags & (LW_THREAD_MAIN | LW_THREAD_CALLER))
            continue;
        json_t *key = key_of(snapshot, symbols, &snapshot->threads[i]);
        suppressed[i] |= has(baseline->groups, key);
        json_decref(key);
    }
}

bool baseline_write(const char *path, const struct analysis *analysis, struct symbols *symbols) {
    json_t *groups = json_array();
    for (size_t i = 0; i < analysis->group_count; i++) {
        const struct thread_finding *finding = &analysis->findings[analysis->groups[i].members[0]];
        json_t *key = finding->leaked ? key_of(analysis->snapshot, symbols, finding->thread) : NULL;
        if (key && !has(groups, key))
            json_array_append(groups, key);
        json_decref(key);
    }
    json_t *file = json_pack("{s:i, s:o}", "leakwatch_baseline", 1, "groups", groups);
    char *other = NULL;
    bool written = asprintf(&other, "%s.%d", path, (int)getpid()) > 0 &&
                   json_dump_file(file, other, JSON_INDENT(1) | JSON_ENSURE_ASCII) == 0 &&
                   rename(other, path) == 0;
    if (!written) {
        complain("cannot write baseline %s: %s", path, strerror(errno));
        if (other)
            unlink(other);
    }
    free(other);
    json_decref(file);
    return written;
}
