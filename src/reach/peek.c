#include "peek.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "least.h"

enum { MEMORY_FD = 4 /* as the shim opens it behind the snapshot (preload/report/launch.c) */ };
enum { PAGE = 4096, KEPT_PAGES = 512 };

struct peeked {
    bool failed;
    uint64_t page[KEPT_PAGES]; /* by address; 0: none is kept there */
    unsigned char bytes[KEPT_PAGES][PAGE];
};

/* Not process_vm_readv(2), which would make the copy's pages its own first, for it pins what it reads (kernel: mm/gup.c, FAULT_FLAG_UNSHARE). */
bool image_peek(uint64_t address, void *into, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(MEMORY_FD, (char *)into + done, size - done, (off_t)(address + done));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

const struct area *image_area(const struct image *image, uint64_t address) {
    size_t at = LEAST(image->area_count, i, image->areas[i].end > address);
    return at < image->area_count && image->areas[at].start <= address ? &image->areas[at] : NULL;
}

/* Few are made, and most by address. */
void image_blank(struct image *image, uint64_t start, uint64_t end) {
    const struct area *area = start < end ? image_area(image, start) : NULL;
    if (!area || end > area->end)
        return;
    size_t at = LEAST(image->blank_count, i, image->blanks[i].start > start);
    memmove(&image->blanks[at + 1], &image->blanks[at], (image->blank_count - at) * sizeof *image->blanks);
    image->blanks[at] = (struct run){.start = start, .end = end};
    image->blank_count++;
    memset(image->peeked->page, 0, sizeof image->peeked->page);
}

static void make_blank(const struct image *image, uint64_t start, uint64_t end, unsigned char *bytes) {
    for (size_t i = LEAST(image->blank_count, k, image->blanks[k].end > start);
         i < image->blank_count && image->blanks[i].start < end; i++) {
        uint64_t from = image->blanks[i].start > start ? image->blanks[i].start : start;
        uint64_t to = image->blanks[i].end < end ? image->blanks[i].end : end;
        memset(bytes + (from - start), 0, to - from);
    }
}

bool image_load(const struct image *image, const struct area *area, uint64_t start, uint64_t end,
                unsigned char *into) {
    uint64_t at = start;
    for (size_t i = LEAST(area->run_count, k, area->runs[k].end > start);
         i < area->run_count && area->runs[i].start < end; i++) {
        uint64_t from = area->runs[i].start > start ? area->runs[i].start : start;
        uint64_t to = area->runs[i].end < end ? area->runs[i].end : end;
        memset(into + (at - start), 0, from - at);
        at = to;
        if (image_peek(from, into + (from - start), to - from))
            continue;
        image->peeked->failed = true;
        return false;
    }
    memset(into + (at - start), 0, end - at);
    make_blank(image, start, end, into);
    return true;
}

/* NULL: none is there. */
static const unsigned char *page_at(const struct image *image, uint64_t page) {
    struct peeked *peeked = image->peeked;
    size_t slot = page / PAGE % KEPT_PAGES;
    if (page != 0 && peeked->page[slot] == page)
        return peeked->bytes[slot];
    const struct area *area = image_area(image, page);
    peeked->page[slot] = 0;
    if (!area || !image_load(image, area, page, page + PAGE, peeked->bytes[slot]))
        return NULL;
    peeked->page[slot] = page;
    return peeked->bytes[slot];
}

uint64_t image_word(const struct image *image, uint64_t address) {
    uint64_t word = 0, within = address % PAGE;
    if (within <= PAGE - sizeof word) {
        const unsigned char *page = page_at(image, address - within);
        if (page)
            memcpy(&word, page + within, sizeof word);
        return word;
    }
    const struct area *area = image_area(image, address);
    unsigned char bytes[sizeof word];
    if (area && area->end - address >= sizeof word &&
        image_load(image, area, address, address + sizeof word, bytes))
        memcpy(&word, bytes, sizeof word);
    return word;
}

bool image_is_unreadable(const struct image *image) {
    return image->peeked->failed;
}

bool image_peek_begin(struct image *image) {
    image->peeked = calloc(1, sizeof *image->peeked);
    image->blanks = calloc(image->frozen.thread_count + 2, sizeof *image->blanks);
    return image->peeked && image->blanks;
}
