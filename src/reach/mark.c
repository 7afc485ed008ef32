#include "mark.h"

#include <stdlib.h>
#include <string.h>

#include "least.h"

enum { POINTER_GUARD = 0x30, MANGLE_SHIFT = 17, PAGE = 4096 };
/* No alternate stack is smaller (sigaltstack(2)), so that of a block that is nothing is dead. */
enum { LEAST_ALTERNATE = 2048 };
/* What user space has of an address; what tags put above it is left out of account. */
#define ADDRESS_BITS 0x00007fffffffffffull

static int by_value(const void *a, const void *b) {
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return first < second ? -1 : first > second;
}

bool marking_begin(struct marking *marking, const struct image *image, struct nodes *nodes, bool every_offset,
                   bool makes_code) {
    *marking = (struct marking){.image = image,
                                .nodes = nodes,
                                .every_offset = every_offset,
                                .makes_code = makes_code,
                                .current = NO_NODE,
                                .round = 1};
    marking->work = calloc(nodes->count + 1, sizeof *marking->work);
    marking->handles = calloc(image->frozen.thread_count + 1, sizeof *marking->handles);
    if (!marking->work || !marking->handles)
        return false;
    for (uint64_t i = 0; i < image->frozen.thread_count; i++)
        if (image->threads[i].tid > 0)
            marking->handles[marking->handle_count++] = image->threads[i].handle;
    qsort(marking->handles, marking->handle_count, sizeof *marking->handles, by_value);
    /* every thread has the same (tcbhead_t, sysdeps/x86_64/nptl/tls.h) */
    if (marking->handle_count > 0)
        marking->guard = image_word(image, marking->handles[0] + POINTER_GUARD);
    return true;
}

void mark_anew(struct marking *marking) {
    marking->round++;
}

/* glibc's lists of stacks lead to the block of every thread, and so does whoever keeps a pthread_t: with it a thread can be
 * joined or cancelled, but its wait is not ended, and its storage is not read. */
bool is_in_a_handle(const struct marking *marking, uint64_t address) {
    size_t next = LEAST(marking->handle_count, i, marking->handles[i] > address);
    return next > 0 && address - marking->handles[next - 1] < THREAD_BLOCK;
}

static void mark(struct marking *marking, uint32_t number, uint64_t at) {
    struct node *node = &marking->nodes->node[number];
    if (node->marked == marking->round || node->kind == NODE_FREE)
        return;
    node->marked = marking->round;
    node->from = marking->current;
    node->at = at;
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

static struct end_place place_here(const struct marking *marking, uint64_t at) {
    return (struct end_place){.at = at, .from = marking->current, .round = marking->round};
}

static void consider(struct marking *marking, uint64_t word, uint64_t at) {
    uint64_t address = word & ADDRESS_BITS;
    if (marking->ends.asked)
        ends_see_handle(&marking->ends, address, place_here(marking, at));
    if (!nodes_may_be_at(marking->nodes, address))
        return;
    const struct node *nodes = marking->nodes->node;
    uint32_t number = node_at(marking->nodes, address);
    /* Just behind the end of what lies before; but a stack ends with libc's own, and libc keeps the address of the next one. */
    bool is_own = number != NO_NODE && nodes[number].kind != NODE_BLOCK && is_in_a_handle(marking, address);
    if (number == NO_NODE || (address == nodes[number].start && !is_own)) {
        uint32_t before = node_at(marking->nodes, address - 1);
        if (before != NO_NODE && ends_with_the_programs(&nodes[before]))
            mark(marking, before, at);
    }
    if (number != NO_NODE && nodes[number].marked != marking->round && !is_own &&
        (nodes[number].kind != NODE_STACK || !is_dead(marking, number, address)))
        mark(marking, number, at);
}

static void consider_mangled(struct marking *marking, uint64_t word, uint64_t at) {
    uint64_t address = (word >> MANGLE_SHIFT | word << (64 - MANGLE_SHIFT)) ^ marking->guard;
    consider(marking, address, at);
    if (marking->ends.asked && node_at(marking->nodes, address - 1) != NO_NODE)
        ends_see_jump(&marking->ends, address, place_here(marking, at));
}

/* The operand of an instruction: how far from the next instruction, which begins behind it or behind a number of at most four bytes; or
 * an address in the lowest 4 GiB. */
static void consider_operand(struct marking *marking, uint32_t operand, uint64_t at) {
    uint64_t from = at + sizeof operand + (uint64_t)(int64_t)(int32_t)operand;
    consider(marking, from, at);
    consider(marking, from + sizeof(uint32_t), at);
    consider(marking, operand, at);
}

static void look_at_word(struct marking *marking, uint64_t word, uint64_t at, bool is_code) {
    consider(marking, word, at);
    if (marking->guard)
        consider_mangled(marking, word, at);
    if (is_code)
        consider_operand(marking, (uint32_t)word, at);
}

static void look_at_words(struct marking *marking, const struct area *area, uint64_t start, uint64_t end,
                          unsigned step, bool as_code) {
    uint64_t first = (start + step - 1) / step * step, last = area->end - sizeof(uint64_t);
    const unsigned char *bytes = area->bytes + (first - area->start);
    last = end <= last ? end - 1 : last;
    for (uint64_t at = first; at <= last; at += step, bytes += step) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        if (word != 0) /* as most are */
            look_at_word(marking, word, at, as_code);
    }
}

