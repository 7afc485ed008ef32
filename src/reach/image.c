#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "least.h"
#include "mappings.h"
#include "pages.h"

/* As the shim opens them behind the snapshot (preload/report/launch.c). */
enum { MEMORY_FD = 4, SIZE_FD = 7 };
enum { PAGE = 4096 };
enum { LEAST_HUGE = 4 << 20 };
#define MOST_BYTES (1ull << 30)

/* Of the copy; 0: it is not known. */
static pid_t copy_pid(void) {
    char link[32], path[64];
    int pid = 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", MEMORY_FD);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return sscanf(path, "/proc/%d/mem", &pid) == 1 ? pid : 0;
}

/* How much of it: it takes half the time that /proc does, but may be refused (ptrace(2), Yama), and reads no protected memory. */
static size_t peek_at_once(uint64_t address, void *into, size_t size) {
    enum { LEAST_WORTH = 65536 };
    static pid_t pid = -1;
    struct iovec local = {.iov_base = into, .iov_len = size},
                 remote = {.iov_base = (void *)address, .iov_len = size};
    if (size < LEAST_WORTH || pid == 0)
        return 0;
    pid = pid < 0 ? copy_pid() : pid;
    ssize_t got = pid > 0 ? process_vm_readv(pid, &local, 1, &remote, 1, 0) : -1;
    if (got < 0 && errno != EFAULT)
        pid = 0;
    return got > 0 ? (size_t)got : 0;
}

bool image_peek(uint64_t address, void *into, size_t size) {
    for (size_t done = peek_at_once(address, into, size); done < size;) {
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

static enum lw_frozen_refusal read_runs(const struct area *area, uint64_t *left) {
    for (size_t i = 0; i < area->run_count; i++) {
        const struct run *run = &area->runs[i];
        uint64_t size = run->end - run->start;
        if (size > *left)
            return LW_FROZEN_LARGE;
        if (size >=
            LEAST_HUGE) /* it is read from end to end, and at random; for less, most of such a page would be empty */
            madvise(area->bytes + (run->start - area->start), size, MADV_HUGEPAGE);
        if (!image_peek(run->start, area->bytes + (run->start - area->start), size))
            return LW_FROZEN_UNREADABLE;
        *left -= size;
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
        area->bytes = bytes;
        madvise(bytes, area->end - area->start, MADV_NOHUGEPAGE);
        if (is_of_the_shim(image, area))
            continue;
        enum lw_frozen_refusal refusal = pages_find(area);
        if (refusal == LW_FROZEN_NONE)
            refusal = read_runs(area, &left);
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
        refusal = mappings_read(image, snapshot);
    if (refusal == LW_FROZEN_NONE)
        refusal = read_areas(image);
    return refusal;
}

const struct area *image_area(const struct image *image, uint64_t address) {
    size_t at = LEAST(image->area_count, i, image->areas[i].end > address);
    return at < image->area_count && image->areas[at].start <= address ? &image->areas[at] : NULL;
}

uint64_t image_word(const struct image *image, uint64_t address) {
    const struct area *area = image_area(image, address);
    uint64_t word = 0;
    if (area && area->end - address >= sizeof word)
        memcpy(&word, area->bytes + (address - area->start), sizeof word);
    return word;
}
