#include "suppress.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "default_suppressions.h"
#include "render/shown_stack.h"
#include "shared/base_name.h"
#include "tool/tool.h"

static char *read_file(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    if (!file)
        return NULL;
    errno = 0;
    if (getdelim(&text, &room, '\0', file) < 0 && (errno != 0 || !(text = strdup(""))))
        text = NULL;
    fclose(file);
    return text;
}

static void add_file(struct suppressions *suppressions, const char *path, bool expected) {
    char room[512];
    char *text = read_file(path);
    if (!text) {
        complain("cannot read suppressions %s: %s; the report is made without them", path, strerror(errno));
        return;
    }
    /* the name is kept for as long as the process runs: reports name it */
    char *name = strdup(path);
    const char *wrong = suppressions_add(suppressions, text, name ? name : "?", expected, room);
    if (wrong)
        complain("%s; the other lines are used", wrong);
    free(text);
}

void suppress_file(struct suppressions *suppressions, const char *path) {
    add_file(suppressions, path, true);
}

void suppress_words(struct suppressions *suppressions, const char *words) {
    char room[512];
    char *line = strdup(words);
    if (!line)
        return;
    /* in LEAKWATCH_OPTIONS a colon begins the next option */
    char *sign = strpbrk(line, ":=");
    if (sign)
        *sign = ':';
    const char *wrong = suppressions_add(suppressions, line, "option suppress", true, room);
    if (wrong)
        complain("%s", wrong);
    free(line);
}

void suppress_defaults(struct suppressions *suppressions, const struct snapshot *snapshot) {
    char room[512];
    const char *wrong = suppressions_add(suppressions, default_suppressions, "built in", false, room);
    if (wrong)
        complain("%s", wrong);
    /* each directory once: modules of one lie together */
    const char *seen[64];
    size_t seen_count = 0;
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const char *path = snapshot_words(snapshot, snapshot->modules[i].path), *slash = strrchr(path, '/');
        bool known = !slash || path[0] != '/';
        for (size_t k = 0; k < seen_count && !known; k++)
            known = strncmp(seen[k], path, (size_t)(slash - path) + 1) == 0 &&
                    !strchr(seen[k] + (slash - path) + 1, '/');
        if (known)
            continue;
        if (seen_count < sizeof seen / sizeof *seen)
            seen[seen_count++] = path;
        char *pattern;
        glob_t found;
        if (asprintf(&pattern, "%.*s/leakwatch/*.supp", (int)(slash - path), path) < 0)
            continue;
        if (glob(pattern, 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++)
                add_file(suppressions, found.gl_pathv[k], false);
            globfree(&found);
        }
        free(pattern);
    }
}

/* Names gathered from a stack. */
struct gathered {
    char **names;
    size_t count, room;
    const char *inner_module, *module; /* of the innermost and the outermost frame */
};

static void gather(struct gathered *gathered, const char *name) {
    if (gathered->count + 1 >= gathered->room) {
        size_t room = gathered->room ? 2 * gathered->room : 32;
        char **names = reallocarray(gathered->names, room, sizeof *names);
        if (!names)
            return;
        gathered->names = names;
        gathered->room = room;
    }
    gathered->names[gathered->count++] = name ? strdup(name) : NULL;
}

static void gather_frame(const struct symbol_frame *frame, void *context) {
    struct gathered *gathered = context;
    if (!gathered->inner_module)
        gathered->inner_module = frame->module;
    gathered->module = frame->module;
    if (frame->function)
        gather(gathered, frame->function);
}

/* Are these two alike to every suppression? */
static bool alike(const struct snapshot *snapshot, const uint64_t *positions,
                  const struct lw_snapshot_thread *a, const struct lw_snapshot_thread *b) {
    return a->stack_count == b->stack_count && a->creation_count == b->creation_count &&
           strcmp(snapshot_words(snapshot, a->name), snapshot_words(snapshot, b->name)) == 0 &&
           strcmp(snapshot_words(snapshot, a->call), snapshot_words(snapshot, b->call)) == 0 &&
           memcmp(positions + a->stack_first, positions + b->stack_first,
                  a->stack_count * sizeof *positions) == 0 &&
           memcmp(positions + a->creation_first, positions + b->creation_first,
                  a->creation_count * sizeof *positions) == 0;
}

