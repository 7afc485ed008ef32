#include "heap.h"

#include "libc.h"
#include "peek.h"

/* struct malloc_state and heap_info */
enum {
    FASTBINS = 0x10,
    TOP = 0x60,
    BINS = 0x70,
    BIN_COUNT = 254 / 2,
    NEXT = 0x870,
    STATE_SIZE = 0x898,
    HEAP_ALIGN = 64 << 20,
    HEAP_SIZE = 16, /* offset of heap_info's size */
    HEAP_INFO = 48, /* its size; 32 until 2.34 */
    HEAP_INFO_OLD = 32,
};
/* a chunk's size has its flags in it */
enum { PREV_INUSE = 1, IS_MMAPPED = 2, NON_MAIN = 4, FLAGS = 7, HEADER = 16, LEAST = 32, PAGE = 4096 };
/* tcache_perthread_struct: a number for each list, then the lists. Until 2.41 the number is how long the list is; since 2.42 how much longer it may
 * become, which begins as the same for all, and there are lists of blocks of several sizes. */
struct cache_form {
    unsigned chunk, lists;
    bool is_room;
};
static const struct cache_form cache_forms[] = {{0x290, 64, false}, {0x300, 76, true}};
enum { CACHES_OF_ONE_SIZE = 64, MOST_CACHED = 1024 };

static uint64_t size_at(const struct image *image, uint64_t chunk) {
    return image_word(image, chunk + 8);
}

static uint64_t size_in(struct edges *edges, uint64_t chunk) {
    return edges_word(edges, chunk + 8);
}

/* An empty bin points to itself, as if it were a chunk; most are empty, and those that are not point to chunks that point back. */
static bool is_arena(const struct image *image, uint64_t at) {
    unsigned empty = 0;
    for (unsigned i = 0; i < BIN_COUNT; i++) {
        uint64_t bin = at + BINS + i * 16 - HEADER;
        uint64_t first = image_word(image, bin + 16), last = image_word(image, bin + 24);
        bool is_empty = first == bin && last == bin;
        empty += is_empty;
        if (!is_empty && (image_word(image, first + 24) != bin || image_word(image, last + 16) != bin))
            return false;
    }
    return empty > 0 && image_word(image, at + TOP) != 0 && image_word(image, at + NEXT) != 0;
}

static bool is_main(const struct image *image, uint64_t at, const void *wanted) {
    (void)wanted;
    return at % 16 == 0 && image_word(image, at + BINS) != 0 && is_arena(image, at);
}

struct arenas heap_arenas(struct image *image, const struct snapshot *snapshot) {
    enum { MOST = sizeof((struct arenas *)0)->at / sizeof(uint64_t) };
    struct arenas arenas = {0};
    uint64_t main = libc_find(image, snapshot, is_main, NULL), at = main;
    while (at != 0 && arenas.count < MOST && (at != main || arenas.count == 0)) {
        arenas.at[arenas.count] = at;
        arenas.top[arenas.count++] = image_word(image, at + TOP);
        at = image_word(image, at + NEXT);
    }
    if (main)
        image_blank(image, main, main + STATE_SIZE);
    return arenas;
}

static size_t arena_of(const struct image *image, const struct arenas *arenas, uint64_t heap) {
    uint64_t state = image_word(image, heap);
    for (size_t i = 1; i < arenas->count; i++)
        if (arenas->at[i] == state)
            return i;
    return 0;
}

bool heap_begins(const struct image *image, const struct arenas *arenas, uint64_t address) {
    return address % HEAP_ALIGN == 0 && arena_of(image, arenas, address) != 0;
}

