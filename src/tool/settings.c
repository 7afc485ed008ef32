#include "settings.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/progress.h"
#include "tool.h"

enum { FOR_ASKING = FOR_STACK | FOR_PS | FOR_STATS | FOR_TREE | FOR_WATCH | FOR_DIFF | FOR_SERVE };
enum { FOR_NAMES = FOR_RENDER | FOR_STACK | FOR_TREE | FOR_WATCH | FOR_DIFF | FOR_SERVE };

/* Options without words are the shim's, for the tool that it starts. */
static const struct row {
    int commands;
    char letter; /* what a value does; 'k': a key of LEAKWATCH_OPTIONS too */
    const char *name, *value, *words;
} rows[] = {
    {FOR_RENDER | FOR_STACK, 'f', "format", "F",
     "text (default), json, github, html (one page), folded (for flame graphs),\n"
     "pprof and profile (its plain form), or snapshot"},
    {FOR_RENDER | FOR_STACK, 'l', "log", "PATH", "append the report there instead of printing it"},
    {FOR_PS | FOR_STATS | FOR_TREE, 'j', "json", NULL, "print JSON"},
    {FOR_DIFF, 'L', "live", "PID", "make both reports, of a running program"},
    {FOR_WATCH | FOR_DIFF, 'e', "every", "TIME", "how often to look; default 2s, with diff 10s"},
    {FOR_WATCH | FOR_DIFF, 'D', "for", "TIME",
     "how long to look; diff: default 1m, watch: until q is pressed"},
    {FOR_DIFF, 't', "threshold", "N", "growth of a group that is not worth telling; default 0"},
    {FOR_RENDER, 'k', "suppressions", "FILE", "threads that are known: lines KIND:PATTERN"},
    {FOR_RENDER, 'k', "suppress", "KIND:PATTERN", "one more; kinds: top, any, creator, module, name"},
    {FOR_RENDER, 'k', "default-suppressions", "0",
     "not those for the background threads of well-known libraries"},
    {FOR_RENDER, 'k', "write-suppressions", "FILE", "append suppressions for what was found"},
    {FOR_RENDER, 'k', "baseline", "FILE", "groups in it are known"},
    {FOR_RENDER, 'k', "update-baseline", NULL, "write what was found to it instead"},
    {FOR_NAMES, 's', "sysroot", "DIR", "the program's files lie below DIR"},
    {FOR_NAMES, 'g', "debug-dir", "DIR", "look for debug files there too: .build-id/, or by name"},
    {FOR_ASKING, 'p', "wait", "TIME", "how long a program may take to answer; default 5s, with serve 700ms"},
    {FOR_RENDER | FOR_STACK | FOR_DIFF | FOR_PS | FOR_TREE, 'c', "color", "WHEN",
     "auto (default: on a terminal, and not with NO_COLOR), always or never"},
    {FOR_SERVE, 'H', "listen", "WHERE", "ADDRESS:PORT or unix:PATH; default 127.0.0.1:6061"},
    {FOR_SERVE, 'i', "interval", "TIME", "how often a program is asked, at most; default 5s"},
    {FOR_SERVE, 'T', "token", "FILE", "answer only who has the token in FILE"},
    {FOR_SERVE, 'b', "behind-tls", NULL, "somebody in front speaks TLS and knows who may ask"},
    {FOR_SERVE, 'n', "top", "N", "groups of a process that the metrics tell of; default 10"},
    {FOR_RENDER, 'w', "watched", NULL, NULL},
    {FOR_RENDER, 'o', "options", "WORDS", NULL},
    {FOR_RENDER, 'd', "directory", "DIR", NULL},
    {FOR_RENDER, 'a', "answer", NULL, NULL},
    {FOR_RENDER, 'A', "answer-only", NULL, NULL},
    {~0, 'h', "help", NULL, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void put_usage(FILE *out, const struct usage *usage) {
    enum { WIDTH = 26 };
    fprintf(out, "usage: leakwatch %s %s\n%s", usage->name, usage->synopsis, usage->about);
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (!(row->commands & usage->command) || !row->words)
            continue;
        int written = fprintf(out, "  --%s %s", row->name, row->value ? row->value : "");
        fprintf(out, "%*s", written < WIDTH ? WIDTH - written : 1, "");
        for (const char *at = row->words; *at; at++) {
            fputc(*at, out);
            if (*at == '\n')
                fprintf(out, "%*s", WIDTH, "");
        }
        fputc('\n', out);
    }
    fputs(usage->command == FOR_RENDER
              ? "exit status: 0 nothing leaked, 23 leaks found, 2 usage, 1 could not do it\n"
          : usage->command == FOR_DIFF
              ? "exit status: 0 nothing grew, 23 something did, 2 usage, 1 could not do it\n"
              : "exit status: 0 done, 2 usage, 1 could not do it\n",
          out);
}

static void add(struct words *list, char *word) {
    char **words = word ? reallocarray(list->words, list->count + 1, sizeof *words) : NULL;
    if (!words) {
        complain("no memory for the options");
        exit(TOOL_FAILED);
    }
    list->words = words;
    list->words[list->count++] = word;
}

static char *path_from(const struct settings *settings, const char *path) {
    char *whole = NULL;
    if (path[0] == '/' || !settings->directory || !settings->directory[0])
        return strdup(path);
    return asprintf(&whole, "%s/%s", settings->directory, path) < 0 ? NULL : whole;
}

/* One key of either form. False if it is not one of the tool's. */
static bool set_key(struct settings *settings, const char *key, const char *value) {
    if (strcmp(key, "suppressions") == 0) {
        add(&settings->suppressions, path_from(settings, value));
    } else if (strcmp(key, "suppress") == 0) {
        add(&settings->suppress, strdup(value));
    } else if (strcmp(key, "default_suppressions") == 0) {
        settings->default_suppressions = strcmp(value, "0") != 0;
    } else if (strcmp(key, "baseline") == 0) {
        free(settings->baseline);
        settings->baseline = path_from(settings, value);
    } else if (strcmp(key, "write_suppressions") == 0) {
        free(settings->write_suppressions);
        settings->write_suppressions = path_from(settings, value);
    } else if (strcmp(key, "update_baseline") == 0) {
        settings->update_baseline = strcmp(value, "0") != 0;
    } else {
        return false;
    }
    return true;
}

/* "key=value:key=value" */
static void set_all(struct settings *settings, const char *options) {
    char *copy = strdup(options), *rest = copy, *pair;
    while (copy && (pair = strsep(&rest, ":"))) {
        char *equals = strchr(pair, '=');
        if (!equals)
            continue;
        *equals = '\0';
        set_key(settings, pair, equals + 1);
    }
    free(copy);
}

bool settings_span(const char *words, uint64_t *ns) {
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"m", 60e9}, {"h", 3600e9}};
    char *end;
    double number = strtod(words, &end);
    for (size_t i = 0; end != words && number > 0 && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) {
            *ns = (uint64_t)(number * units[i].ns);
            return true;
        }
    return false;
}

