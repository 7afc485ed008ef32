/* Names of code that a program made at run time, where it tells them as profilers want it: a file of lines "START SIZE NAME"
 * (Linux: tools/perf/Documentation/jit-interface.txt). Node, V8, Java and Python write such files when told to. */
#pragma once

#include <stdint.h>

struct generated_names;

/* NULL if there is no such file, or it is another user's than the process's, whose directory of /proc is given. */
struct generated_names *generated_read(const char *path, const char *process);
/* NULL if it is in none. Lives as long as the names. */
const char *generated_name(const struct generated_names *names, uint64_t address);
void generated_drop(struct generated_names *names);
