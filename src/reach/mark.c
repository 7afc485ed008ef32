#include "mark.h"

#include <stdlib.h>
#include <string.h>

#include "least.h"
#include "reserve.h"

enum { PAGE = 4096 };
/* No alternate stack is smaller (sigaltstack(2)), so that of a block that is nothing is dead. */
enum { LEAST_ALTERNATE = 2048 };
/* Where an address stands is most often told by its edge, and looked up when it is asked for. */
#define IS_EDGE (1ull << 63)
/* No edge has such a number (edges.c). */
#define LEAST_ROOT (1u << 31)

static int by_value(const void *a, const void *b) {
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return first < second ? -1 : first > second;
}

bool marking_begin(struct marking *marking, const struct image *image, struct nodes *nodes,
                   const struct edges *edges) {
    *marking = (struct marking){.image = image,
                                .nodes = nodes,
                                .edges = edges,
                                .makes_code = edges->makes_code,
                                .current = NO_NODE,
                                .round = 1};
    marking->work = reserve((nodes->count + 1) * sizeof *marking->work, image->is_large);
    marking->rounds = reserve(nodes->count + 1, image->is_large);
    marking->by = reserve((nodes->count + 1) * sizeof *marking->by, image->is_large);
    marking->roots = reserve((nodes->count + 1) * sizeof *marking->roots, false);
    marking->handles = calloc(image->frozen.thread_count + 1, sizeof *marking->handles);
    if (!marking->work || !marking->rounds || !marking->by || !marking->roots || !marking->handles)
        return false;
    for (uint64_t i = 0; i < image->frozen.thread_count; i++)
        if (image->threads[i].tid > 0)
            marking->handles[marking->handle_count++] = image->threads[i].handle;
    qsort(marking->handles, marking->handle_count, sizeof *marking->handles, by_value);
    return true;
}

void mark_anew(struct marking *marking) {
    marking->root_count = 0;
    if (++marking->round == 0) {
        memset(marking->rounds, 0, marking->nodes->count);
        marking->round = 1;
    }
}

/* glibc's lists of stacks lead to the block of every thread, and so does whoever keeps a pthread_t: with it a thread can be
 * joined or cancelled, but its wait is not ended, and its storage is not read. */
bool is_in_a_handle(const struct marking *marking, uint64_t address) {
    size_t next = LEAST(marking->handle_count, i, marking->handles[i] > address);
    return next > 0 && address - marking->handles[next - 1] < THREAD_BLOCK;
}

static void mark(struct marking *marking, uint32_t number, uint64_t at) {
    if (mark_is_on(marking, number) || marking->nodes->node[number].kind == NODE_FREE)
        return;
    marking->rounds[number] = marking->round;
    if (marking->current != NO_NODE) {
        marking->by[number] = (uint32_t)(at & ~IS_EDGE);
    } else {
        marking->by[number] = LEAST_ROOT | (uint32_t)marking->root_count;
        marking->roots[marking->root_count++] = at;
    }
    marking->work[marking->work_count++] = number;
}

/* Of a block in a heap, the last word lies behind where its neighbour's begins; one that was mapped for itself ends with its mapping. */
static bool ends_with_the_programs(const struct node *node) {
    return node->kind == NODE_MAPPING || node->kind == NODE_STORAGE ||
           (node->kind == NODE_BLOCK && node->start % PAGE == 0 && node->end % PAGE == 0);
}

/* Where nothing lives: who has such an address of a stack knows where it begins, or where its guard is. */
static bool is_dead(const struct marking *marking, uint32_t number, uint64_t address) {
    struct dead_part dead = node_dead(marking->nodes, number);
    return address >= dead.start && address < dead.end;
}

static uint64_t place(const struct marking *marking, uint64_t at) {
    return at & IS_EDGE ? edges_at(marking->edges, at & ~IS_EDGE) : at;
}

struct mark mark_of(const struct marking *marking, uint32_t number) {
    uint32_t by = marking->by[number];
    if (by & LEAST_ROOT)
        return (struct mark){.at = place(marking, marking->roots[by & ~LEAST_ROOT]), .from = NO_NODE};
    uint64_t at = edges_at(marking->edges, by);
    return (struct mark){.at = at, .from = node_at(marking->nodes, at)};
}

static struct end_place place_here(const struct marking *marking, uint64_t at) {
    return (struct end_place){.at = place(marking, at), .from = marking->current, .round = marking->round};
}

