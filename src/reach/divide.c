#include "divide.h"

#include <stdlib.h>

#include "heap.h"
#include "least.h"
#include "peek.h"
#include "stacks.h"
#include "storage.h"

enum { ALIGN = 64 << 20 };

/* While nodes are made. */
struct division {
    struct nodes *nodes;
    struct edges *edges;
    const struct image *image;
    const struct arenas *arenas;
    uint64_t storage_size;
    bool believes_mapped; /* what looks like a block that malloc has mapped is one */
    struct mapped_blocks mapped;
};

/* The first private mapping that begins at this address or behind it. */
static size_t first_start(const struct image *image, uint64_t address) {
    return LEAST(image->start_count, i, image->starts[i] >= address);
}

/* Of heaps, which are aligned, the first page is there. */
static uint64_t next_aligned(const struct area *area, uint64_t at, uint64_t end) {
    for (size_t i = LEAST(area->run_count, k, area->runs[k].end > at); i < area->run_count; i++) {
        uint64_t from = area->runs[i].start > at ? area->runs[i].start : at;
        uint64_t aligned = (from + ALIGN - 1) / ALIGN * ALIGN;
        if (aligned < area->runs[i].end)
            return aligned;
    }
    return end;
}

/* Where the next heap or mapped block can begin, from `at` on. */
static uint64_t next_place(const struct image *image, const struct area *area, uint64_t at, uint64_t end) {
    size_t number = first_start(image, at);
    uint64_t start = number < image->start_count ? image->starts[number] : end;
    uint64_t aligned = next_aligned(area, at, end);
    uint64_t next = start < aligned ? start : aligned;
    return next < end ? next : end;
}

/* Where what is understood ends that begins here; at: nothing is. */
static uint64_t take(struct division *division, const struct area *area, uint64_t at, uint64_t end) {
    uint64_t done = heap_blocks(division->nodes, division->edges, division->arenas, area, at, end);
    if (done != at || area->heap)
        return done;
    done = division->believes_mapped ? heap_mapped_block(division->image, at, end) : at;
    if (done == at)
        return at;
    division->mapped.count++;
    division->mapped.bytes += done - at;
    nodes_add(division->nodes, at, done, NODE_BLOCK);
    return done;
}

/* What is not understood; but the initial thread's stack is known by its name. */
static void add_rest(struct division *division, uint64_t start, uint64_t end) {
    bool is_stack = end > division->image->stack_start && start < division->image->stack_end;
    nodes_add(division->nodes, start, end, is_stack ? NODE_STACK : NODE_MAPPING);
}

/* Memory in which no stack of libc's lies: what is not understood of it is one thing, up to what is. */
static void split(struct division *division, const struct area *area, uint64_t start, uint64_t end) {
    uint64_t rest = start, at = start;
    while (at < end) {
        size_t before = division->nodes->count;
        if (rest < at)
            add_rest(division, rest, at);
        uint64_t done = take(division, area, at, end);
        if (done == at) {
            division->nodes->count = before;
            at = next_place(division->image, area, at + 1, end);
            continue;
        }
        rest = at = done;
    }
    if (rest < end)
        add_rest(division, rest, end);
}

/* Who has the address of a variable of a thread's own may have what is the thread's own, but none of its frames. */
static void add_stack(struct division *division, const struct stack_extent *stack) {
    uint64_t storage =
        stack->in_use ? storage_start(division->image, stack->handle, division->storage_size) : 0;
    if (storage <= stack->start) {
        nodes_add(division->nodes, stack->start, stack->end, stack->in_use ? NODE_STACK : NODE_FREE);
        return;
    }
    nodes_add(division->nodes, stack->start, storage, NODE_STACK);
    nodes_add(division->nodes, storage, stack->handle, NODE_STORAGE);
    nodes_add(division->nodes, stack->handle, stack->end, NODE_STACK);
}

static void divide_area(struct division *division, const struct area *area,
                        const struct stack_extents *stacks) {
    uint64_t at = area->start;
    for (size_t i = LEAST(stacks->count, k, stacks->of[k].start >= area->start);
         i < stacks->count && stacks->of[i].start < area->end; i++) {
        const struct stack_extent *stack = &stacks->of[i];
        if (stack->start < at || stack->end > area->end)
            continue;
        split(division, area, at, stack->start);
        add_stack(division, stack);
        at = stack->end;
    }
    split(division, area, at, area->end);
}