/* One list after the other, each with NULL at its end: top, stack, creation. */
struct named_thread name_thread(const struct snapshot *snapshot, struct symbols *symbols,
                                const struct lw_snapshot_thread *thread) {
    struct gathered all = {0};
    bool exact = thread->flags & LW_THREAD_EXACT;
    const uint64_t *frames = snapshot->frames;
    const char *call = snapshot_words(snapshot, thread->call);
    if (call[0])
        gather(&all, call);
    struct gathered first = {0};
    stack_each(symbols, frames + thread->stack_first, thread->stack_count, exact, gather_frame, &first);
    if (first.count > 0)
        gather(&all, first.names[0]);
    gather(&all, NULL);
    size_t stack = all.count;
    for (size_t i = 0; i < first.count; i++) {
        gather(&all, first.names[i]);
        free(first.names[i]);
    }
    free(first.names);
    gather(&all, NULL);
    size_t creation = all.count;
    all.inner_module = NULL;
    stack_each(symbols, frames + thread->creation_first, thread->creation_count, false, gather_frame, &all);
    gather(&all, NULL);
    /* Where a stack could not be followed to its end, its last frame says whose thread it is only if that one
     * created it too. */
    bool whole = !(thread->flags & (LW_THREAD_BROKEN | LW_THREAD_CUT)) && first.module;
    bool own = first.module && all.inner_module && strcmp(first.module, all.inner_module) == 0;
    static const char *const none[] = {NULL};
    const char *const *names = (const char *const *)all.names;
    return (struct named_thread){.thread = {.name = snapshot_words(snapshot, thread->name),
                                            .module = whole || own ? base_name(first.module) : NULL,
                                            .top = names ? names : none,
                                            .stack = names ? names + stack : none,
                                            .creation = names ? names + creation : none},
                                 .strings = all.names,
                                 .count = all.count};
}

void name_drop(struct named_thread *named) {
    for (size_t i = 0; i < named->count; i++)
        free(named->strings[i]);
    free(named->strings);
}

void suppress_apply(struct suppressions *suppressions, const struct snapshot *snapshot,
                    struct symbols *symbols, const uint64_t *positions, bool *suppressed) {
    const struct lw_snapshot_thread *latest = NULL;
    struct suppression *answer = NULL;
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++) {
        const struct lw_snapshot_thread *thread = &snapshot->threads[i];
        if (thread->flags & (LW_THREAD_MAIN | LW_THREAD_CALLER))
            continue;
        /* threads of a group mostly follow one another */
        if (!latest || !positions || !alike(snapshot, positions, latest, thread)) {
            struct named_thread named = name_thread(snapshot, symbols, thread);
            answer = suppressions_match(suppressions, &named.thread);
            name_drop(&named);
        }
        latest = thread;
        if (answer)
            answer->matched++;
        suppressed[i] = answer;
    }
}

bool suppress_write(const char *path, const struct analysis *analysis, struct symbols *symbols) {
    FILE *file = fopen(path, "ae");
    for (size_t i = 0; file && i < analysis->group_count; i++) {
        const struct group *group = &analysis->groups[i];
        const struct thread_finding *finding = &analysis->findings[group->members[0]];
        if (!finding->leaked)
            continue;
        struct named_thread named = name_thread(analysis->snapshot, symbols, finding->thread);
        const struct suppressible *thread = &named.thread;
        fprintf(file, "# %zu thread%s of %s, %s\n", group->count, group->count == 1 ? "" : "s",
                snapshot_words(analysis->snapshot, analysis->snapshot->header->program),
                finding->thread->kind != LW_WAIT_NONE ? wait_words(finding->thread)
                                                      : state_words((enum lw_state)finding->thread->state));
        if (thread->stack[0])
            fprintf(file, "top:%s\n", thread->stack[0]);
        else if (thread->creation[0])
            fprintf(file, "creator:%s\n", thread->creation[0]);
        else
            fprintf(file, "name:%s\n", thread->name);
        name_drop(&named);
    }
    if (!file || fclose(file) != 0) {
        complain("cannot write suppressions to %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
