/* Places in memory. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "places.h"

static struct box *global;
static void hide_in_global(struct box *box) {
    global = box;
}
static struct box *from_global(void) {
    return global;
}
static void hide_nowhere(struct box *box) {
    (void)box;
}

static char *inside;
static void hide_interior(struct box *box) {
    inside = (char *)box + 3;
}
static struct box *from_interior(void) {
    return (struct box *)(inside - 3);
}
static void hide_behind(struct box *box) {
    inside = (char *)(box + 1);
}
static struct box *from_behind(void) {
    return (struct box *)inside - 1;
}
static uintptr_t tagged;
static void hide_tagged(struct box *box) {
    tagged = (uintptr_t)box | 5 | (uintptr_t)0xa5 << 56;
}
static struct box *from_tagged(void) {
    return (struct box *)(tagged & ~(uintptr_t)7 & ~((uintptr_t)0xff << 56));
}

struct link {
    struct link *next;
    struct box *box;
};
static struct link *chain;
static void hide_behind_a_chain(struct box *box) {
    for (int i = 0; i < 1000; i++) {
        struct link *link = calloc(1, sizeof *link + (size_t)i % 300);
        link->next = chain;
        link->box = i == 0 ? box : NULL;
        chain = link;
    }
}
static struct box *from_the_chain(void) {
    struct link *link = chain;
    while (link->next)
        link = link->next;
    return link->box;
}

static __thread struct box *in_storage;
static void hide_in_storage(struct box *box) {
    in_storage = box;
}
static struct box *from_storage(void) {
    return in_storage;
}
static pthread_key_t keys[40];
static void hide_in_a_key(struct box *box) {
    pthread_key_create(&keys[0], NULL);
    pthread_setspecific(keys[0], box);
}
static struct box *from_a_key(void) {
    return pthread_getspecific(keys[0]);
}
static void hide_in_a_late_key(struct box *box) {
    for (int i = 0; i < 40; i++)
        pthread_key_create(&keys[i], NULL);
    pthread_setspecific(keys[39], box);
}
static struct box *from_a_late_key(void) {
    return pthread_getspecific(keys[39]);
}

static struct box **mapped;
static void hide_in_a_mapping(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped[70000] = box;
}
/* As databases do for what they may come to need (InnoDB, Go's and Java's heaps). */
static void hide_in_a_reserve(struct box *box) {
    mapped =
        mmap(NULL, 1ull << 42, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        exit(3);
    mapped += 1ull << 38;
    mapped[70000] = box;
}
static void hide_in_shared_memory(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mapped[70000] = box;
}
static void hide_where_fork_does_not_copy(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(mapped, 1 << 20, MADV_DONTFORK);
    mapped[70000] = box;
}
static void hide_where_fork_wipes(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(mapped, 1 << 20, MADV_WIPEONFORK);
    mapped[70000] = box;
}
/* What the kernel may empty at any moment, as it does in a child of fork (MAP_DROPPABLE, linux/mman.h; since 6.11). */
static void hide_where_it_may_be_dropped(struct box *box) {
    enum { DROPPABLE = 0x08 };
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, DROPPABLE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        hide_where_fork_wipes(box);
    else
        mapped[70000] = box;
}
/* By its number: what imports mprotect may make code of what it writes (code.c), and is looked through otherwise. */
static void protect(void *at, size_t size, int rights) {
    syscall(SYS_mprotect, at, size, rights);
}
static void hide_in_protected_memory(struct box *box) {
    hide_in_a_mapping(box);
    protect(mapped, 1 << 20, PROT_NONE);
}
static struct box *from_protected_memory(void) {
    protect(mapped, 1 << 20, PROT_READ);
    return mapped[70000];
}
static void hide_in_a_file(struct box *box) {
    char name[] = "/tmp/reach-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    if (ftruncate(fd, 1 << 20) != 0)
        exit(3);
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    mapped[70000] = box;
}
static struct box *from_the_mapping(void) {
    return mapped[70000];
}
static void hide_in_a_large_block(struct box *box) {
    mapped = calloc(1, 1 << 20);
    mapped[70000] = box;
}
static void hide_in_code(struct box *box) {
    char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code + 13, &box, sizeof box);
    mapped = (void *)code;
}
static struct box *from_code(void) {
    struct box *box;
    memcpy(&box, (char *)mapped + 13, sizeof box);
    return box;
}

