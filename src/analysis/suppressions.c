#include "suppressions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/glob.h"

static const char *const kinds[] = {
#define X(id, words) words,
    SUPPRESSION_KINDS(X)
#undef X
};

const char *suppression_kind_words(enum suppression_kind kind) {
    return kinds[kind];
}

static const char *trimmed(char *line) {
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    return line + strspn(line, " \t");
}

static bool add(struct suppressions *suppressions, const struct suppression *one) {
    if (suppressions->count == suppressions->room) {
        size_t room = suppressions->room ? 2 * suppressions->room : 16;
        struct suppression *list = reallocarray(suppressions->list, room, sizeof *list);
        if (!list)
            return false;
        suppressions->list = list;
        suppressions->room = room;
    }
    suppressions->list[suppressions->count++] = *one;
    return true;
}

/* Returns what is wrong with a line, or NULL. */
static const char *add_line(struct suppressions *suppressions, const char *line, const char *file,
                            unsigned number, bool expected) {
    const char *colon = strchr(line, ':');
    if (!colon)
        return "is not KIND:PATTERN";
    struct suppression one = {
        .kind = SUPPRESSION_KIND_COUNT, .file = file, .line = number, .expected = expected};
    for (size_t i = 0; i < SUPPRESSION_KIND_COUNT; i++)
        if (strlen(kinds[i]) == (size_t)(colon - line) && strncmp(kinds[i], line, strlen(kinds[i])) == 0)
            one.kind = (enum suppression_kind)i;
    if (one.kind == SUPPRESSION_KIND_COUNT)
        return "is of no known kind: top, any, creator, module or name";
    if (colon[1] == '\0')
        return "has no pattern";
    one.pattern = strdup(colon + 1);
    if (!one.pattern || !add(suppressions, &one)) {
        free(one.pattern);
        return "finds no memory";
    }
    return NULL;
}

const char *suppressions_add(struct suppressions *suppressions, const char *text, const char *file,
                             bool expected, char room[512]) {
    const char *wrong = NULL;
    char *copy = strdup(text), *rest = copy, *line;
    if (!copy)
        return "no memory";
    for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
        const char *words = trimmed(line);
        if (words[0] == '\0' || words[0] == '#')
            continue;
        const char *why = add_line(suppressions, words, file, number, expected);
        if (why && !wrong) {
            snprintf(room, 512, "%.200s:%u: suppression '%.100s' %s", file, number, words, why);
            wrong = room;
        }
    }
    free(copy);
    return wrong;
}

void suppressions_drop(struct suppressions *suppressions) {
    for (size_t i = 0; i < suppressions->count; i++)
        free(suppressions->list[i].pattern);
    free(suppressions->list);
    *suppressions = (struct suppressions){0};
}

static bool any_matches(const char *pattern, const char *const *words) {
    for (; *words; words++)
        if (glob_matches(pattern, *words))
            return true;
    return false;
}

static bool applies(const struct suppression *one, const struct suppressible *thread) {
    switch (one->kind) {
    case SUPPRESSION_TOP:
        return any_matches(one->pattern, thread->top);
    case SUPPRESSION_ANY:
        return any_matches(one->pattern, thread->top) || any_matches(one->pattern, thread->stack);
    case SUPPRESSION_CREATOR:
        return any_matches(one->pattern, thread->creation);
    case SUPPRESSION_MODULE:
        return thread->module && glob_matches(one->pattern, thread->module);
    case SUPPRESSION_NAME:
        return glob_matches(one->pattern, thread->name);
    default:
        return false;
    }
}

struct suppression *suppressions_match(struct suppressions *suppressions, const struct suppressible *thread) {
    for (size_t i = 0; i < suppressions->count; i++)
        if (applies(&suppressions->list[i], thread))
            return &suppressions->list[i];
    return NULL;
}