/* Of a stack or of a heap's room most pages are not there. A word that begins before one that is has zeros there. */
static void look_through_area(struct marking *marking, const struct area *area, uint64_t start, uint64_t end,
                              unsigned step, bool as_code) {
    enum { BEFORE = sizeof(uint64_t) - 1 };
    for (size_t i = LEAST(area->run_count, k, area->runs[k].end > start);
         i < area->run_count && area->runs[i].start < end; i++) {
        uint64_t from = area->runs[i].start, to = area->runs[i].end;
        if (step == 1 && from - area->start >= BEFORE)
            from -= BEFORE;
        look_at_words(marking, area, from > start ? from : start, to < end ? to : end, step, as_code);
    }
}

static void look_through(struct marking *marking, uint64_t start, uint64_t end, bool every_offset,
                         bool makes_code) {
    while (start < end) {
        const struct area *area = image_area(marking->image, start);
        if (!area)
            return;
        uint64_t to = end < area->end ? end : area->end;
        bool as_code = area->code || makes_code;
        look_through_area(marking, area, start, to, every_offset || as_code ? 1 : sizeof(uint64_t), as_code);
        start = to;
    }
}

static void follow(struct marking *marking) {
    while (marking->work_count > 0) {
        marking->current = marking->work[--marking->work_count];
        const struct node *node = &marking->nodes->node[marking->current];
        if (node->kind == NODE_BLOCK && node->end - node->start < LEAST_ALTERNATE) {
            look_through(marking, node->start, node->end, marking->every_offset, false);
            continue;
        }
        bool as_code = marking->makes_code && node->kind == NODE_MAPPING;
        struct dead_part dead = node_dead(marking->nodes, marking->current);
        look_through(marking, node->start, dead.start, marking->every_offset, as_code);
        look_through(marking, dead.end, node->end, marking->every_offset, as_code);
    }
    marking->current = NO_NODE;
}

void mark_from(struct marking *marking, uint64_t start, uint64_t end, bool every_offset) {
    look_through(marking, start, end, every_offset || marking->every_offset, false);
    follow(marking);
}

void mark_word(struct marking *marking, uint64_t word) {
    consider(marking, word, 0);
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
        if (image->areas[i].kind != AREA_PRIVATE)
            mark_from(marking, image->areas[i].start, image->areas[i].end, false);
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
    return number == NO_NODE || marking->nodes->node[number].kind == NODE_FREE ||
           marking->nodes->node[number].marked == marking->round;
}
