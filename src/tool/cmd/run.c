/* leakwatch run: a program with the shim in it. Unless it is to be supervised, the program replaces this
 * process, so it has its own status, its own signals and its own parent. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "supervise.h"
#include "tool/settings.h"
#include "tool/tool.h"

/* The options of the shim that run passes on, by their names in LEAKWATCH_OPTIONS. */
static const char *const passed[] = {"format",
                                     "log",
                                     "exitcode",
                                     "grace",
                                     "signal",
                                     "at_exit",
                                     "at_term",
                                     "min_wait",
                                     "depth",
                                     "program",
                                     "stall",
                                     "monitor",
                                     "threshold",
                                     "metrics",
                                     "suppressions",
                                     "suppress",
                                     "baseline",
                                     "write_suppressions",
                                     "default_suppressions"};
enum { PASSED = sizeof passed / sizeof *passed };
enum { OWN = 256 + PASSED, TIMEOUT = OWN, JUNIT, UPDATE_BASELINE };

static void usage(FILE *out) {
    fputs("usage: leakwatch run [OPTIONS] -- PROGRAM [ARGUMENTS]\n"
          "  --exitcode N             status when threads leaked and the program's own was 0; default 23,\n"
          "                           0 leaves it alone\n"
          "  --timeout TIME           report and end it if it takes longer; status 124\n"
          "  --junit FILE             write a JUnit file about the run\n"
          "  --format F               text (default), json, github, folded, profile, or with --log html,\n"
          "                           pprof and snapshot\n"
          "  --log PATH               append reports there (%p pid, %e program, %n number), not to stderr\n"
          "  --suppressions FILE      threads that are known: lines KIND:PATTERN\n"
          "  --suppress KIND:PATTERN  one more; kinds: top, any, creator, module, name\n"
          "  --default-suppressions 0 not those for the background threads of well-known libraries\n"
          "  --write-suppressions F   append to F suppressions for what was found\n"
          "  --baseline FILE          groups in it are known; --update-baseline: write it\n"
          "  --grace TIME             how long threads may take to finish at exit; default 500ms\n"
          "  --stall TIME             report once any thread has been blocked for so long\n"
          "  --monitor TIME           count threads as often, and report when they are --threshold N (5)\n"
          "                           more than they were\n"
          "  --metrics PATH           keep metrics for node_exporter there\n"
          "  --signal NAME             asks a running program for a report; default USR1, or none\n"
          "  --at-exit 0|1            report at exit; default 1\n"
          "  --at-term 0|1            report when SIGTERM, SIGINT or SIGALRM is about to end it; default 1\n"
          "  --min-wait TIME          leave out threads blocked for less\n"
          "  --depth N                frames kept of a stack; default 64\n"
          "  --program GLOB           watch only programs of this name, children included\n",
          out);
}

/* The library lies where the build put it beside the tool, or where it was installed. */
static const char *find_library(char path[PATH_MAX + 64]) {
    static const char *const places[] = {"/libleakwatch.so", "/../" LEAKWATCH_LIBDIR "/libleakwatch.so"};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return NULL;
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, PATH_MAX + 64, "%s%s", self, places[i]);
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

/* Sets variable to value, with what it was behind it. */
static void prepend(const char *variable, const char *value) {
    const char *before = getenv(variable);
    char *both = NULL;
    if (before && before[0] && asprintf(&both, "%s:%s", value, before) > 0)
        setenv(variable, both, 1);
    else
        setenv(variable, value, 1);
    free(both);
}

/* Appends ":KEY=VALUE". In a suppression the colons become what LEAKWATCH_OPTIONS can hold: the first the '='
 * behind its kind, the others wildcards. False if it cannot be written, which has been said. */
static bool pass_on(char *words, size_t room, const char *key, const char *option, char *value) {
    bool suppresses = strcmp(key, "suppress") == 0;
    for (char *colon = strchr(value, ':'); suppresses && colon; colon = strchr(colon, ':'))
        *colon = strchr(value, '=') ? '?' : '=';
    if (strchr(value, ':')) {
        complain("run: --%s: a value cannot have a ':' in it", option);
        return false;
    }
    size_t length = strlen(words);
    if (snprintf(words + length, room - length, ":%s=%s", key, value) < (int)(room - length))
        return true;
    complain("run: the options are longer than %zu bytes", room - 1);
    return false;
}

static bool prepare(const char *words) {
    char path[PATH_MAX + 64];
    const char *library = find_library(path);
    if (!library) {
        complain("run: libleakwatch.so is neither beside this tool nor in ../%s: install both",
                 LEAKWATCH_LIBDIR);
        return false;
    }
    /* The user's own options come last and win. */
    const char *before = getenv("LEAKWATCH_OPTIONS");
    char *all = NULL;
    if (asprintf(&all, "%s%s%s", words, before ? ":" : "", before ? before : "") < 0)
        return false;
    setenv("LEAKWATCH_OPTIONS", all, 1);
    free(all);
    prepend("LD_PRELOAD", library);
    return true;
}

int command_run(int count, char **arguments) {
    struct option options[PASSED + 5] = {{0}};
    char names[PASSED][24];
    char words[4096] = "exitcode=23";
    struct supervision how = {.leak_status = 23};
    for (int i = 0; i < PASSED; i++) {
        snprintf(names[i], sizeof names[i], "%s", passed[i]);
        for (char *at = names[i]; *at; at++)
            *at = *at == '_' ? '-' : *at;
        options[i] = (struct option){names[i], required_argument, NULL, 256 + i};
    }
    options[PASSED] = (struct option){"help", no_argument, NULL, 'h'};
    options[PASSED + 1] = (struct option){"timeout", required_argument, NULL, TIMEOUT};
    options[PASSED + 2] = (struct option){"junit", required_argument, NULL, JUNIT};
    options[PASSED + 3] = (struct option){"update-baseline", no_argument, NULL, UPDATE_BASELINE};
    for (int option; (option = getopt_long(count, arguments, "+", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            usage(stdout);
            return TOOL_OK;
        case TIMEOUT:
            if (!settings_span(optarg, &how.timeout_ns)) {
                complain("run: --timeout: '%s' is not a time such as 30s or 2m", optarg);
                return TOOL_USAGE;
            }
            break;
        case JUNIT:
            how.junit = optarg;
            break;
        case UPDATE_BASELINE:
            strncat(words, ":update_baseline=1", sizeof words - strlen(words) - 1);
            break;
        default:
            if (option < 256) {
                usage(stderr);
                return TOOL_USAGE;
            }
            if (strcmp(passed[option - 256], "exitcode") == 0)
                how.leak_status = atoi(optarg);
            if (!pass_on(words, sizeof words, passed[option - 256], names[option - 256], optarg))
                return TOOL_USAGE;
        }
    }
    if (optind >= count) {
        complain("run: name a program");
        usage(stderr);
        return TOOL_USAGE;
    }
    if (!prepare(words))
        return TOOL_FAILED;
    if (how.timeout_ns != 0 || how.junit)
        return supervise(&how, arguments + optind);
    execvp(arguments[optind], arguments + optind);
    int status = errno == ENOENT ? 127 : 126; /* as a shell has it */
    complain("run: %s: %s", arguments[optind], strerror(errno));
    return status;
}
