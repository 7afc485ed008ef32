#include "pages.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PAGES_FD = 6 /* as the shim opens it (preload/report/launch.c) */, PAGE = 4096 };
/* Where the kernel does not tell of what is not there but page by page. */
#define MOST_ASKED (256ull << 30)

/* PAGEMAP_SCAN, since Linux 6.7 (kernel: include/uapi/linux/fs.h, Documentation/admin-guide/mm/pagemap.rst). */
struct region {
    uint64_t start, end, categories;
};
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
enum { IS_FILE = 1 << 2, IS_PRESENT = 1 << 3, IS_SWAPPED = 1 << 4, IS_ZERO = 1 << 5 };
#define SCAN _IOWR('f', 16, struct scan)

static bool add(struct area *area, uint64_t start, uint64_t end) {
    if (area->run_count > 0 && area->runs[area->run_count - 1].end == start) {
        area->runs[area->run_count - 1].end = end;
        return true;
    }
    if ((area->run_count & (area->run_count - 1)) == 0) {
        void *more = realloc(area->runs, (area->run_count ? 2 * area->run_count : 1) * sizeof *area->runs);
        if (!more)
            return false;
        area->runs = more;
    }
    area->runs[area->run_count++] = (struct run){.start = start, .end = end};
    return true;
}

/* LW_FROZEN_NO_SYSTEM: this kernel does not. */
static enum lw_frozen_refusal scan(struct area *area) {
    enum { REGIONS = 512 };
    struct region regions[REGIONS];
    uint64_t without = IS_ZERO | (area->kind == AREA_ROOT ? IS_FILE : 0);
    struct scan scan = {.size = sizeof scan,
                        .start = area->start,
                        .end = area->end,
                        .vec = (uintptr_t)regions,
                        .vec_len = REGIONS,
                        .category_inverted = without,
                        .category_mask = without,
                        .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
                        .return_mask = IS_PRESENT};
    while (scan.start < area->end) {
        int found = ioctl(PAGES_FD, SCAN, &scan);
        if (found < 0 || scan.walk_end <= scan.start)
            return LW_FROZEN_NO_SYSTEM;
        for (int i = 0; i < found; i++)
            if (!add(area, regions[i].start, regions[i].end))
                return LW_FROZEN_MEMORY;
        scan.start = scan.walk_end;
    }
    return LW_FROZEN_NONE;
}

/* Bit 63 present, 62 swapped, 61 a page of a file. */
static bool is_wanted(uint64_t entry, const struct area *area) {
    return (entry & (3ull << 62)) && (area->kind != AREA_ROOT || !(entry & (1ull << 61)));
}

static enum lw_frozen_refusal ask_for_each(struct area *area) {
    enum { BATCH = 4096 };
    static uint64_t entries[BATCH];
    static uint64_t asked;
    uint64_t count = (area->end - area->start) / PAGE;
    asked += area->end - area->start;
    if (asked > MOST_ASKED)
        return LW_FROZEN_LARGE;
    for (uint64_t first = 0; first < count; first += BATCH) {
        size_t some = count - first < BATCH ? count - first : BATCH;
        off_t at = (off_t)((area->start / PAGE + first) * sizeof *entries);
        if (pread(PAGES_FD, entries, some * sizeof *entries, at) != (ssize_t)(some * sizeof *entries))
            return LW_FROZEN_NO_SYSTEM;
        for (size_t i = 0; i < some; i++) {
            uint64_t start = area->start + (first + i) * PAGE;
            if (is_wanted(entries[i], area) && !add(area, start, start + PAGE))
                return LW_FROZEN_MEMORY;
        }
    }
    return LW_FROZEN_NONE;
}

enum lw_frozen_refusal pages_find(struct area *area) {
    enum lw_frozen_refusal refusal = scan(area);
    if (refusal != LW_FROZEN_NO_SYSTEM)
        return refusal;
    area->run_count = 0;
    return ask_for_each(area);
}
