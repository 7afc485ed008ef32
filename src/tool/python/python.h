/* What the threads of a running program do in Python, put into its snapshot as frames: read out of the process's memory while it goes
 * on. Only of threads that stand where they stood when the snapshot was taken. */
#pragma once

#include "threads.h"

/* What a snapshot that was added to is made of. */
struct python {
    struct lw_snapshot_header *header;
    struct lw_snapshot_thread *threads;
    uint64_t *frames;
    struct lw_script_frame *scripts;
    size_t script_count;
    struct gil_fact gils[PYTHON_GILS];
    size_t gil_count;
};

/* Nothing happens if there is no Python in it, or one that is not known, or its memory may not be read. */
void python_look(struct python *python, struct snapshot *snapshot, int pid,
                 const struct symbol_places *places);
void python_drop(struct python *python);
