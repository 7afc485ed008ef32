/* Python's code objects: what a function is called, its file, the line of an instruction. Each is read once. */
#pragma once

#include "runtime.h"

struct code;
struct codes {
    const struct runtime *runtime;
    struct code *first;
    struct lw_script_frame *frames; /* all that were asked for, each once */
    size_t count;
};

/* The place of an instruction in the code object at this address, as a frame (LW_FRAME_SCRIPT); 0 if that is none. */
uint64_t code_frame(struct codes *codes, uint64_t code, uint64_t instruction);
/* What was asked for; to be freed with the words in it by script_frames_drop. */
struct lw_script_frame *codes_end(struct codes *codes, size_t *count);
void script_frames_drop(struct lw_script_frame *frames, size_t count);
