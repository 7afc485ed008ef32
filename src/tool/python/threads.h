/* Python's threads: what each runs, and who has the GIL. */
#pragma once

#include "analysis/findings.h"
#include "code.h"

enum { PYTHON_FRAMES = 1000 /* Python does not go deeper, unless told so */, PYTHON_GILS = 16 };

/* What one thread runs, innermost first. */
struct python_stack {
    bool cut; /* there are more */
    size_t count;
    struct python_frame {
        uint64_t frame; /* LW_FRAME_SCRIPT */
        bool entered;   /* C called Python here: what follows belongs to an outer call of the interpreter */
    } frames[PYTHON_FRAMES];
};

/* Each Python thread's state, by the number the kernel knows the thread by. */
struct python_thread {
    uint64_t state;
    int32_t tid;
};

struct python_threads {
    struct python_thread *threads;
    size_t count;
    struct gil_fact gils[PYTHON_GILS];
    size_t gil_count;
};

/* False if what was found makes no sense. */
bool python_threads_read(struct python_threads *threads, const struct runtime *runtime);
/* False if it runs no Python, or what was found makes no sense. */
bool python_stack_read(struct python_stack *stack, struct codes *codes, const struct python_thread *thread);
