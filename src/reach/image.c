#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* As the shim opens them behind the snapshot (preload/report/launch.c). */
enum { MEMORY_FD = 4, MAPS_FD = 5, PAGES_FD = 6, SIZE_FD = 7 };
enum { PAGE = 4096 };
#define MOST_BYTES (1ull << 30)
#define OWN_FILE   "/memfd:leakwatch" /* what the shim has mapped of files */

bool image_peek(uint64_t address, void *into, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(MEMORY_FD, (char *)into + done, size - done, (off_t)(address + done));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static void *read_array(uint64_t address, uint64_t count, size_t size) {
    void *array = count < MOST_BYTES / size ? calloc(count + 1, size) : NULL;
    if (array && image_peek(address, array, count * size))
        return array;
    free(array);
    return NULL;
}

/* How it went is known only after the threads have gone on. */
static enum lw_frozen_refusal await_end(struct image *image) {
    enum { TRIES = 2000 };
    struct lw_frozen_end end = {.refusal = LW_FROZEN_PENDING};
    struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < TRIES && end.refusal == LW_FROZEN_PENDING; i++) {
        if (!image_peek(image->frozen.end, &end, sizeof end))
            return LW_FROZEN_NO_SYSTEM;
        if (end.refusal == LW_FROZEN_PENDING)
            nanosleep(&pause, NULL);
    }
    image->held_ns = end.held_ns;
    if (end.refusal >= LW_FROZEN_REFUSAL_COUNT)
        return LW_FROZEN_NO_SYSTEM;
    image->asleep = read_array(image->frozen.end + sizeof end, image->frozen.thread_count, 1);
    return image->asleep ? (enum lw_frozen_refusal)end.refusal : LW_FROZEN_NO_SYSTEM;
}

static bool add(struct image *image, struct area area) {
    if ((image->area_count & (image->area_count - 1)) == 0) {
        size_t room = image->area_count ? 2 * image->area_count : 1;
        struct area *more = realloc(image->areas, room * sizeof *more);
        if (!more)
            return false;
        image->areas = more;
    }
    image->areas[image->area_count++] = area;
    return true;
}

/* One mapping of /proc/PID/smaps (proc_pid_smaps(5)). */
struct mapping {
    uint64_t start, end;
    char rights[8];
    uint64_t inode;
    char path[4200];
    bool wiped; /* not copied by fork */
};

/* Where the data of the module that this lies in ends; 0: it lies in none that the snapshot knows. */
static uint64_t module_end(const struct snapshot *snapshot, const struct mapping *mapping) {
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        if (mapping->start >= module->start && mapping->start < module->end)
            return (module->end + PAGE - 1) / PAGE * PAGE;
    }
    return 0;
}

/* What the shim has mapped is cut out: what it remembers, the program does not know. */
static bool add_but_the_shims(struct image *image, struct area area) {
    uint64_t start = area.start, end = area.end;
    for (uint64_t i = 0; i < image->frozen.range_count && start < end; i++) {
        uint64_t from = image->ranges[i].start, to = from + (image->ranges[i].size + PAGE - 1) / PAGE * PAGE;
        if (from == 0 || to <= start || from >= end)
            continue;
        area.start = start;
        area.end = from;
        if (from > start && !add(image, area))
            return false;
        start = to;
    }
    area.start = start;
    area.end = end;
    return start >= end || add(image, area);
}

