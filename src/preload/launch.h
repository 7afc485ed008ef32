/* Starts the tool on a snapshot so that the watched program cannot notice: not by wait(), not by SIGCHLD, not
 * by a descriptor held open, not by its environment. */
#pragma once

#include <stdbool.h>

#include "capture.h"

struct launched {
    bool started;
    int leaked;      /* as the tool said, if it was waited for: 1, 0; else -1 */
    const char *why; /* one reason, if it was not started */
};

/* Finds the tool relative to the shim's own file. Once, from the constructor. */
void launch_setup(void);

/* log: path to append to, empty for stderr. wait: until the tool has written the report, for at most a
 * minute. */
struct launched launch_tool(const struct captured *captured, const char *log, bool wait);
