#include "divide.h"

#include <stdlib.h>

#include "heap.h"

enum { PAGE = 4096, ALIGN = 64 << 20 };

static int by_value(const void *a, const void *b) {
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return first < second ? -1 : first > second;
}

/* Where stacks end: one that libc made ends with the thread's block, its storage and struct pthread (nptl/allocatestack.c). */
static size_t find_cuts(uint64_t *cuts, const struct image *image) {
    size_t count = 0;
    for (uint64_t i = 0; i < image->frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &image->threads[i];
        const struct area *area = image_area(image, thread->handle);
        if (thread->tid <= 0 || !area || area->kind != AREA_PRIVATE || area->heap ||
            image_area(image, thread->sp) != area || thread->sp > thread->handle)
            continue;
        cuts[count++] = (thread->handle + THREAD_BLOCK + PAGE - 1) / PAGE * PAGE;
    }
    qsort(cuts, count, sizeof *cuts, by_value);
    return count;
}

/* Memory in which no stack ends. */
static void split(struct nodes *nodes, const struct image *image, const struct arenas *arenas,
                  const struct area *area, uint64_t start, uint64_t end) {
    while (start < end) {
        uint64_t next = (start / ALIGN + 1) * ALIGN;
        while (next < end && !heap_begins(image, arenas, next))
            next += ALIGN;
        uint64_t to = next < end ? next : end, done = heap_blocks(nodes, image, arenas, area, start, to);
        if (done < to)
            nodes_add(nodes, done, to, NODE_MAPPING);
        start = to;
    }
}

/* A thread's stack is as large as its record says, and ends with its block; that of the initial thread grows down from the end
 * of its mapping. What is known of neither is looked through whole. A signal's frame lies below the stack pointer. */
static bool find_dead(struct nodes *nodes, const struct image *image) {
    nodes->dead = calloc(image->frozen.thread_count + 1, sizeof *nodes->dead);
    for (uint64_t i = 0; nodes->dead && i < image->frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &image->threads[i];
        uint32_t number = thread->tid > 0 ? node_at(nodes, thread->sp) : NO_NODE;
        const struct node *node = number != NO_NODE ? &nodes->node[number] : NULL;
        if (!node || node->kind == NODE_BLOCK || node_dead(nodes, number).start < node->end)
            continue;
        uint64_t low = image_area(image, thread->sp)->stack ? node->start
                       : node->kind == NODE_STACK && thread->stack_size != 0 && thread->stack_size < node->end
                           ? node->end - thread->stack_size
                           : node->end;
        uint64_t high =
            thread->context >= node->start && thread->context < thread->sp ? thread->context : thread->sp;
        low = low < node->start ? node->start : low;
        if (low < high)
            nodes->dead[nodes->dead_count++] = (struct dead_part){.node = number, .start = low, .end = high};
    }
    return nodes->dead;
}

bool divide(struct nodes *nodes, struct image *image, const struct snapshot *snapshot) {
    struct arenas arenas = heap_arenas(image, snapshot);
    uint64_t *cuts = calloc(image->frozen.thread_count + 1, sizeof *cuts);
    size_t count = cuts ? find_cuts(cuts, image) : 0, cut = 0;
    for (size_t i = 0; cuts && i < image->area_count; i++) {
        const struct area *area = &image->areas[i];
        uint64_t start = area->start;
        while (cut < count && cuts[cut] <= start)
            cut++;
        for (; area->kind == AREA_PRIVATE && cut < count && cuts[cut] <= area->end; cut++) {
            if (cut > 0 && cuts[cut - 1] == cuts[cut])
                continue;
            nodes_add(nodes, start, cuts[cut], NODE_STACK);
            start = cuts[cut];
        }
        if (area->kind == AREA_PRIVATE && start < area->end)
            split(nodes, image, &arenas, area, start, area->end);
    }
    bool made = cuts && !nodes->failed && nodes_index(nodes);
    free(cuts);
    if (!made)
        return false;
    heap_free_cached(nodes, image);
    return find_dead(nodes, image);
}