static bool is_kernels(const struct mapping *mapping) {
    static const char *const names[] = {"[vvar]", "[vdso]", "[vsyscall]", "[vvar_vclock]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(mapping->path, names[i]) == 0)
            return true;
    return strncmp(mapping->path, OWN_FILE, sizeof OWN_FILE - 1) == 0;
}

/* Memory behind a file's mapping may be the rest of a module's data: of one that the snapshot knows, or of another (dlmopen(3)).
 * data_end: where that ends. */
static bool add_mapping(struct image *image, const struct mapping *mapping, uint64_t data_end) {
    struct area area = {.start = mapping->start, .end = mapping->end, .kind = AREA_ROOT};
    bool is_file = mapping->inode != 0;
    if (is_kernels(mapping))
        return true;
    if (mapping->rights[3] == 's') {
        area.shared = true;
        return mapping->rights[1] != 'w' ||
               add_but_the_shims(image, area); /* what a file has, is not an address */
    }
    if (!is_file && mapping->rights[2] == 'x')
        area.kind = AREA_CODE;
    if (is_file || area.kind == AREA_CODE)
        return add_but_the_shims(image, area);
    area.end = data_end < mapping->start ? mapping->start : data_end < mapping->end ? data_end : mapping->end;
    if (area.end > area.start && !add_but_the_shims(image, area))
        return false;
    area = (struct area){.start = area.end,
                         .end = mapping->end,
                         .kind = AREA_PRIVATE,
                         .heap = strcmp(mapping->path, "[heap]") == 0,
                         .stack = strcmp(mapping->path, "[stack]") == 0};
    return add_but_the_shims(image, area);
}

static bool parse_head(const char *line, struct mapping *mapping) {
    int path = 0;
    struct mapping found = {0};
    if (sscanf(line, "%lx-%lx %7s %*x %*s %lu %n", &found.start, &found.end, found.rights, &found.inode,
               &path) < 4 ||
        path == 0)
        return false;
    snprintf(found.path, sizeof found.path, "%s", line + path);
    found.path[strcspn(found.path, "\n")] = '\0';
    *mapping = found;
    return true;
}

/* VmFlags: wf is MADV_WIPEONFORK, io and pf what a device has mapped. */
static bool is_strange(const char *flags) {
    return strstr(flags, " wf") || strstr(flags, " io") || strstr(flags, " pf");
}

static enum lw_frozen_refusal read_mappings(struct image *image, const struct snapshot *snapshot) {
    FILE *file = fdopen(dup(MAPS_FD), "r");
    char *line = NULL;
    size_t room = 0;
    struct mapping mapping = {0};
    uint64_t strange_file_end = 0;
    enum lw_frozen_refusal refusal = file ? LW_FROZEN_NONE : LW_FROZEN_NO_SYSTEM;
    while (refusal == LW_FROZEN_NONE && getline(&line, &room, file) > 0) {
        if (parse_head(line, &mapping)) {
            uint64_t end = module_end(snapshot, &mapping);
            bool follows = end == 0 && mapping.start == strange_file_end && mapping.path[0] != '[';
            if (strncmp(mapping.path, "/[aio]", 6) == 0)
                refusal = LW_FROZEN_QUEUES;
            else if (!add_mapping(image, &mapping, follows ? mapping.end : end))
                refusal = LW_FROZEN_MEMORY;
            bool strange =
                end == 0 && mapping.inode != 0 && mapping.rights[3] != 's' && !is_kernels(&mapping);
            strange_file_end = strange ? mapping.end : 0;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && mapping.path[0] != '[' && mapping.rights[0] != '-' &&
                   is_strange(line)) {
            refusal = LW_FROZEN_NO_FORK;
        }
    }
    free(line);
    if (file)
        fclose(file);
    return refusal == LW_FROZEN_NONE && image->area_count == 0 ? LW_FROZEN_NO_SYSTEM : refusal;
}

/* /proc/PID/pagemap: bit 63 present, 62 swapped, 61 a page of a file or of shared memory (kernel:
 * Documentation/admin-guide/mm/pagemap.rst). A page of a file that was not written to has no address in it. Pages of shared
 * memory need not be in the tables of the process. */
static bool is_wanted(uint64_t entry, const struct area *area) {
    return area->shared || ((entry & (3ull << 62)) && (area->kind != AREA_ROOT || !(entry & (1ull << 61))));
}

static enum lw_frozen_refusal read_pages(const struct area *area, uint64_t *left) {
    enum { BATCH = 4096 };
    static uint64_t entries[BATCH];
    uint64_t count = (area->end - area->start) / PAGE;
    for (uint64_t first = 0; first < count; first += BATCH) {
        size_t some = count - first < BATCH ? count - first : BATCH;
        off_t at = (off_t)((area->start / PAGE + first) * sizeof *entries);
        if (pread(PAGES_FD, entries, some * sizeof *entries, at) != (ssize_t)(some * sizeof *entries))
            return LW_FROZEN_NO_SYSTEM;
        for (size_t i = 0, run = 0; i < some; i += run ? run : 1) {
            for (run = 0; i + run < some && is_wanted(entries[i + run], area);)
                run++;
            uint64_t offset = (first + i) * PAGE, size = run * PAGE;
            if (size > *left)
                return LW_FROZEN_LARGE;
            if (size > 0 && !image_peek(area->start + offset, area->bytes + offset, size))
                return LW_FROZEN_UNREADABLE;
            *left -= size;
        }
    }
    return LW_FROZEN_NONE;
}

static bool is_of_the_shim(const struct image *image, const struct area *area) {
    return area->start >= image->frozen.image_start &&
           area->end <= (image->frozen.image_end + PAGE - 1) / PAGE * PAGE;
}

/* What wrappers have noted of waits lies on the stacks of the program's threads. */
static void blank_records(const struct image *image) {
    for (uint64_t i = 0; i < image->frozen.thread_count; i++) {
        uint64_t start = image->threads[i].record, end = image->threads[i].record_end;
        const struct area *area = start < end ? image_area(image, start) : NULL;
        if (area && end <= area->end)
            memset(area->bytes + (start - area->start), 0, end - start);
    }
}

static enum lw_frozen_refusal read_areas(struct image *image) {
    uint64_t left = MOST_BYTES;
    for (size_t i = 0; i < image->area_count; i++) {
        struct area *area = &image->areas[i];
        void *bytes = mmap(NULL, area->end - area->start, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (bytes == MAP_FAILED)
            return LW_FROZEN_MEMORY;
        madvise(bytes, area->end - area->start,
                MADV_HUGEPAGE); /* it is read from end to end, and at random */
        area->bytes = bytes;
        enum lw_frozen_refusal refusal =
            is_of_the_shim(image, area) ? LW_FROZEN_NONE : read_pages(area, &left);
        if (refusal != LW_FROZEN_NONE)
            return refusal;
    }
    blank_records(image);
    return LW_FROZEN_NONE;
}

/* MADV_DONTFORK: what is mapped in the process and not here. */
static bool is_whole(const struct image *image) {
    char words[128];
    ssize_t length = read(SIZE_FD, words, sizeof words - 1);
    words[length > 0 ? length : 0] = '\0';
    return image->frozen.pages != 0 && strtoull(words, NULL, 10) == image->frozen.pages;
}

static int by_start(const void *a, const void *b) {
    const struct lw_frozen_range *first = a, *second = b;
    return first->start < second->start ? -1 : first->start > second->start;
}

enum lw_frozen_refusal image_read(struct image *image, const struct snapshot *snapshot, uint64_t at) {
    *image = (struct image){0};
    if (at < LW_FROZEN_REFUSAL_COUNT)
        return (enum lw_frozen_refusal)at;
    if (!image_peek(at, &image->frozen, sizeof image->frozen) || image->frozen.magic != LW_FROZEN_MAGIC ||
        image->frozen.size != sizeof image->frozen)
        return LW_FROZEN_NO_COPY;
    image->threads = read_array(image->frozen.threads, image->frozen.thread_count, sizeof *image->threads);
    image->ranges = read_array(image->frozen.ranges, image->frozen.range_count, sizeof *image->ranges);
    qsort(image->ranges, image->ranges ? image->frozen.range_count : 0, sizeof *image->ranges, by_start);
    image->words = read_array(image->frozen.words, image->frozen.word_count, sizeof *image->words);
    if (!image->threads || !image->ranges || !image->words)
        return LW_FROZEN_NO_SYSTEM;
    enum lw_frozen_refusal refusal = await_end(image);
    if (refusal == LW_FROZEN_NONE && !is_whole(image))
        refusal = LW_FROZEN_NO_FORK;
    if (refusal == LW_FROZEN_NONE)
        refusal = read_mappings(image, snapshot);
    return refusal == LW_FROZEN_NONE ? read_areas(image) : refusal;
}

const struct area *image_area(const struct image *image, uint64_t address) {
    size_t low = 0, high = image->area_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (image->areas[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < image->area_count && image->areas[low].start <= address ? &image->areas[low] : NULL;
}

uint64_t image_word(const struct image *image, uint64_t address) {
    const struct area *area = image_area(image, address);
    uint64_t word = 0;
    if (area && area->end - address >= sizeof word)
        memcpy(&word, area->bytes + (address - area->start), sizeof word);
    return word;
}