int settings_pid(const char *command, const char *words) {
    char *end;
    long pid = strtol(words, &end, 10);
    if (end != words && *end == '\0' && pid > 0 && pid <= 0x7fffffff)
        return (int)pid;
    complain("%s: '%s' is not the number of a process; leakwatch ps lists them", command, words);
    return 0;
}

bool settings_color(const struct settings *settings, int descriptor) {
    if (strcmp(settings->color, "auto") != 0)
        return strcmp(settings->color, "always") == 0;
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(none && none[0]) && terminal && strcmp(terminal, "dumb") != 0 && isatty(descriptor);
}

/* What one option says. NULL, or what is wrong with its value. */
static const char *set(struct settings *settings, const struct row *row, const char *value,
                       const char **inherited) {
    char *end;
    switch (row->letter) {
    case 'f':
        settings->format = value;
        return NULL;
    case 'l':
        settings->log = value;
        return NULL;
    case 'j':
        settings->json = true;
        return NULL;
    case 'L':
        settings->live = settings_pid("diff", value);
        return settings->live ? NULL : "";
    case 'e':
        return settings_span(value, &settings->every) ? NULL : "a time such as 500ms or 10s";
    case 'D':
        return settings_span(value, &settings->duration) ? NULL : "a time such as 30s or 1m";
    case 'p':
        return settings_span(value, &settings->patience) ? NULL : "a time such as 5s";
    case 't':
        settings->threshold = strtol(value, &end, 10);
        return end != value && *end == '\0' && settings->threshold >= 0 ? NULL : "a number from 0 up";
    case 'H':
        settings->listen = value;
        return NULL;
    case 'i':
        return settings_span(value, &settings->interval) ? NULL : "a time such as 5s";
    case 'T':
        settings->token = value;
        return NULL;
    case 'b':
        settings->behind_tls = true;
        return NULL;
    case 'n':
        settings->top = strtol(value, &end, 10);
        return end != value && *end == '\0' && settings->top > 0 && settings->top <= 1000
                   ? NULL
                   : "a number from 1 to 1000";
    case 's':
        settings->places.sysroot = value;
        return access(value, X_OK) == 0 ? NULL : "a directory that can be read";
    case 'g':
        settings->places.debug = value;
        return access(value, X_OK) == 0 ? NULL : "a directory that can be read";
    case 'c':
        settings->color = value;
        return strcmp(value, "auto") == 0 || strcmp(value, "always") == 0 || strcmp(value, "never") == 0
                   ? NULL
                   : "auto, always or never";
    case 'w':
        settings->watched = true;
        return NULL;
    case 'o':
        *inherited = value;
        return NULL;
    case 'd':
        settings->directory = value;
        return NULL;
    case 'a':
        settings->answers = ANSWERS_TOO;
        return NULL;
    case 'A':
        settings->answers = ANSWERS_ONLY;
        return NULL;
    default: {
        char key[32];
        size_t length = strlen(row->name);
        for (size_t i = 0; i <= length && i < sizeof key; i++)
            key[i] = row->name[i] == '-' ? '_' : row->name[i];
        set_key(settings, key, value ? value : "1");
        return NULL;
    }
    }
}

