#include "settings.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static void usage(FILE *out) {
    fputs("usage: leakwatch render [OPTIONS] SNAPSHOT\n"
          "  --format F               text (default), json, github, folded (for flame graphs), pprof,\n"
          "                           or snapshot: a copy\n"
          "  --log PATH               append the report there instead of printing it\n"
          "  --suppressions FILE      threads that are known: lines KIND:PATTERN\n"
          "  --suppress KIND:PATTERN  one more; kinds: top, any, creator, module, name\n"
          "  --default-suppressions 0 not those for the background threads of well-known libraries\n"
          "  --write-suppressions F   append to F suppressions for what was found\n"
          "  --baseline FILE          groups in it are known\n"
          "  --update-baseline        write what was found to it instead\n"
          "exit status: 0 nothing leaked, 23 leaks found, 2 usage, 1 could not do it\n",
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
static bool set(struct settings *settings, const char *key, const char *value) {
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
        set(settings, pair, equals + 1);
    }
    free(copy);
}

int settings_parse(struct settings *settings, int count, char **arguments) {
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"watched", no_argument, NULL, 'w'},
                                            {"options", required_argument, NULL, 'o'},
                                            {"directory", required_argument, NULL, 'd'},
                                            {"answer", no_argument, NULL, 'a'},
                                            {"answer-only", no_argument, NULL, 'A'},
                                            {"suppressions", required_argument, NULL, 1},
                                            {"suppress", required_argument, NULL, 2},
                                            {"default-suppressions", required_argument, NULL, 3},
                                            {"write-suppressions", required_argument, NULL, 4},
                                            {"baseline", required_argument, NULL, 5},
                                            {"update-baseline", no_argument, NULL, 6},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static const char *const keys[] = {
        NULL,       "suppressions",   "suppress", "default_suppressions", "write_suppressions",
        "baseline", "update_baseline"};
    *settings = (struct settings){.format = "text", .log = "", .default_suppressions = true};
    const char *inherited = NULL;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        switch (option) {
        case 'f':
            settings->format = optarg;
            break;
        case 'l':
            settings->log = optarg;
            break;
        case 'w':
            settings->watched = true;
            break;
        case 'o':
            inherited = optarg;
            break;
        case 'd':
            settings->directory = optarg;
            break;
        case 'a':
            settings->answers = ANSWERS_TOO;
            break;
        case 'A':
            settings->answers = ANSWERS_ONLY;
            break;
        case 'h':
            usage(stdout);
            return TOOL_OK;
        default:
            if (option < 1 || option > 6) {
                usage(stderr);
                return TOOL_USAGE;
            }
            set(settings, keys[option], optarg ? optarg : "1");
        }
    }
    if (inherited)
        set_all(settings, inherited);
    if (optind != count - 1) {
        complain("render: name one snapshot");
        usage(stderr);
        return TOOL_USAGE;
    }
    settings->snapshot = arguments[optind];
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
