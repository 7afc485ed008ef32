#include "ends.h"

#include <stdlib.h>

#include "least.h"

enum { TAGS = 7 /* low bits that a program may use */ };

static int by_handle(const void *a, const void *b) {
    const struct end *first = a, *second = b;
    return first->handle < second->handle ? -1 : first->handle > second->handle;
}

static size_t bit_of(uint64_t address) {
    return address / END_ALIGNMENT % END_BITS;
}

bool ends_begin(struct ends *ends, const struct image *image, const struct nodes *nodes) {
    *ends = (struct ends){.asked = true, .of = calloc(image->frozen.thread_count + 1, sizeof *ends->of)};
    for (uint64_t i = 0; ends->of && i < image->frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &image->threads[i];
        if (thread->tid <= 0)
            continue;
        uint32_t stack = node_at(nodes, thread->sp);
        ends->of[ends->count++] =
            (struct end){.handle = thread->handle,
                         .low = thread->sp,
                         .high = stack != NO_NODE ? nodes->node[stack].end : UINT64_MAX};
        ends->maybe[bit_of(thread->handle) / 64] |= 1ull << bit_of(thread->handle) % 64;
    }
    if (ends->of)
        qsort(ends->of, ends->count, sizeof *ends->of, by_handle);
    return ends->of;
}

static struct end *find(const struct ends *ends, uint64_t handle) {
    size_t at = LEAST(ends->count, i, ends->of[i].handle >= handle);
    return at < ends->count && ends->of[at].handle == handle ? &ends->of[at] : NULL;
}

/* In the block that it is the address of, it is libc's own (tcbhead_t, sysdeps/x86_64/nptl/tls.h), or the thread's. Its lists lead to the
 * middle of a block. */
void ends_see_handle(struct ends *ends, uint64_t address, struct end_place place) {
    struct end *end = find(ends, address & ~(uint64_t)TAGS);
    if (end && end->known.round != place.round && place.at - end->handle >= THREAD_BLOCK)
        end->known = place;
}

void ends_see_jump(struct ends *ends, uint64_t address, struct end_place place) {
    for (size_t i = 0; i < ends->count; i++)
        if (address >= ends->of[i].low && address <= ends->of[i].high)
            ends->of[i].jump = place;
}

const struct end *ends_of(const struct ends *ends, uint64_t handle) {
    return find(ends, handle);
}
