#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mappings.h"
#include "pages.h"
#include "peek.h"

/* As the shim opens it behind the snapshot (preload/report/launch.c). */
enum { SIZE_FD = 7 };
enum { PAGE = 4096, LARGE = 64 << 20 };
#define MOST_BYTES (1ull << 30)

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

static bool is_of_the_shim(const struct image *image, const struct area *area) {
    return area->start >= image->frozen.image_start &&
           area->end <= (image->frozen.image_end + PAGE - 1) / PAGE * PAGE;
}

/* What wrappers have noted of waits lies on the stacks of the program's threads. */
static void blank_records(struct image *image) {
    for (uint64_t i = 0; i < image->frozen.thread_count; i++)
        image_blank(image, image->threads[i].record, image->threads[i].record_end);
}

static enum lw_frozen_refusal find_pages(struct image *image) {
    for (size_t i = 0; i < image->area_count; i++) {
        struct area *area = &image->areas[i];
        enum lw_frozen_refusal refusal = is_of_the_shim(image, area) ? LW_FROZEN_NONE : pages_find(area);
        for (size_t k = 0; k < area->run_count && refusal == LW_FROZEN_NONE; k++) {
            image->bytes += area->runs[k].end - area->runs[k].start;
            if (image->bytes > MOST_BYTES)
                refusal = LW_FROZEN_LARGE;
        }
        if (refusal != LW_FROZEN_NONE)
            return refusal;
    }
    image->is_large = image->bytes >= LARGE;
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
    if (!image->threads || !image->ranges || !image->words || !image_peek_begin(image))
        return LW_FROZEN_NO_SYSTEM;
    enum lw_frozen_refusal refusal = await_end(image);
    if (refusal == LW_FROZEN_NONE && !is_whole(image))
        refusal = LW_FROZEN_NO_FORK;
    if (refusal == LW_FROZEN_NONE)
        refusal = mappings_read(image, snapshot);
    if (refusal == LW_FROZEN_NONE)
        refusal = find_pages(image);
    return refusal;
}