static void divide_all(struct division *division, const struct stack_extents *stacks) {
    division->mapped = (struct mapped_blocks){0};
    division->nodes->count = 0;
    for (size_t i = 0; i < division->image->area_count; i++) {
        const struct area *area = &division->image->areas[i];
        edges_enter(division->edges, area);
        if (area->kind == AREA_PRIVATE)
            divide_area(division, area, stacks);
        edges_leave(division->edges);
    }
}

static int by_node(const void *a, const void *b) {
    const struct dead_part *first = a, *second = b;
    return first->node < second->node ? -1 : first->node > second->node;
}

static bool has_dead(const struct nodes *nodes, uint32_t number) {
    for (size_t i = 0; i < nodes->dead_count; i++)
        if (nodes->dead[i].node == number)
            return true;
    return false;
}

/* Of a node one part is dead at most. */
static void add_dead(struct nodes *nodes, uint32_t number, uint64_t start, uint64_t end) {
    if (!has_dead(nodes, number))
        nodes->dead[nodes->dead_count++] = (struct dead_part){.node = number, .start = start, .end = end};
}

/* The stack of a thread that libc made, or the initial one's: what lies below the stack pointer is dead, but for a signal's frame. */
static void find_dead_frames(struct nodes *nodes, const struct image *image,
                             const struct lw_frozen_thread *thread) {
    uint32_t number = node_at(nodes, thread->sp);
    if (number == NO_NODE)
        return;
    const struct node *node = &nodes->node[number];
    bool is_initial = thread->sp >= image->stack_start && thread->sp < image->stack_end;
    bool is_own = node->kind == NODE_STACK && nodes_of_handle(nodes, thread->handle).first == number;
    if (!is_initial && !is_own)
        return;
    uint64_t low = is_own || image->stack_start < node->start ? node->start : image->stack_start;
    uint64_t high = thread->context >= low && thread->context < thread->sp ? thread->context : thread->sp;
    add_dead(nodes, number, low, high);
}

/* An alternate stack has what the shim's own handler has left and is leaving there, in one node as it is one mapping or block. */
static void find_dead_handler(struct nodes *nodes, const struct lw_frozen_thread *thread) {
    uint32_t number = thread->alternate_start != 0 ? node_at(nodes, thread->alternate_start) : NO_NODE;
    if (number != NO_NODE && thread->alternate_live <= nodes->node[number].end)
        add_dead(nodes, number, thread->alternate_start, thread->alternate_live);
}

static bool find_dead(struct nodes *nodes, const struct image *image) {
    nodes->dead = calloc(2 * image->frozen.thread_count + 1, sizeof *nodes->dead);
    for (uint64_t i = 0; nodes->dead && i < image->frozen.thread_count; i++) {
        if (image->threads[i].tid <= 0)
            continue;
        find_dead_frames(nodes, image, &image->threads[i]);
        find_dead_handler(nodes, &image->threads[i]);
    }
    if (nodes->dead)
        qsort(nodes->dead, nodes->dead_count, sizeof *nodes->dead, by_node);
    return nodes->dead;
}

bool divide(struct nodes *nodes, struct edges *edges, struct image *image, const struct snapshot *snapshot,
            bool keeps_frames) {
    if (!nodes_begin(nodes, image))
        return false;
    struct arenas arenas = heap_arenas(image, snapshot);
    struct stack_extents stacks = stacks_find(image, snapshot);
    struct division division = {.nodes = nodes,
                                .edges = edges,
                                .image = image,
                                .arenas = &arenas,
                                .storage_size = storage_size(image, snapshot),
                                .believes_mapped = true};
    divide_all(&division, &stacks);
    if (division.mapped.count > 0 && !heap_has_mapped(image, snapshot, &division.mapped)) {
        division.believes_mapped = false;
        divide_all(&division, &stacks);
    }
    free(stacks.of);
    if (stacks.failed || nodes->failed || image_is_unreadable(image) || !nodes_index(nodes, edges))
        return false;
    heap_free_cached(nodes, image, snapshot);
    return keeps_frames || find_dead(nodes, image);
}