/* What was got as one piece, with one address kept, and is several mappings to the kernel. */
enum { PIECE = 1 << 20, PIECE_PAGE = 4096 };
static void hide_in_a_sealed_piece(struct box *box) {
    hide_in_a_mapping(box);
    protect(mapped, PIECE_PAGE, PROT_READ);
}
static void hide_in_a_locked_piece(struct box *box) {
    hide_in_a_mapping(box);
    mlock((char *)mapped + PIECE / 2, PIECE_PAGE);
}
static void hide_behind_a_file(struct box *box) {
    char name[] = "/tmp/reach-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    hide_in_a_mapping(box);
    if (ftruncate(fd, PIECE_PAGE) != 0 || mmap((char *)mapped + PIECE_PAGE, PIECE_PAGE, PROT_READ,
                                               MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
        exit(3);
}
/* Where nothing but the code knows it. */
#define FIXED ((struct box **)0x234567890000)
static void hide_at_a_fixed_address(struct box *box) {
    if (mmap(FIXED, PIECE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
             0) != FIXED)
        exit(3);
    FIXED[3] = box;
}
static struct box *from_the_fixed_address(void) {
    return FIXED[3];
}
/* In code made at run time, as the distance from the next instruction: there it is where a block lies that leads to it. */
static void hide_in_an_operand(struct box *box) {
    char *code =
        mmap(NULL, PIECE_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct box *volatile *block = calloc(1, PIECE); /* within 2 GiB of it */
    int32_t distance = (int32_t)((char *)block - (code + 14));
    block[7] = box;
    memcpy(code + 10, &distance, sizeof distance);
    mapped = (void *)code;
}
static struct box *from_the_operand(void) {
    int32_t distance;
    memcpy(&distance, (char *)mapped + 10, sizeof distance);
    return ((struct box **)((char *)mapped + 14 + distance))[7];
}
/* The break, moved by the program behind what malloc has of it. */
static void hide_beyond_the_heap(struct box *box) {
    mapped = sbrk(PIECE);
    mapped[70000] = box;
}
/* Counts and heads of lists, as malloc's own cache has them. */
struct table {
    uint16_t counts[64];
    struct entry {
        struct entry *next;
        struct box *box;
    } * heads[64];
};
static struct table *table;
static void hide_in_a_table(struct box *box) {
    table = calloc(1, sizeof *table);
    table->heads[0] = calloc(1, sizeof *table->heads[0]);
    table->heads[0]->box = box;
    table->counts[0] = 1;
}
static struct box *from_the_table(void) {
    return table->heads[0]->box;
}
/* The end of a block that ends with its mapping. */
static struct box **end;
static void hide_before_the_end(struct box *box) {
    enum { WORDS = (PIECE - 16) / sizeof(void *) };
    struct box **block = calloc(WORDS, sizeof *block);
    block[WORDS - 1] = box;
    end = block + WORDS;
}
static struct box *from_before_the_end(void) {
    return end[-1];
}

static struct {
    int number;
    struct {
        struct box *by_id[8];
    } tables[3];
} registry;
static void hide_in_a_field(struct box *box) {
    registry.tables[2].by_id[5] = box;
}
static struct box *from_the_field(void) {
    return registry.tables[2].by_id[5];
}

/* Packed: not where an address is looked for unless reach is 2. */
static char packed[32];
static void hide_packed(struct box *box) {
    memcpy(packed + 3, &box, sizeof box);
}
static struct box *from_packed(void) {
    struct box *box;
    memcpy(&box, packed + 3, sizeof box);
    return box;
}

const struct place memory_places[] = {
    {"nowhere", hide_nowhere, NULL},
    {"in_global", hide_in_global, from_global},
    {"in_a_field", hide_in_a_field, from_the_field},
    {"interior", hide_interior, from_interior},
    {"behind", hide_behind, from_behind},
    {"tagged", hide_tagged, from_tagged},
    {"behind_a_chain", hide_behind_a_chain, from_the_chain},
    {"in_storage", hide_in_storage, from_storage},
    {"in_a_key", hide_in_a_key, from_a_key},
    {"in_a_late_key", hide_in_a_late_key, from_a_late_key},
    {"in_a_mapping", hide_in_a_mapping, from_the_mapping},
    {"in_a_reserve", hide_in_a_reserve, from_the_mapping},
    {"in_shared_memory", hide_in_shared_memory, from_the_mapping},
    {"where_fork_does_not_copy", hide_where_fork_does_not_copy, from_the_mapping},
    {"where_fork_wipes", hide_where_fork_wipes, from_the_mapping},
    {"where_it_may_be_dropped", hide_where_it_may_be_dropped, from_the_mapping},
    {"in_protected_memory", hide_in_protected_memory, from_protected_memory},
    {"in_a_file", hide_in_a_file, from_the_mapping},
    {"in_a_large_block", hide_in_a_large_block, from_the_mapping},
    {"in_a_sealed_piece", hide_in_a_sealed_piece, from_the_mapping},
    {"in_a_locked_piece", hide_in_a_locked_piece, from_the_mapping},
    {"behind_a_file", hide_behind_a_file, from_the_mapping},
    {"beyond_the_heap", hide_beyond_the_heap, from_the_mapping},
    {"at_a_fixed_address", hide_at_a_fixed_address, from_the_fixed_address},
    {"in_an_operand", hide_in_an_operand, from_the_operand},
    {"in_a_table", hide_in_a_table, from_the_table},
    {"before_the_end", hide_before_the_end, from_before_the_end},
    {"in_code", hide_in_code, from_code},
    {"packed", hide_packed, from_packed},
    {NULL, NULL, NULL},
};
