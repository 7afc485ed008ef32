#include "storage.h"

#include <elf.h>
#include <string.h>

#include "peek.h"

/* struct pthread: 32 values of keys with their numbers, then the addresses of 32 such tables, the first of which is that one
 * (nptl/descr.h). */
enum { VALUES = 32 * 16, TABLES = 32 * 8 };
/* dtv of tcbhead_t: the address of one entry for each module, of two words; before them, how many there are (sysdeps/generic/dl-dtv.h). */
enum { VECTOR = 8, ENTRY = 16, MOST_MODULES = 65536 };
/* What libc leaves at least for modules that come later, before a thread's first frame (elf/dl-tls.c, _dl_tls_static_surplus_init);
 * and what that is at most, of which other namespaces take some (dlmopen(3)). */
enum { LEAST_SURPLUS = 1664, MOST_SURPLUS = 4096 };

static uint64_t size_of_module(uint64_t start) {
    Elf64_Ehdr elf;
    Elf64_Phdr segment;
    uint64_t size = 0;
    if (!image_peek(start, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
        return 0;
    for (unsigned i = 0; i < elf.e_phnum; i++)
        if (image_peek(start + elf.e_phoff + i * sizeof segment, &segment, sizeof segment) &&
            segment.p_type == PT_TLS)
            size += segment.p_memsz + segment.p_align;
    return size;
}

uint64_t storage_size(const struct image *image, const struct snapshot *snapshot) {
    uint64_t size = image->has_strange_code ? MOST_SURPLUS : LEAST_SURPLUS;
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++)
        size += size_of_module(snapshot->modules[i].start);
    return size;
}

/* Of struct pthread the program sees the values only; it also leads to all of the stack. 0: not found. */
static uint64_t tables_of(const struct image *image, uint64_t block) {
    for (uint64_t at = block + VALUES; at + TABLES <= block + THREAD_BLOCK; at += sizeof(uint64_t))
        if (image_word(image, at) == at - VALUES)
            return at;
    return 0;
}

uint64_t storage_start(const struct image *image, uint64_t handle, uint64_t size) {
    uint64_t vector = image_word(image, handle + VECTOR), lowest = handle;
    uint64_t modules = vector != 0 ? image_word(image, vector - ENTRY) : 0;
    for (uint64_t i = 1; i <= modules && i <= MOST_MODULES; i++) {
        uint64_t start = image_word(image, vector + i * ENTRY);
        if (start >= handle - size && start < lowest)
            lowest = start;
    }
    return lowest < handle ? lowest : 0;
}

/* Of modules whose storage is not static; that of the others lies below the handle, and leads to all of the thread's stack. */
static void mark_dynamic(struct marking *marking, uint64_t handle, uint64_t start) {
    uint64_t vector = image_word(marking->image, handle + VECTOR);
    uint64_t count = vector != 0 ? image_word(marking->image, vector - ENTRY) : 0;
    for (uint64_t i = 1; i <= count && i <= MOST_MODULES; i++) {
        uint64_t storage = image_word(marking->image, vector + i * ENTRY);
        if (storage < start || storage > handle)
            mark_word(marking, storage);
    }
}

void storage_mark(struct marking *marking, const struct lw_frozen_thread *thread, uint64_t size) {
    uint32_t number = node_at(marking->nodes, thread->handle);
    if (number == NO_NODE)
        return;
    const struct node *node = &marking->nodes->node[number];
    struct node_range own = nodes_of_handle(marking->nodes, thread->handle);
    uint64_t least = marking->nodes->node[own.first].start;
    uint64_t start = thread->handle - size, tables = tables_of(marking->image, thread->handle);
    start = start > least && start < thread->handle ? start : least;
    if (tables == 0) {
        mark_from(marking, start, node->end);
        return;
    }
    mark_from(marking, start, thread->handle);
    mark_dynamic(marking, thread->handle, start);
    mark_from(marking, tables - VALUES, tables + TABLES);
}
