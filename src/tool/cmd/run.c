/* leakwatch run: a program with the shim in it. Unless it is to be supervised, the program replaces this
 * process, so it has its own status, its own signals and its own parent. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "supervise.h"
#include "tool/process/linkage.h"
#include "tool/settings.h"
#include "tool/tool.h"

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

/* Says why this program is not watched. Should it be started with the shim all the same, for its children? */
static bool is_preloaded(const char *program) {
    static const char *const reasons[] = {
        [LINKAGE_STATIC] = "it is linked statically, and nothing can be preloaded",
        [LINKAGE_MUSL] = "it is linked with musl, and libleakwatch.so needs glibc",
        [LINKAGE_BITS] = "it is a program of 32 bits, and libleakwatch.so has 64",
        [LINKAGE_MACHINE] = "it is for another processor than libleakwatch.so"};
    enum linkage linkage = linkage_of(program);
    if (linkage != LINKAGE_FINE)
        complain("run: %s runs unwatched: %s", program, reasons[linkage]);
    return linkage == LINKAGE_FINE || linkage == LINKAGE_STATIC;
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

/* The words for LEAKWATCH_OPTIONS; NULL if they are more than the shim takes, which has been said. */
static char *join(const struct words *passed) {
    enum { MOST = 4096 };
    char *all = needed(strdup(""));
    for (size_t i = 0; i < passed->count; i++) {
        char *longer = NULL;
        if (asprintf(&longer, "%s%s%s", all, i ? ":" : "", passed->words[i]) < 0)
            needed(NULL);
        free(all);
        all = longer;
    }
    if (strlen(all) < MOST)
        return all;
    complain("run: the options are longer than %d bytes", MOST - 1);
    free(all);
    return NULL;
}

/* The exit status that tells of leaks: the last that is passed on. */
static int leak_status(const struct words *passed) {
    int status = 0;
    for (size_t i = 0; i < passed->count; i++)
        sscanf(passed->words[i], "exitcode=%d", &status);
    return status;
}

int command_run(int count, char **arguments) {
    static const struct usage usage = {.command = IN_RUN,
                                       .name = "run",
                                       .synopsis = "[OPTIONS] -- PROGRAM [ARGUMENTS]",
                                       .about = "Runs a program and reports the threads that it leaks.\n",
                                       .statuses =
                                           "the program's own; --exitcode when threads leaked, 124 after "
                                           "--timeout, 2 usage, 1 could not do it",
                                       .least = 1,
                                       .most = INT_MAX,
                                       .wanted = "PROGRAM"};
    struct settings settings;
    int status = settings_parse(&settings, &usage, count, arguments);
    if (status >= 0)
        return status;
    char *words = join(&settings.passed);
    if (!words)
        return TOOL_USAGE;
    if (is_preloaded(settings.arguments[0]) && !prepare(words))
        return TOOL_FAILED;
    free(words);
    if (settings.timeout != 0 || settings.junit)
        return supervise(&(struct supervision){.timeout_ns = settings.timeout,
                                               .junit = settings.junit,
                                               .settings = &settings,
                                               .leak_status = leak_status(&settings.passed)},
                         settings.arguments);
    execvp(settings.arguments[0], settings.arguments);
    status = errno == ENOENT ? 127 : 126; /* as a shell has it */
    complain("run: %s: %s", settings.arguments[0], strerror(errno));
    return status;
}
