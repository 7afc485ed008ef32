/* leakwatch run: a program with the shim in it. The program replaces this process, so it has its own status,
 * its own signals and its own parent. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "tool.h"

/* The options of the shim that run passes on, by their names in LEAKWATCH_OPTIONS. */
static const char *const passed[] = {"format",  "log",     "exitcode", "grace", "signal",
                                     "at_exit", "at_term", "min_wait", "depth", "program"};
enum { PASSED = sizeof passed / sizeof *passed };

static void usage(FILE *out) {
    fputs("usage: leakwatch run [OPTIONS] -- PROGRAM [ARGUMENTS]\n"
          "  --exitcode N     status when threads leaked and the program's own was 0; default 23, 0 leaves "
          "it alone\n"
          "  --format F       text (default), json, or snapshot (needs --log)\n"
          "  --log PATH       append reports there (%p pid, %e program, %n number) instead of stderr\n"
          "  --grace TIME     how long threads may take to finish at exit; default 500ms\n"
          "  --signal NAME    asks a running program for a report; default USR1, or none\n"
          "  --at-exit 0|1    report at exit; default 1\n"
          "  --at-term 0|1    report when SIGTERM, SIGINT or SIGALRM is about to end it; default 1\n"
          "  --min-wait TIME  leave out threads blocked for less\n"
          "  --depth N        frames kept of a stack; default 64\n"
          "  --program GLOB   watch only programs of this name, children included\n",
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

int command_run(int count, char **arguments) {
    struct option options[PASSED + 2] = {{0}};
    char names[PASSED][16];
    char words[8192] = "exitcode=23";
    for (int i = 0; i < PASSED; i++) {
        snprintf(names[i], sizeof names[i], "%s", passed[i]);
        for (char *at = names[i]; *at; at++)
            *at = *at == '_' ? '-' : *at;
        options[i] = (struct option){names[i], required_argument, NULL, 256 + i};
    }
    options[PASSED] = (struct option){"help", no_argument, NULL, 'h'};
    for (int option; (option = getopt_long(count, arguments, "+", options, NULL)) != -1;) {
        if (option == 'h') {
            usage(stdout);
            return TOOL_OK;
        }
        if (option < 256) {
            usage(stderr);
            return TOOL_USAGE;
        }
        if (strchr(optarg, ':')) {
            complain("run: --%s: a value cannot have a ':' in it", names[option - 256]);
            return TOOL_USAGE;
        }
        size_t length = strlen(words);
        if (snprintf(words + length, sizeof words - length, ":%s=%s", passed[option - 256], optarg) >=
            (int)(sizeof words - length)) {
            complain("run: the options are longer than 8191 bytes");
            return TOOL_USAGE;
        }
    }
    if (optind >= count) {
        complain("run: name a program");
        usage(stderr);
        return TOOL_USAGE;
    }
    char path[PATH_MAX + 64];
    const char *library = find_library(path);
    if (!library) {
        complain("run: libleakwatch.so is neither beside this tool nor in ../%s: install both",
                 LEAKWATCH_LIBDIR);
        return TOOL_FAILED;
    }
    /* The user's own options come last and win. */
    const char *before = getenv("LEAKWATCH_OPTIONS");
    char *all = NULL;
    if (asprintf(&all, "%s%s%s", words, before ? ":" : "", before ? before : "") < 0)
        return TOOL_FAILED;
    setenv("LEAKWATCH_OPTIONS", all, 1);
    prepend("LD_PRELOAD", library);
    execvp(arguments[optind], arguments + optind);
    int status = errno == ENOENT ? 127 : 126; /* as a shell has it */
    complain("run: %s: %s", arguments[optind], strerror(errno));
    free(all);
    return status;
}
