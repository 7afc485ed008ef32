/* leakwatch diff: what grew between two reports of a program. Groups are told apart by what their threads
 * wait in and by the functions on their stacks and on those that created them: addresses and lines may
 * differ. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/analysis.h"
#include "../render/render.h"
#include "tool.h"

static void usage(FILE *out) {
    fputs("usage: leakwatch diff [OPTIONS] BEFORE AFTER\n"
          "BEFORE and AFTER are reports as JSON (of several in a file, the last) or snapshots.\n"
          "  --threshold N   growth of a group that is not worth telling; default 0\n"
          "exit status: 0 nothing grew, 23 something did, 2 usage, 1 could not do it\n",
          out);
}

/* A snapshot becomes a report as JSON. */
static json_t *report_of_snapshot(const char *path) {
    struct snapshot snapshot;
    char room[256], *words = NULL;
    size_t size;
    const char *wrong = snapshot_read(&snapshot, path, room);
    if (wrong) {
        complain("%s: %s", path, wrong);
        return NULL;
    }
    struct symbols *symbols = symbols_open(&snapshot);
    struct facts facts = {0};
    struct analysis *analysis = analyse(&snapshot, &facts);
    FILE *out = analysis ? open_memstream(&words, &size) : NULL;
    json_t *report = NULL;
    if (out) {
        render_json(out, analysis, symbols);
        if (fclose(out) == 0)
            report = json_loads(words, 0, NULL);
    }
    if (!report)
        complain("%s: no memory for a report", path);
    free(words);
    if (analysis)
        analysis_free(analysis);
    symbols_close(symbols);
    snapshot_close(&snapshot);
    return report;
}

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

static json_t *load(const char *path) {
    char magic[sizeof LW_SNAPSHOT_MAGIC - 1] = {0};
    FILE *file = fopen(path, "re");
    if (!file) {
        complain("%s: %s", path, strerror(errno));
        return NULL;
    }
    size_t got = fread(magic, 1, sizeof magic, file);
    if (got == sizeof magic && memcmp(magic, LW_SNAPSHOT_MAGIC, sizeof magic) == 0) {
        fclose(file);
        return report_of_snapshot(path);
    }
    rewind(file);
    json_t *report = last_report(file, path);
    fclose(file);
    return report;
}

static const char *string_of(const json_t *object, const char *key) {
    const char *words = json_string_value(json_object_get(object, key));
    return words ? words : "";
}

/* What a stack is known by: its functions, and where those have no name, module and offset. */
static void put_functions(FILE *out, const json_t *stack) {
    size_t i;
    json_t *frame;
    json_array_foreach(stack, i, frame) {
        const char *function = string_of(frame, "function");
        if (function[0])
            fprintf(out, "%s;", function);
        else
            fprintf(out, "%s+%s;", string_of(frame, "module"), string_of(frame, "offset"));
    }
}

static char *key_of(const json_t *thread) {
    char *key = NULL;
    size_t size;
    FILE *out = open_memstream(&key, &size);
    if (!out)
        return NULL;
    const json_t *wait = json_object_get(thread, "wait");
    fprintf(out, "%s|", json_is_object(wait) ? string_of(wait, "kind") : string_of(thread, "state"));
    put_functions(out, json_object_get(thread, "stack"));
    fputc('|', out);
    put_functions(out, json_object_get(json_object_get(thread, "created_by"), "stack"));
    fclose(out);
    return key;
}

/* Of each group: how many threads, and one of them to show. */
static json_t *count_groups(const json_t *report) {
    json_t *groups = json_object(), *thread;
    size_t i;
    json_array_foreach(json_object_get(report, "threads"), i, thread) {
        char *key = json_is_true(json_object_get(thread, "main")) ? NULL : key_of(thread);
        if (!key)
            continue;
        json_t *group = json_object_get(groups, key);
        if (!group) {
            group = json_pack("{s:i, s:O}", "count", 0, "thread", thread);
            json_object_set_new(groups, key, group);
        }
        json_object_set_new(group, "count",
                            json_integer(json_integer_value(json_object_get(group, "count")) + 1));
        free(key);
    }
    return groups;
}

struct growth {
    long before, after;
    const json_t *thread;
};

