#include "stacks.h"

#include <stdlib.h>
#include <string.h>

#include "libc.h"
#include "peek.h"
#include "shared/base_name.h"

enum { PAGE = 4096, LARGEST_ALIGNMENT = 64 << 10 };
/* struct pthread begins with tcbhead_t, in which its own address stands twice (sysdeps/x86_64/nptl/tls.h); behind it is its
 * place in one of libc's lists of stacks (nptl/descr.h, 2.26 to 2.41). */
enum { SELF = 0, SELF_TOO = 16, LIST = 704 };
/* The lists of stacks in use, of the program's, and of those that are kept, in struct rtld_global since 2.34; then what all of the last
 * take, and one whose list is being changed (sysdeps/generic/ldsodefs.h). */
enum { USED = 0, KEPT = 32, KEPT_BYTES = 48, IN_FLIGHT = 56, MOST_KEPT = 65536 };
/* Before, libpthread had them: those in use, those that are kept, and what these take somewhere else (nptl/allocatestack.c). */
enum { KEPT_BESIDE = 16 };

static void add(struct stack_extents *stacks, struct stack_extent extent) {
    if (stacks->count == stacks->room) {
        size_t room = stacks->room ? 2 * stacks->room : 64;
        struct stack_extent *more = realloc(stacks->of, room * sizeof *more);
        if (!more) {
            stacks->failed = true;
            return;
        }
        stacks->of = more;
        stacks->room = room;
    }
    stacks->of[stacks->count++] = extent;
}

/* The block says where it was made, and how large: a page's address, and pages that reach from there to just behind it. */
static struct stack_extent extent_of(const struct image *image, uint64_t block, uint64_t least) {
    for (uint64_t at = block + LIST; at + 16 <= block + THREAD_BLOCK; at += sizeof(uint64_t)) {
        uint64_t start = image_word(image, at), size = image_word(image, at + 8), end = start + size;
        if (start != 0 && start % PAGE == 0 && size % PAGE == 0 && start < block && size >= least &&
            end > block && end - block <= LARGEST_ALIGNMENT)
            return (struct stack_extent){.start = start, .end = end};
    }
    return (struct stack_extent){0};
}

static bool is_block(const struct image *image, uint64_t block) {
    return image_word(image, block + SELF) == block && image_word(image, block + SELF_TOO) == block;
}

static bool is_linked(const struct image *image, uint64_t list) {
    uint64_t next = image_word(image, list), previous = image_word(image, list + 8);
    return next != 0 && previous != 0 && image_word(image, next + 8) == list &&
           image_word(image, previous) == list;
}

static void add_used(struct stack_extents *stacks, const struct image *image) {
    for (uint64_t i = 0; i < image->frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &image->threads[i];
        if (thread->tid <= 0 || thread->stack_size == 0 || !is_block(image, thread->handle))
            continue;
        struct stack_extent extent = extent_of(image, thread->handle, thread->stack_size);
        extent.in_use = true;
        extent.handle = thread->handle;
        if (extent.end != 0)
            add(stacks, extent);
    }
}

static bool is_kept_list(const struct image *image, uint64_t at, const void *used) {
    uint64_t list = at + USED;
    return list == *(const uint64_t *)used && is_linked(image, at + KEPT) &&
           image_word(image, at + IN_FLIGHT) == 0;
}

static bool is_older_kept_list(const struct image *image, uint64_t at, const void *used) {
    return at == *(const uint64_t *)used && is_linked(image, at + KEPT_BESIDE);
}

static bool is_amount(const struct image *image, uint64_t at, const void *wanted) {
    return image_word(image, at) == *(const uint64_t *)wanted;
}

/* The head of the list that a thread's stack is in: what is no block. */
static uint64_t head_of(const struct image *image, uint64_t block) {
    uint64_t at = block + LIST;
    for (size_t i = 0; i < MOST_KEPT && is_linked(image, at); i++) {
        if (!is_block(image, at - LIST))
            return at;
        at = image_word(image, at);
    }
    return 0;
}

/* What they take together; 0: these are no kept stacks. */
static uint64_t add_list(struct stack_extents *stacks, const struct image *image, uint64_t list) {
    size_t before = stacks->count;
    uint64_t bytes = 0, at = image_word(image, list);
    for (size_t i = 0; at != list && i < MOST_KEPT; i++) {
        struct stack_extent extent = {0};
        if (is_linked(image, at) && is_block(image, at - LIST))
            extent = extent_of(image, at - LIST, 0);
        if (extent.end == 0)
            break;
        bytes += extent.end - extent.start;
        add(stacks, extent);
        at = image_word(image, at);
    }
    if (at == list)
        return bytes;
    stacks->count = before;
    return 0;
}

static bool is_in_libpthread(const struct snapshot *snapshot, uint64_t at) {
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        if (at - module->start < module->end - module->start)
            return strncmp(base_name(snapshot_words(snapshot, module->path)), "libpthread", 10) == 0;
    }
    return false;
}

/* Together they take what libc says that they do, or none is believed. False: this is not the list of stacks in use. */
static bool add_kept(struct stack_extents *stacks, const struct image *image, const struct snapshot *snapshot,
                     uint64_t used) {
    size_t before = stacks->count;
    uint64_t lists = libc_find(image, snapshot, is_kept_list, &used);
    if (lists != 0) {
        if (add_list(stacks, image, lists + KEPT) != image_word(image, lists + KEPT_BYTES))
            stacks->count = before;
        return true;
    }
    lists = is_in_libpthread(snapshot, used) ? libc_find(image, snapshot, is_older_kept_list, &used) : 0;
    uint64_t bytes = lists != 0 ? add_list(stacks, image, lists + KEPT_BESIDE) : 0;
    if (bytes != 0 && libc_find(image, snapshot, is_amount, &bytes) == 0)
        stacks->count = before;
    return lists != 0;
}

static int by_start(const void *a, const void *b) {
    const struct stack_extent *first = a, *second = b;
    return first->start < second->start ? -1 : first->start > second->start;
}

struct stack_extents stacks_find(const struct image *image, const struct snapshot *snapshot) {
    struct stack_extents stacks = {0};
    add_used(&stacks, image);
    bool found = false;
    for (uint64_t i = 0; i < image->frozen.thread_count && !found; i++) {
        uint64_t head = image->threads[i].stack_size != 0 && is_block(image, image->threads[i].handle)
                            ? head_of(image, image->threads[i].handle)
                            : 0;
        found = head != 0 && add_kept(&stacks, image, snapshot, head);
    }
    if (stacks.count > 0)
        qsort(stacks.of, stacks.count, sizeof *stacks.of, by_start);
    return stacks;
}
