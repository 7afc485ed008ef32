/* The commands of `leakwatch`: one file each. */
#pragma once

enum tool_status {
    TOOL_OK = 0,
    TOOL_FAILED = 1, /* why is on stderr */
    TOOL_USAGE = 2,
    TOOL_LEAKS = 23,
};

/* arguments[0] is the command's name. Each returns the exit status of the process. */
int command_core(int count, char **arguments);
int command_diff(int count, char **arguments);
int command_ps(int count, char **arguments);
int command_render(int count, char **arguments);
int command_run(int count, char **arguments);
int command_serve(int count, char **arguments);
int command_stack(int count, char **arguments);
int command_stats(int count, char **arguments);
int command_tree(int count, char **arguments);
int command_watch(int count, char **arguments);

/* One line on stderr: "leakwatch: ...". */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* What an allocation gave. Ends the process, with a line on stderr, if that is nothing. */
void *needed(void *memory);