static int most_first(const void *a, const void *b) {
    const struct growth *x = a, *y = b;
    long grew_x = x->after - x->before, grew_y = y->after - y->before;
    return (grew_x < grew_y) - (grew_x > grew_y);
}

static void put_stack(const json_t *stack) {
    size_t i;
    json_t *frame;
    json_array_foreach(stack, i, frame) {
        const char *function = string_of(frame, "function"), *file = string_of(frame, "file"),
                   *slash = strrchr(file, '/');
        printf("    #%-2zu %-18s", i, function[0] ? function : "??");
        if (file[0])
            printf("  %s:%lld\n", slash ? slash + 1 : file,
                   (long long)json_integer_value(json_object_get(frame, "line")));
        else
            printf("  %s+%s\n", string_of(frame, "module"), string_of(frame, "offset"));
    }
}

static void put_growth(const struct growth *growth, double minutes) {
    const json_t *wait = json_object_get(growth->thread, "wait");
    long grew = growth->after - growth->before;
    printf("\n+%ld thread%s (%ld -> %ld)", grew, grew == 1 ? "" : "s", growth->before, growth->after);
    if (minutes > 0)
        printf(", %.1f a minute", (double)grew / minutes);
    printf("  [%s]\n", json_is_object(wait) ? string_of(wait, "kind") : string_of(growth->thread, "state"));
    put_stack(json_object_get(growth->thread, "stack"));
    const json_t *creation = json_object_get(json_object_get(growth->thread, "created_by"), "stack");
    if (json_array_size(creation) == 0)
        return;
    printf("  created by\n");
    put_stack(creation);
}

/* Uptimes tell how long it was, if it is one process. */
static double minutes_between(const json_t *before, const json_t *after) {
    json_int_t pids[] = {json_integer_value(json_object_get(before, "pid")),
                         json_integer_value(json_object_get(after, "pid"))};
    double seconds = json_number_value(json_object_get(after, "uptime_seconds")) -
                     json_number_value(json_object_get(before, "uptime_seconds"));
    return pids[0] == pids[1] && seconds > 0 ? seconds / 60 : 0;
}

/* Returns how many groups grew past the threshold, and tells of them. */
static size_t compare(const json_t *before, const json_t *after, long threshold) {
    json_t *then = count_groups(before), *now = count_groups(after), *group;
    struct growth *list = calloc(json_object_size(now) + 1, sizeof *list);
    size_t grown = 0;
    const char *key;
    json_object_foreach(now, key, group) {
        struct growth growth = {
            .before = (long)json_integer_value(json_object_get(json_object_get(then, key), "count")),
            .after = (long)json_integer_value(json_object_get(group, "count")),
            .thread = json_object_get(group, "thread")};
        if (list && growth.after - growth.before > threshold)
            list[grown++] = growth;
    }
    double minutes = minutes_between(before, after);
    if (grown > 0) {
        qsort(list, grown, sizeof *list, most_first);
        printf("leakwatch: %zu group%s grew in %s (pid %lld)", grown, grown == 1 ? "" : "s",
               string_of(after, "exe"), (long long)json_integer_value(json_object_get(after, "pid")));
        printf(minutes > 0 ? " over %.1fs\n" : "\n", minutes * 60);
    }
    for (size_t i = 0; i < grown; i++)
        put_growth(&list[i], minutes);
    free(list);
    json_decref(then);
    json_decref(now);
    return grown;
}

int command_diff(int count, char **arguments) {
    static const struct option options[] = {
        {"threshold", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {0}};
    long threshold = 0;
    char *end;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        switch (option) {
        case 't':
            threshold = strtol(optarg, &end, 10);
            if (end == optarg || *end || threshold < 0) {
                complain("diff: --threshold: '%s' is not a number from 0 up", optarg);
                return TOOL_USAGE;
            }
            break;
        case 'h':
            usage(stdout);
            return TOOL_OK;
        default:
            usage(stderr);
            return TOOL_USAGE;
        }
    }
    if (optind != count - 2) {
        complain("diff: name two reports");
        usage(stderr);
        return TOOL_USAGE;
    }
    json_t *before = load(arguments[optind]), *after = before ? load(arguments[optind + 1]) : NULL;
    int status = TOOL_FAILED;
    if (before && after)
        status = compare(before, after, threshold) > 0 ? TOOL_LEAKS : TOOL_OK;
    json_decref(before);
    json_decref(after);
    return status;
}
