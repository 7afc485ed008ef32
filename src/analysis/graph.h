/* The wait-for graph: who cannot go on before whom. Built only of what a proof may rest on: untimed waits in
 * which the thread was found at both looks (LW_THREAD_STILL), for what the other verifiably owns. Every edge
 * is a necessary condition: a thread with several must see all of them come true. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "index.h"

struct edge {
    size_t to;                           /* index of a thread */
    const struct lw_snapshot_hold *hold; /* what the other holds, if it is known where it took it */
};

struct node {
    struct edge *edges; /* into graph.edges */
    size_t edge_count;
    bool owner_gone; /* it waits for a lock whose owner is no more, and that nothing hands on */
    bool stuck;      /* it can reach a cycle or a lock whose owner is gone */
    size_t cycle;    /* number of the cycle (strongly connected component) it is in, from 1; 0 for none */
};

struct graph {
    struct node *nodes; /* by index of thread */
    size_t count;
    struct edge *edges;
    size_t cycles;
};

/* owners: whether the numbers of who has a lock are surely those of threads of the process. NULL without memory. */
struct graph *graph_build(const struct index *index, bool owners);
void graph_free(struct graph *graph);
