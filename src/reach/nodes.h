/* What an address can lead to: blocks of malloc, stacks, and mappings that nothing more is known of. */
#pragma once

#include <stdbool.h>

#include "edges.h"

enum node_kind {
    NODE_BLOCK, /* given out by malloc */
    NODE_MAPPING, /* memory that is not understood: always live, for its address may be a constant of the code */
    NODE_STACK, /* of a thread; where libc made it, behind its storage also the block that its handle is the address of */
    NODE_STORAGE, /* what is thread-local and static, above the stack that libc made */
    NODE_FREE,    /* malloc's own */
};

enum { NO_NODE = UINT32_MAX };

struct node {
    uint64_t start, end; /* an address in it, or just behind it, leads to it */
    uint32_t edges;      /* the first that stands in it, or behind it */
    enum node_kind kind;
};

/* Of a node that somebody's stack is: what lies below the stack pointer. */
struct dead_part {
    uint32_t node;
    uint64_t start, end;
};

enum { NODE_GRAIN = 512 };

/* Of a stretch of memory without gaps: for each grain of so many bytes, the first node that ends behind its start. */
struct node_index {
    uint64_t start, end;
    uint32_t *of_grain; /* NULL: it is one node */
    uint32_t first;
};

struct nodes {
    struct node *node; /* by address */
    size_t count, room;
    bool failed;            /* no room */
    struct dead_part *dead; /* by node */
    size_t dead_count;
    struct node_index *index;
    size_t index_count;
    const struct node_index **last; /* that something was looked for in */
    struct pieces pieces;           /* with nodes in them */
};

/* False without memory. */
bool nodes_begin(struct nodes *nodes, const struct image *image);
void nodes_add(struct nodes *nodes, uint64_t start, uint64_t end, enum node_kind kind);
/* From then on node_at is quick, and nothing is added. False without memory. */
bool nodes_index(struct nodes *nodes, const struct edges *edges);

struct node_range {
    uint32_t first, end;
};
/* What libc has made for the thread with this handle: its stack, storage and block; none if that is not known. */
struct node_range nodes_of_handle(const struct nodes *nodes, uint64_t handle);
/* What of a node is dead; start and end are its end if nothing is. */
struct dead_part node_dead(const struct nodes *nodes, uint32_t number);
/* The edges that stand in a node are from its first to before this. */
size_t node_edges_end(const struct nodes *nodes, const struct edges *edges, uint32_t number);
/* Of what lies there; NULL: nothing does. */
const struct node_index *nodes_find_index(const struct nodes *nodes, uint64_t address);
/* The node that an address leads to; NO_NODE if it is none. After nodes_index. */
static inline uint32_t node_at(const struct nodes *nodes, uint64_t address) {
    if (!pieces_have(&nodes->pieces, address))
        return NO_NODE;
    const struct node_index *index = *nodes->last;
    if (address - index->start >= index->end - index->start && !(index = nodes_find_index(nodes, address)))
        return NO_NODE;
    uint32_t number = index->of_grain ? index->of_grain[(address - index->start) / NODE_GRAIN] : index->first;
    while (nodes->node[number].end <= address)
        number++;
    return number;
}
