/* Starts the tool on a snapshot so that the watched program cannot notice: not by wait(), not by SIGCHLD, not
 * by a descriptor held open, not by its environment. */
#pragma once

#include <stdbool.h>

#include "capture/capture.h"
#include "freeze/freeze.h"

/* What a caller of the API, or a request, wishes beside a report or in its place. */
struct report_wishes {
    const char *format;        /* NULL: as the options say */
    const char *const *ignore; /* suppressions, up to a NULL; or NULL */
    bool quiet;                /* the report goes into the answer only */
    unsigned reach;            /* as the option; 0: as that says */
    uint32_t token; /* of a request: no report, but the snapshot and what was found in the image; else 0 */
};

/* What the tool left behind the snapshot's end, in memory of its own. */
struct tool_answer {
    struct lw_answer_leak *leaks; /* NULL: nothing was asked or told */
    uint32_t count;
    const char *report; /* behind the leaks, not terminated */
    size_t report_size, mapped;
};

struct launched {
    struct tool_answer answer;
    bool started;
    int leaked;      /* as the tool said, if it was waited for: 1, 0; else -1 */
    const char *why; /* one reason, if it was not started */
};

/* Finds the tool relative to the shim's own file. Once, from the constructor. */
void launch_setup(void);

/* In a forked child: what its parent launches with is not its own. */
void launch_forked(void);

/* For how long the program waits: not at all, until the tool has looked at it (LW_PROCESS_HELD), or until the report is
 * written; for at most a minute. */
enum launch_wait { LAUNCH_GOES_ON, LAUNCH_IS_LOOKED_AT, LAUNCH_WAITS };

/* log: path to append to, empty for stderr. wishes: of the API, or NULL. freeze: NULL, or what is to be copied for the tool
 * beside the snapshot; it is released as soon as that is done. */
struct launched launch_tool(const struct captured *captured, const char *log,
                            const struct report_wishes *wishes, enum launch_wait wait, struct freeze *freeze);

/* Would the program find the tool among its children, if it went on after a launch that waits: as the first process of a PID
 * namespace, or a subreaper (prctl(2))? */
bool launch_orphans_come_back(void);
