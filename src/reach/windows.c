#include "windows.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "least.h"
#include "peek.h"

/* A few of them stay in a processor's cache. */
enum { SIZE = 256 << 10, AHEAD = 3, PAGE = 4096 };

struct slot {
    bool is_read;
    unsigned char bytes[SIZE];
};

struct windows {
    const struct image *image;
    bool has_begun, reads_ahead, failed;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t made, given; /* slots in use are from `given`, which is looked through, to before `made` */
    bool is_given;
    struct slot slots[AHEAD];
    unsigned char bytes[SIZE]; /* what is read out of turn */
};

/* Where something may begin of a run: at every offset, a word that begins before it has zeros there. */
static uint64_t first_of(const struct area *area, const struct run *run) {
    uint64_t before = WORD - area->step;
    return run->start - area->start >= before ? run->start - before : run->start;
}

/* Of what is not there as little as possible is made. */
bool window_after(const struct area *area, uint64_t scanned, struct window *window) {
    size_t number = LEAST(area->run_count, i, area->runs[i].end > scanned);
    if (number == area->run_count)
        return false;
    const struct run *run = &area->runs[number];
    uint64_t first = first_of(area, run), from = first > scanned ? first : scanned;
    uint64_t to = area->step < WORD && run->end < area->end ? run->end + PAGE : run->end;
    *window = (struct window){.area = area, .start = from / PAGE * PAGE, .from = from};
    window->size = to - window->start < SIZE ? to - window->start : SIZE;
    uint64_t end = window->start + window->size - (WORD - area->step);
    window->to = end < run->end ? end : run->end;
    window->scanned = end < run->end && end + WORD <= area->end ? end : run->end;
    return true;
}

struct window window_at(const struct area *area, uint64_t address) {
    uint64_t start = address / PAGE * PAGE, size = area->end - start;
    return (struct window){.area = area, .start = start, .size = size < SIZE ? size : SIZE};
}

static struct slot *slot_to_fill(struct windows *windows) {
    pthread_mutex_lock(&windows->mutex);
    while (windows->made - windows->given == AHEAD)
        pthread_cond_wait(&windows->changed, &windows->mutex);
    pthread_mutex_unlock(&windows->mutex);
    return &windows->slots[windows->made % AHEAD];
}

static void *read_ahead(void *of) {
    struct windows *windows = of;
    const struct image *image = windows->image;
    for (size_t i = 0; i < image->area_count; i++) {
        const struct area *area = &image->areas[i];
        struct window window = {.scanned = area->start};
        while (window_after(area, window.scanned, &window)) {
            struct slot *slot = slot_to_fill(windows);
            slot->is_read = image_load(image, area, window.start, window.start + window.size, slot->bytes);
            pthread_mutex_lock(&windows->mutex);
            windows->made++;
            pthread_cond_signal(&windows->changed);
            pthread_mutex_unlock(&windows->mutex);
        }
    }
    return NULL;
}

struct windows *windows_begin(const struct image *image) {
    struct windows *windows = calloc(1, sizeof *windows);
    if (!windows)
        return NULL;
    windows->image = image;
    pthread_mutex_init(&windows->mutex, NULL);
    pthread_cond_init(&windows->changed, NULL);
    return windows;
}

/* The one that comes next, when it has been read. */
static const struct slot *next_slot(struct windows *windows) {
    pthread_mutex_lock(&windows->mutex);
    windows->given += windows->is_given;
    windows->is_given = true;
    pthread_cond_signal(&windows->changed);
    while (windows->made == windows->given)
        pthread_cond_wait(&windows->changed, &windows->mutex);
    pthread_mutex_unlock(&windows->mutex);
    return &windows->slots[windows->given % AHEAD];
}

const unsigned char *windows_again(struct windows *windows, const struct window *window) {
    bool is_read =
        image_load(windows->image, window->area, window->start, window->start + window->size, windows->bytes);
    return is_read ? windows->bytes : NULL;
}

static const unsigned char *await(struct windows *windows) {
    const struct slot *slot = next_slot(windows);
    return slot->is_read ? slot->bytes : NULL;
}

/* Not before the first is asked for: until then more of the image may become blank. */
static void begin(struct windows *windows) {
    pthread_t thread;
    windows->has_begun = true;
    windows->reads_ahead =
        windows->image->is_large && pthread_create(&thread, NULL, read_ahead, windows) == 0;
}

const unsigned char *windows_next(struct windows *windows, const struct window *window) {
    if (!windows->has_begun)
        begin(windows);
    if (windows->failed) /* all that comes is for nothing */
        return NULL;
    const unsigned char *bytes = windows->reads_ahead ? await(windows) : windows_again(windows, window);
    windows->failed = !bytes;
    return bytes;
}