/* From one chunk to the next until the top, or what closes a heap that is not the last of its arena: two chunks of no use. */
static bool walk(struct nodes *nodes, struct edges *edges, uint64_t top, uint64_t chunk, uint64_t end,
                 unsigned flags) {
    while (chunk + HEADER <= end) {
        uint64_t word = size_in(edges, chunk), size = word & ~(uint64_t)FLAGS;
        if (chunk == top) {
            if (size < HEADER || size > end - chunk)
                return false;
            nodes_add(nodes, chunk + HEADER, chunk + size, NODE_FREE);
            if (chunk + size < end) /* the program has moved the break itself */
                nodes_add(nodes, chunk + size, end, NODE_MAPPING);
            return true;
        }
        if (size == 0 && chunk + HEADER == end)
            return true;
        if (size < HEADER || size % 16 != 0 || size > end - chunk || (word & IS_MMAPPED) ||
            (flags == 0 && (word & NON_MAIN)))
            return false; /* a free chunk has lost its arena's flag (malloc/malloc.c, _int_free) */
        uint64_t next = chunk + size;
        if (next + HEADER > end)
            return next == end;
        bool used = size_in(edges, next) & PREV_INUSE;
        nodes_add(nodes, chunk + HEADER, next + HEADER, used && size >= LEAST ? NODE_BLOCK : NODE_FREE);
        chunk = next;
    }
    return chunk == end;
}

static uint64_t main_heap(struct nodes *nodes, struct edges *edges, const struct arenas *arenas,
                          const struct area *area, uint64_t start, uint64_t end) {
    size_t before = nodes->count;
    if (start == area->start && arenas->count > 0 && arenas->top[0] >= start && arenas->top[0] < end &&
        walk(nodes, edges, arenas->top[0], start, end, 0))
        return end;
    nodes->count = before;
    return start;
}

static uint64_t thread_heap(struct nodes *nodes, struct edges *edges, const struct arenas *arenas,
                            uint64_t start, uint64_t end) {
    const struct image *image = edges->image;
    size_t before = nodes->count;
    uint64_t state = image_word(image, start), size = image_word(image, start + HEAP_SIZE);
    if (size > end - start || size % PAGE != 0)
        return start;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t info = i == 0 ? HEAP_INFO : HEAP_INFO_OLD, first = start + info;
        bool is_first = state - start < HEAP_ALIGN;
        if (is_first && state != first)
            continue;
        if (is_first)
            first = (state + STATE_SIZE + 15) & ~(uint64_t)15;
        nodes_add(nodes, start, first + HEADER, NODE_FREE);
        if (walk(nodes, edges, arenas->top[arena_of(image, arenas, start)], first, start + size, NON_MAIN))
            return start + size;
        nodes->count = before;
    }
    return start;
}

uint64_t heap_blocks(struct nodes *nodes, struct edges *edges, const struct arenas *arenas,
                     const struct area *area, uint64_t start, uint64_t end) {
    if (area->heap)
        return main_heap(nodes, edges, arenas, area, start, end);
    return heap_begins(edges->image, arenas, start) ? thread_heap(nodes, edges, arenas, start, end) : start;
}

uint64_t heap_mapped_block(const struct image *image, uint64_t start, uint64_t end) {
    uint64_t word = size_at(image, start), size = word & ~(uint64_t)FLAGS;
    return (word & FLAGS) == IS_MMAPPED && image_word(image, start) == 0 && size >= PAGE &&
                   size % PAGE == 0 && size <= end - start
               ? start + size
               : start;
}

/* struct malloc_par: four ints, the first of which is n_mmaps, padding since 2.35, INTERNAL_SIZE_T mmapped_mem. */
static bool is_mapped_count(const struct image *image, uint64_t at, const void *wanted) {
    const struct mapped_blocks *blocks = wanted;
    return image_word(image, at) == blocks->bytes &&
           ((image_word(image, at - 16) & UINT32_MAX) == blocks->count ||
            image_word(image, at - 24) >> 32 == blocks->count);
}

bool heap_has_mapped(const struct image *image, const struct snapshot *snapshot,
                     const struct mapped_blocks *blocks) {
    return libc_find(image, snapshot, is_mapped_count, blocks) != 0;
}

