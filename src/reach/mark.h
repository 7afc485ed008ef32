/* Which nodes live memory leads to. */
#pragma once

#include "ends.h"
#include "image.h"
#include "nodes.h"

struct marking {
    const struct image *image;
    struct nodes *nodes;
    const struct edges *edges;
    bool makes_code; /* in what the program has mapped itself addresses are looked for as in code */
    uint64_t *
        handles; /* of the threads, by address: that an address leads to such a block is left out of account */
    size_t handle_count;
    uint8_t round;   /* of marking, from 1 */
    uint8_t *rounds; /* by node: in which it was marked last */
    uint32_t *by;    /* by node: the edge in a node that leads to it, or LEAST_ROOT and which of the roots */
    uint64_t *roots; /* where addresses stand that are in no node, or not as such: edges, or places */
    size_t root_count;
    uint32_t *work;
    size_t work_count;
    uint32_t current; /* the node that is looked through */
    struct ends ends; /* what else is looked for; not asked after marking_begin */
};

/* False without memory. */
bool marking_begin(struct marking *marking, const struct image *image, struct nodes *nodes,
                   const struct edges *edges);

/* Is it in the block of a thread, which its handle is the address of? */
bool is_in_a_handle(const struct marking *marking, uint64_t address);
/* All marks are gone. */
void mark_anew(struct marking *marking);
/* What lies in [start, end) is live; then all that it leads to is marked. */
void mark_from(struct marking *marking, uint64_t start, uint64_t end);
/* So is this word, from nowhere in memory. */
void mark_word(struct marking *marking, uint64_t word);
/* A thread may run: its stack, registers and storage are live. */
void mark_from_thread(struct marking *marking, const struct lw_frozen_thread *thread);
/* All that no thread must run for: modules' data, shared memory, what the kernel keeps. */
void mark_from_roots(struct marking *marking);

static inline bool mark_is_on(const struct marking *marking, uint32_t number) {
    return marking->rounds[number] == marking->round;
}
/* How live memory leads to a marked node. */
struct mark {
    uint64_t at;   /* where the address stands; or what led to it else */
    uint32_t from; /* the node that it lies in; NO_NODE: a root, or the stack of a live thread */
};
struct mark mark_of(const struct marking *marking, uint32_t number);

/* Can live memory lead to this address? Addresses outside of all nodes are known to whoever knows the program. */
bool mark_reaches(const struct marking *marking, uint64_t address);
