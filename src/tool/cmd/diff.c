/* leakwatch diff: what grew between two reports of a program, by site; of two files, or of a running program
 * that is looked at for a while. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "render/style.h"
#include "tool/known/sites.h"
#include "tool/process/monotonic.h"
#include "tool/span.h"
#include "tool/tool.h"

/* The last report in a file of one a line. */
static json_t *last_report(FILE *file, const char *path) {
    char *line = NULL;
    size_t room = 0;
    json_t *latest = NULL;
    json_error_t error = {.text = "there is no report in it"};
    for (unsigned number = 1; getline(&line, &room, file) > 0; number++) {
        json_t *report = json_loads(line, 0, &error);
        if (json_is_array(json_object_get(report, "threads"))) {
            json_decref(latest);
            latest = report;
            continue;
        }
        if (report)
            snprintf(error.text, sizeof error.text, "not a report of leakwatch");
        complain("%s:%u: %s", path, number, error.text);
        json_decref(report);
        json_decref(latest);
        free(line);
        return NULL;
    }
    free(line);
    if (!latest)
        complain("%s: there is no report in it", path);
    return latest;
}

static bool load(struct sites *sites, const struct settings *settings, const char *path) {
    char magic[sizeof LW_SNAPSHOT_MAGIC - 1] = {0};
    FILE *file = fopen(path, "re");
    if (!file) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    size_t got = fread(magic, 1, sizeof magic, file);
    if (got == sizeof magic && memcmp(magic, LW_SNAPSHOT_MAGIC, sizeof magic) == 0) {
        fclose(file);
        struct work work;
        if (!work_read(&work, settings, path))
            return false;
        *sites = sites_of_work(&work);
        work_end(&work);
        return true;
    }
    rewind(file);
    json_t *report = last_report(file, path);
    fclose(file);
    if (report)
        *sites = sites_of_json(report);
    json_decref(report);
    return report;
}

struct growth {
    long before, after;
    const struct site *site;
};

static int most_first(const void *a, const void *b) {
    const struct growth *x = a, *y = b;
    long grew_x = x->after - x->before, grew_y = y->after - y->before;
    if (grew_x != grew_y)
        return (grew_x < grew_y) - (grew_x > grew_y);
    return strcmp(x->site->key, y->site->key);
}

static void put_growth(const struct growth *growth, double minutes) {
    long grew = growth->after - growth->before;
    putchar('\n');
    style_put(stdout, STYLE_BAD);
    printf("+%ld thread%s", grew, grew == 1 ? "" : "s");
    style_put(stdout, STYLE_PLAIN);
    printf(" (%ld -> %ld)", growth->before, growth->after);
    if (minutes > 0)
        printf(", %.1f a minute", (double)grew / minutes);
    printf("  [%s]\n%s", growth->site->kind, growth->site->stack);
}

/* Returns the status, and tells of the sites that grew past the threshold. */
static int compare(const struct sites *before, const struct sites *after, long threshold) {
    struct growth *list = calloc(after->count + 1, sizeof *list);
    size_t grown = 0;
    for (size_t i = 0; list && i < after->count; i++) {
        const struct site *now = &after->list[i], *then = sites_find(before, now->key);
        struct growth growth = {
            .before = then ? (long)then->count : 0, .after = (long)now->count, .site = now};
        if (growth.after - growth.before > threshold)
            list[grown++] = growth;
    }
    /* uptimes tell how long it was, if it is one process */
    double seconds = before->pid == after->pid ? after->uptime - before->uptime : 0;
    if (grown > 0) {
        qsort(list, grown, sizeof *list, most_first);
        printf("leakwatch: %zu group%s grew in %s (pid %d)", grown, grown == 1 ? "" : "s", after->program,
               after->pid);
        printf(seconds > 0 ? " over %.1fs\n" : "\n", seconds);
    }
    for (size_t i = 0; i < grown; i++)
        put_growth(&list[i], seconds / 60);
    free(list);
    return grown > 0 ? TOOL_LEAKS : TOOL_OK;
}

static bool look(struct sites *sites, const struct settings *settings) {
    struct work work;
    if (!work_ask(&work, settings, "diff", settings->live))
        return false;
    *sites = sites_of_work(&work);
    work_end(&work);
    return true;
}

/* The first look and the last are compared. What comes in between is told as it goes; and if the program ends
 * meanwhile, the look before that was the last. */
static int compare_live(const struct settings *settings) {
    uint64_t every = settings->every, duration = settings->duration;
    struct sites first, latest = {0};
    if (!look(&first, settings))
        return TOOL_FAILED;
    size_t looks = (size_t)(duration / every) + (duration % every != 0);
    for (size_t i = 0; i < looks; i++) {
        struct sites next;
        uint64_t past = every * i;
        clock_rest_until(clock_now() + (every < duration - past ? every : duration - past));
        if (!look(&next, settings))
            break;
        sites_drop(&latest);
        latest = next;
        char room[SPAN_ROOM];
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "leakwatch: after %s %zu threads, %+ld\n",
                    span_words((uint64_t)((latest.uptime - first.uptime) * 1e9), room), latest.threads,
                    (long)latest.threads - (long)first.threads);
    }
    int status = latest.program ? compare(&first, &latest, settings->growth) : TOOL_FAILED;
    sites_drop(&first);
    sites_drop(&latest);
    return status;
}

int command_diff(int count, char **arguments) {
    static const struct usage usage = {
        .command = IN_DIFF,
        .name = "diff",
        .synopsis = "[OPTIONS] BEFORE AFTER\n       leakwatch diff [OPTIONS] --live PID",
        .about = "Tells which groups of threads grew, by how many a minute, with their "
                 "stacks. BEFORE and AFTER are reports\n"
                 "as JSON (of several in a file, the last) or snapshots.\n",
        .statuses = "0 nothing grew, 23 something did, 2 usage, 1 could not do it",
        .least = 2,
        .most = 2,
        .wanted = "BEFORE and AFTER"};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    style_use(settings_color(&settings, STDOUT_FILENO));
    if (settings.live) {
        status = compare_live(&settings);
    } else {
        struct sites before = {0}, after = {0};
        status =
            load(&before, &settings, settings.arguments[0]) && load(&after, &settings, settings.arguments[1])
                ? compare(&before, &after, settings.growth)
                : TOOL_FAILED;
        sites_drop(&before);
        sites_drop(&after);
    }
    settings_drop(&settings);
    return status;
}