/* Each block that a cache has is marked as such, against being freed twice: with the cache's address, or since 2.34 with a random
 * number that libc keeps. */
static bool is_word(const struct image *image, uint64_t at, const void *wanted) {
    return image_word(image, at) == *(const uint64_t *)wanted;
}

struct keys {
    const struct snapshot *snapshot;
    uint64_t known; /* 0: none yet */
};

static bool is_key(struct keys *keys, const struct image *image, uint64_t key, uint64_t cache) {
    if (key == cache)
        return true;
    if (keys->known == 0 && key >> 48 != 0 && libc_find(image, keys->snapshot, is_word, &key) != 0)
        keys->known = key;
    return key != 0 && key == keys->known;
}

/* Blocks of 16 bytes more from each list to the next; in the later ones from a power of two to the next, csize2tidx and large_csize2tidx. */
static bool is_of_list(unsigned list, uint64_t size) {
    enum { FIRST = 32, STEP = 16, LARGE = 1024 };
    uint64_t power = LARGE;
    if (list < CACHES_OF_ONE_SIZE)
        return size == FIRST + (uint64_t)STEP * list;
    power <<= list - CACHES_OF_ONE_SIZE;
    return size >= power && size < 2 * power && size > FIRST + STEP * (CACHES_OF_ONE_SIZE - 1);
}

/* One list, from its first block to the end; how long it is, or MOST_CACHED if it is none. mangled: "safe-linking", since 2.32. */
static unsigned free_list(struct nodes *nodes, const struct image *image, uint64_t cache, uint64_t at,
                          unsigned list, bool mangled, struct keys *keys, bool frees) {
    unsigned length = 0;
    for (; at != 0 && length < MOST_CACHED; length++) {
        uint32_t number = at % 16 == 0 ? node_at(nodes, at) : NO_NODE;
        if (number == NO_NODE || nodes->node[number].start != at ||
            !is_of_list(list, nodes->node[number].end - at) ||
            !is_key(keys, image, image_word(image, at + 8), cache))
            return MOST_CACHED;
        if (frees)
            nodes->node[number].kind = NODE_FREE;
        uint64_t next = image_word(image, at);
        at = mangled ? next ^ at >> 12 : next;
    }
    return length;
}

/* The lists of one thread's cache: each as long as its number says. */
static bool free_lists(struct nodes *nodes, const struct image *image, uint64_t cache,
                       const struct cache_form *form, bool mangled, struct keys *keys, bool frees) {
    unsigned most = 0;
    for (unsigned list = 0; list < form->lists; list++) {
        unsigned number = (unsigned)(image_word(image, cache + list / 4 * 8) >> list % 4 * 16) & 0xffff;
        uint64_t first = image_word(image, cache + 2ull * form->lists + 8ull * list);
        unsigned length = free_list(nodes, image, cache, first, list, mangled, keys, frees);
        unsigned expected = form->is_room ? most - number : number;
        if (form->is_room && list == 0)
            most = number + length;
        else if (length != expected)
            return false;
        if (length >= MOST_CACHED)
            return false;
    }
    return true;
}

static void free_cache(struct nodes *nodes, const struct image *image, uint64_t cache,
                       const struct cache_form *form, struct keys *keys) {
    for (int mangled = 1; mangled >= 0; mangled--)
        if (free_lists(nodes, image, cache, form, mangled, keys, false)) {
            free_lists(nodes, image, cache, form, mangled, keys, true);
            return;
        }
}

void heap_free_cached(struct nodes *nodes, const struct image *image, const struct snapshot *snapshot) {
    struct keys keys = {.snapshot = snapshot};
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->node[i];
        for (size_t k = 0; k < sizeof cache_forms / sizeof *cache_forms; k++)
            if (node->kind == NODE_BLOCK && node->end - node->start == cache_forms[k].chunk)
                free_cache(nodes, image, node->start, &cache_forms[k], &keys);
    }
}