int settings_parse(struct settings *settings, const struct usage *usage, int count, char **arguments) {
    struct option options[ROWS + 1] = {0};
    size_t used = 0;
    for (int i = 0; i < ROWS; i++)
        if (rows[i].commands & usage->command)
            options[used++] =
                (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL, i + 1};
    *settings = (struct settings){.format = "text",
                                  .log = "",
                                  .default_suppressions = true,
                                  .color = "auto",
                                  .patience = usage->command == FOR_SERVE ? 700000000u : 5000000000u};
    const char *inherited = NULL;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        if (option < 1 || option > ROWS) {
            put_usage(stderr, usage);
            return TOOL_USAGE;
        }
        const struct row *row = &rows[option - 1];
        if (row->letter == 'h') {
            put_usage(stdout, usage);
            return TOOL_OK;
        }
        const char *wrong = set(settings, row, optarg, &inherited);
        if (wrong) {
            if (wrong[0])
                complain("%s: --%s: '%s' is not %s", usage->name, row->name, optarg, wrong);
            return TOOL_USAGE;
        }
    }
    if (inherited)
        set_all(settings, inherited);
    /* Not beside a screen of its own, nor among the words of a program that is watched. */
    progress_use(!settings->watched && !(usage->command & (FOR_WATCH | FOR_SERVE)) && isatty(STDERR_FILENO));
    settings->arguments = arguments + optind;
    settings->count = count - optind;
    int least = settings->live ? 0 : usage->least, most = settings->live ? 0 : usage->most;
    if (settings->count < least || settings->count > most) {
        if (usage->wanted && !settings->live)
            complain("%s: name %s", usage->name, usage->wanted);
        else
            complain("%s: '%s' is too much", usage->name, settings->arguments[0]);
        put_usage(stderr, usage);
        return TOOL_USAGE;
    }
    return -1;
}

static void drop(struct words *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->words[i]);
    free(list->words);
}

void settings_drop(struct settings *settings) {
    drop(&settings->suppressions);
    drop(&settings->suppress);
    free(settings->baseline);
    free(settings->write_suppressions);
}
