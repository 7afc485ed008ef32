#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "tool/tool.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *usage, *what;
} commands[] = {
    {"run", command_run, "run [OPTIONS] -- PROGRAM [ARGUMENTS]",
     "run a program and report the threads it leaks"},

    {"ps", command_ps, "ps", "list the watched processes"},
    {"stack", command_stack, "stack [OPTIONS] PID", "report where all threads of a running program are"},
    {"core", command_core, "core [OPTIONS] [CORE|PID|NAME]",
     "report where all threads were, from a core file"},
    {"stats", command_stats, "stats PID", "its threads in numbers"},
    {"tree", command_tree, "tree PID", "its threads by who created them"},
    {"watch", command_watch, "watch [OPTIONS] PID", "see its groups of threads grow"},
    {"diff", command_diff, "diff [OPTIONS] BEFORE AFTER",
     "tell what grew between two reports, or --live PID"},
    {"serve", command_serve, "serve [OPTIONS]", "a page, metrics and profiles of all of them over HTTP"},
    {"render", command_render, "render [OPTIONS] SNAPSHOT", "turn a saved snapshot into a report"},
};

static void usage(FILE *out) {
    fputs("leakwatch tells which threads of a pthread program will never finish.\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  leakwatch %-38s %s\n", commands[i].usage, commands[i].what);
    fputs("\nWithout it: LD_PRELOAD=libleakwatch.so PROGRAM; kill -USR1 PID for a report of a running one.\n"
          "leakwatch COMMAND --help tells a command's options.\n",
          out);
}

/* What could not be written was not done. */
static int ends(int status) {
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !failed)
        return status;
    complain("cannot write to standard output: %s", failed ? "an error" : strerror(errno));
    return status == TOOL_OK ? TOOL_FAILED : status;
}

int main(int count, char **arguments) {
    if (count < 2) {
        usage(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0) {
        usage(stdout);
        return ends(TOOL_OK);
    }
    if (strcmp(arguments[1], "--version") == 0) {
        puts("leakwatch " LEAKWATCH_VERSION);
        return ends(TOOL_OK);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(arguments[1], commands[i].name) == 0)
            return ends(commands[i].run(count - 1, arguments + 1));
    complain("there is no command '%s'; leakwatch --help lists them", arguments[1]);
    return TOOL_USAGE;
}
