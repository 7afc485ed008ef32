#include "unreached.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/style.h"
#include "tool/output.h"
#include "tool/tool.h"
#include "tool/work.h"

/* Also if that cannot be read: then it cannot be read from outside either. */
static bool has_preload(int pid) {
    char path[32], *line = NULL;
    size_t room = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    bool found = !maps, any = false;
    while (!found && getline(&line, &room, maps) > 0) {
        found = strstr(line, "/libleakwatch.so") != NULL;
        any = true;
    }
    free(line);
    if (maps)
        fclose(maps);
    return found || !any;
}

static void report(const struct settings *settings, struct question *question) {
    struct work work;
    size_t size;
    const struct watched watched = question->watched;
    if (!work_take(&work, settings, question, NULL))
        return;
    /* one thread is a program without threads: what is proved of it is told, as the preload does */
    if (work.analysis->counts.threads > 1 || work.analysis->counts.deadlocks > 0) {
        complain("run: the preload is not in %s (pid %d), a static program or one with other rights: read "
                 "from outside",
                 watched.name, watched.pid);
        style_use(false);
        char *words = work_render(&work, render_text, &size);
        if (words)
            output_write("", STDERR_FILENO, words, size);
        free(words);
    }
    work_end(&work);
}

void unreached_report(const struct settings *settings, const struct descendant *list, size_t count) {
    enum { PATIENCE_S = 2 };
    for (size_t i = 0; i < count; i++) {
        char why[WATCHED_WHY];
        struct watched watched;
        if (list[i].renders || list[i].state == 'Z' || has_preload(list[i].pid) ||
            !watched_unprepared(&watched, list[i].pid, why))
            continue;
        struct question question;
        ask_begin(&question, watched, PATIENCE_S * 1000000000ull);
        ask_await(&question, 1);
        if (question.state == ASK_ANSWERED)
            report(settings, &question);
        else
            complain("run: %s (pid %d) has no preload, and cannot be read from outside: %s", watched.name,
                     watched.pid, question.why);
        ask_end(&question);
    }
}
