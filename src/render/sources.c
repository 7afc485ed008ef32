#include "sources.h"

#include <stdbool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { AROUND = 4, LINE_MAX_SHOWN = 400 };

struct sources {
    const char *root;
    json_t *wanted; /* {"FILE": {"path": where it is, "lines": [line, ...]}} */
};

struct sources *sources_open(const char *root) {
    struct sources *sources = malloc(sizeof *sources);
    if (sources)
        *sources = (struct sources){root ? root : "", json_object()};
    return sources;
}

void sources_want(struct sources *sources, const char *directory, const char *file, int line) {
    if (!sources || line <= 0 || (file[0] != '/' && !directory))
        return;
    json_t *entry = json_object_get(sources->wanted, file);
    if (!entry) {
        entry =
            json_pack("{s:o, s:[]}", "path",
                      file[0] == '/' ? json_string(file) : json_sprintf("%s/%s", directory, file), "lines");
        if (!entry || json_object_set_new(sources->wanted, file, entry) != 0)
            return; /* a name that is not UTF-8 */
    }
    json_array_append_new(json_object_get(entry, "lines"), json_integer(line));
}

static bool is_wanted(const json_t *lines, long number) {
    size_t i;
    json_t *line;
    json_array_foreach (lines, i, line)
        if (labs((long)json_integer_value(line) - number) <= AROUND)
            return true;
    return false;
}

static long last_wanted(const json_t *lines) {
    long last = 0;
    size_t i;
    json_t *line;
    json_array_foreach (lines, i, line)
        if (json_integer_value(line) > last)
            last = (long)json_integer_value(line);
    return last + AROUND;
}

/* NULL if it cannot be read. */
static json_t *excerpt(const char *root, const char *file, const json_t *lines) {
    char path[4096], *words = NULL;
    struct stat status;
    size_t room = 0;
    if (snprintf(path, sizeof path, "%s%s", root, file) >= (int)sizeof path || stat(path, &status) != 0 ||
        !S_ISREG(status.st_mode))
        return NULL;
    FILE *source = fopen(path, "re");
    if (!source)
        return NULL;
    json_t *kept = json_object();
    long last = last_wanted(lines);
    for (long number = 1; number <= last && getline(&words, &room, source) > 0; number++) {
        char key[24];
        if (!is_wanted(lines, number))
            continue;
        snprintf(key, sizeof key, "%ld", number);
        words[strcspn(words, "\r\n")] = '\0';
        if (strlen(words) > LINE_MAX_SHOWN)
            words[LINE_MAX_SHOWN] = '\0';
        json_object_set_new(kept, key, json_string(words));
    }
    free(words);
    fclose(source);
    return kept;
}

json_t *sources_close(struct sources *sources) {
    json_t *files = json_object(), *entry;
    const char *file;
    if (!sources)
        return files;
    json_object_foreach (sources->wanted, file, entry) {
        const char *path = json_string_value(json_object_get(entry, "path"));
        json_t *kept = path ? excerpt(sources->root, path, json_object_get(entry, "lines")) : NULL;
        if (kept)
            json_object_set_new(files, file, kept);
    }
    json_decref(sources->wanted);
    free(sources);
    return files;
}
