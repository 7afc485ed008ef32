/* Who can come to what a thread waits for: found in a frozen image of the process (reach/reach.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/frozen.h"

enum reach_verdict {
    REACH_UNKNOWN,   /* not of a kind that this is asked of, or there is no image */
    REACH_LIVE,      /* a thread that may still run can come to it: path says how */
    REACH_OWNER,     /* its owner may still run */
    REACH_CANCELLED, /* nor can any, but one may cancel it: path says who has its pthread_t */
    REACH_HANDLED,   /* none can, but a signal's handler could end this kind of wait */
    REACH_STRANDED,  /* no thread that may ever run again can */
};

enum reach_place_kind {
    PLACE_GLOBAL,  /* data of a module */
    PLACE_KERNEL,  /* the kernel keeps the address, for epoll or a timer */
    PLACE_STACK,   /* stack, registers and thread-local storage of a thread */
    PLACE_BLOCK,   /* a block of malloc */
    PLACE_MAPPING, /* other memory */
};

struct reach_place {
    enum reach_place_kind kind;
    uint64_t address; /* where the reference stands; of the last: the object */
    uint64_t size;    /* of a block or a mapping */
    int32_t tid;      /* of a stack */
    char *name;       /* of data of a module; NULL: not known */
};

enum { REACH_PATH = 6, REACH_REFERRERS = 3 };

struct reach_fact {
    enum reach_verdict verdict;
    struct reach_place path
        [REACH_PATH]; /* from what is live to the object, or the pthread_t; of a stranded one: the object alone */
    size_t length;
    bool cut;                          /* places in the middle were left out */
    int32_t referrer[REACH_REFERRERS]; /* of a stranded one: threads whose stacks lead to it */
    size_t referrers;                  /* in all */
};

struct reach_facts {
    bool asked;
    enum lw_frozen_refusal refusal; /* why nothing is known */
    uint64_t held_ns;               /* how long running threads were held up */
    struct reach_fact *of_thread;   /* by thread of the snapshot; NULL: nothing is known */
    size_t thread_count;
};