/* The node that ends where the address is. */
static uint32_t node_before(const struct nodes *nodes, uint32_t number, uint64_t address) {
    if (number == NO_NODE)
        return node_at(nodes, address - 1);
    return number > 0 && nodes->node[number - 1].end == address ? number - 1 : NO_NODE;
}

static void consider(struct marking *marking, uint64_t address, uint64_t at) {
    if (marking->ends.asked)
        if (ends_may_be_handle(&marking->ends, address))
            ends_see_handle(&marking->ends, address, place_here(marking, at));
    const struct node *nodes = marking->nodes->node;
    uint32_t number = node_at(marking->nodes, address);
    /* Just behind the end of what lies before; but a stack ends with libc's own, and libc keeps the address of the next one. */
    bool is_own = number != NO_NODE && nodes[number].kind != NODE_BLOCK && is_in_a_handle(marking, address);
    if (number == NO_NODE || (address == nodes[number].start && !is_own)) {
        uint32_t before = node_before(marking->nodes, number, address);
        if (before != NO_NODE && ends_with_the_programs(&nodes[before]))
            mark(marking, before, at);
    }
    if (number != NO_NODE && !mark_is_on(marking, number) && !is_own &&
        (nodes[number].kind != NODE_STACK || !is_dead(marking, number, address)))
        mark(marking, number, at);
}

static void look_at(struct marking *marking, size_t first, size_t end, bool as_code) {
    for (size_t i = first; i < end; i++) {
        uint64_t edge = marking->edges->edge[i], address = edge_target(edge);
        if (edge_kind(edge) == EDGE_OPERAND && !as_code)
            continue;
        consider(marking, address, IS_EDGE | i);
        if (edge_kind(edge) == EDGE_MANGLED && marking->ends.asked &&
            node_at(marking->nodes, address - 1) != NO_NODE)
            ends_see_jump(&marking->ends, address, place_here(marking, IS_EDGE | i));
    }
}

static void look_through(struct marking *marking, uint64_t start, uint64_t end, bool as_code) {
    if (start < end)
        look_at(marking, edges_from(marking->edges, start), edges_from(marking->edges, end), as_code);
}

static void follow(struct marking *marking) {
    while (marking->work_count > 0) {
        marking->current = marking->work[--marking->work_count];
        const struct node *node = &marking->nodes->node[marking->current];
        if (node->kind == NODE_BLOCK && node->end - node->start < LEAST_ALTERNATE) {
            look_at(marking, node->edges, node_edges_end(marking->nodes, marking->edges, marking->current),
                    false);
            continue;
        }
        bool as_code = marking->makes_code && node->kind == NODE_MAPPING;
        struct dead_part dead = node_dead(marking->nodes, marking->current);
        look_through(marking, node->start, dead.start, as_code);
        look_through(marking, dead.end, node->end, as_code);
    }
    marking->current = NO_NODE;
}

void mark_from(struct marking *marking, uint64_t start, uint64_t end) {
    look_through(marking, start, end, false);
    follow(marking);
}

void mark_word(struct marking *marking, uint64_t word) {
    consider(marking, word & ADDRESS_BITS, 0);
    follow(marking);
}

void mark_from_thread(struct marking *marking, const struct lw_frozen_thread *thread) {
    const uint64_t places[] = {thread->sp, thread->context};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint32_t number = places[i] != 0 ? node_at(marking->nodes, places[i]) : NO_NODE;
        if (number != NO_NODE)
            mark(marking, number, places[i]);
    }
    struct node_range own = nodes_of_handle(marking->nodes, thread->handle);
    for (uint32_t number = own.first; number < own.end; number++)
        mark(marking, number, thread->handle);
    follow(marking);
}

void mark_from_roots(struct marking *marking) {
    const struct image *image = marking->image;
    for (size_t i = 0; i < image->area_count; i++)
        if (image->areas[i].kind != AREA_PRIVATE) {
            look_through(marking, image->areas[i].start, image->areas[i].end, image->areas[i].code);
            follow(marking);
        }
    /* what a program has mapped itself may stand at an address that is written in its code */
    for (size_t i = 0; i < marking->nodes->count; i++)
        if (marking->nodes->node[i].kind == NODE_MAPPING) {
            mark(marking, (uint32_t)i, marking->nodes->node[i].start);
            follow(marking);
        }
    for (uint64_t i = 0; i < image->frozen.word_count; i++)
        mark_word(marking, image->words[i]);
}

bool mark_reaches(const struct marking *marking, uint64_t address) {
    uint32_t number = node_at(marking->nodes, address);
    return number == NO_NODE || marking->nodes->node[number].kind == NODE_FREE || mark_is_on(marking, number);
}
