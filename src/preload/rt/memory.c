#include "memory.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "sys.h"

enum { SLAB = 64 * 1024, SMALLEST = 5, CLASSES = 27 };

struct free_piece {
    struct free_piece *next;
};

static struct free_piece *free_pieces[CLASSES];
static char *slab_at, *slab_end;

static struct memory_range ranges[MEMORY_RANGES];
static bool ranges_lost;

static void note(uintptr_t at, size_t size) {
    for (size_t i = 0; i < MEMORY_RANGES; i++) {
        uintptr_t none = 0;
        if (!__atomic_compare_exchange_n(&ranges[i].start, &none, at, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        __atomic_store_n(&ranges[i].size, size, __ATOMIC_RELEASE);
        return;
    }
    ranges_lost = true;
}

static void forget(uintptr_t at) {
    for (size_t i = 0; i < MEMORY_RANGES; i++)
        if (__atomic_load_n(&ranges[i].start, __ATOMIC_RELAXED) == at) {
            __atomic_store_n(&ranges[i].size, 0, __ATOMIC_RELEASE);
            __atomic_store_n(&ranges[i].start, 0, __ATOMIC_RELEASE);
            return;
        }
}

const struct memory_range *memory_ranges(void) {
    return ranges_lost ? NULL : ranges;
}

static void *mapped(long at, size_t size) {
    if (at < 0 && at > -4096)
        return NULL;
    note((uintptr_t)at, size);
    return (void *)at;
}

void *memory_map(size_t size) {
    return mapped(sys_call(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                  size);
}

void *memory_map_stack(size_t size) {
    enum { GAP = 4u << 20 };
    long at = sys_call(SYS_mmap, NULL, size + 2 * GAP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0);
    if (at < 0 && at > -4096)
        return memory_map(size);
    if (sys_call(SYS_mprotect, at + GAP, size, PROT_READ | PROT_WRITE) == 0)
        return mapped(at + GAP, size);
    sys_call(SYS_munmap, at, size + 2 * GAP);
    return NULL;
}

void *memory_map_shared(size_t size) {
    return mapped(sys_call(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
                  size);
}

void memory_unmap(void *at, size_t size) {
    forget((uintptr_t)at);
    sys_call(SYS_munmap, at, size);
}

static unsigned class_of(size_t size) {
    unsigned class = SMALLEST;
    while (((size_t)1 << class) < size)
        class ++;
    return class;
}

void *memory_take(size_t size) {
    unsigned class = class_of(size);
    if (class >= CLASSES)
        return NULL;
    size_t bytes = (size_t)1 << class;
    if (free_pieces[class]) {
        struct free_piece *piece = free_pieces[class];
        free_pieces[class] = piece->next;
        return memset(piece, 0, bytes);
    }
    if (bytes >= SLAB / 4)
        return memory_map(bytes);
    if ((size_t)(slab_end - slab_at) < bytes) {
        char *slab = memory_map(SLAB);
        if (!slab)
            return NULL;
        slab_at = slab;
        slab_end = slab + SLAB;
    }
    void *piece = slab_at;
    slab_at += bytes;
    return piece;
}

void memory_give(void *at, size_t size) {
    unsigned class = class_of(size);
    struct free_piece *piece = at;
    piece->next = free_pieces[class];
    free_pieces[class] = piece;
}
