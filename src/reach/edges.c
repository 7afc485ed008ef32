#include "edges.h"

#include <stdlib.h>

#include "least.h"
#include "peek.h"
#include "reserve.h"

enum { LINE = 64 };
enum { SLICE = 1 << SLICE_BITS, PLACE_SHIFT = KIND_BITS + TARGET_BITS };
enum { POINTER_GUARD = 0x30, MANGLE_SHIFT = 17 };
/* Of a word, as it is and mangled; where it may be an operand, three more, and one at each byte. */
enum { MOST_OF_WORD = 2, MOST_OF_OFFSET = 5, MOST_OF_SLICE = MOST_OF_OFFSET * SLICE };
#define MOST_EDGES (1ull << 27) /* they take as much as the largest copy would */

/* Every thread has the same guard (tcbhead_t, sysdeps/x86_64/nptl/tls.h). */
static uint64_t find_guard(const struct image *image) {
    uint64_t guard = 0;
    for (uint64_t i = 0; i < image->frozen.thread_count && guard == 0; i++)
        if (image->threads[i].tid > 0)
            guard = image_word(image, image->threads[i].handle + POINTER_GUARD);
    return guard;
}

/* Something lies there. */
static void expect(struct edges *edges, uint64_t start, uint64_t end) {
    uint64_t highest = edges->lowest + edges->span;
    edges->lowest = start < edges->lowest ? start : edges->lowest;
    edges->span = (end > highest ? end : highest) - edges->lowest;
    pieces_add(&edges->pieces, start, end);
}

static size_t most_edges(const struct edges *edges) {
    uint64_t most = MOST_OF_SLICE;
    for (size_t i = 0; i < edges->image->area_count; i++) {
        const struct area *area = &edges->image->areas[i];
        for (size_t k = 0; k < area->run_count; k++) {
            uint64_t bytes = area->runs[k].end - area->runs[k].start;
            most += area->step == 1 ? bytes * MOST_OF_OFFSET : bytes / WORD * MOST_OF_WORD;
        }
    }
    return most < MOST_EDGES ? most : MOST_EDGES;
}

bool edges_begin(struct edges *edges, struct image *image, bool every_offset, bool makes_code) {
    *edges = (struct edges){
        .image = image, .makes_code = makes_code, .guard = find_guard(image), .lowest = ADDRESS_BITS};
    for (size_t i = 0; i < image->area_count; i++)
        image->areas[i].step = every_offset || image->areas[i].code ? 1 : WORD;
    edges->windows = windows_begin(image);
    edges->room = most_edges(edges);
    edges->edge = reserve(edges->room * sizeof *edges->edge, image->is_large);
    for (size_t i = 0; i < image->area_count; i++)
        if (image->areas[i].kind == AREA_PRIVATE)
            expect(edges, image->areas[i].start, image->areas[i].end);
    for (uint64_t i = 0; i < image->frozen.thread_count; i++)
        if (image->threads[i].tid > 0)
            expect(edges, image->threads[i].handle & ADDRESS_BITS, image->threads[i].handle & ADDRESS_BITS);
    return edges->edge && edges->windows;
}

static bool begin_slice(struct edges *edges, uint64_t number) {
    if (edges->slice_count > 0 && edges->slices[edges->slice_count - 1].number == number)
        return true;
    if (edges->slice_count == edges->slice_room) {
        size_t room = edges->slice_room ? 2 * edges->slice_room : 1024;
        struct slice *more = realloc(edges->slices, room * sizeof *more);
        edges->no_memory |= !more;
        if (!more)
            return false;
        edges->slices = more;
        edges->slice_room = room;
    }
    edges->slices[edges->slice_count++] = (struct slice){.number = number, .first = edges->count};
    return true;
}

/* What is asked of every word, and where those go that pass. */
struct sieve {
    uint64_t lowest, span, guard;
    const struct pieces *pieces;
    uint64_t *next;
};

static inline void see(struct sieve *sieve, uint64_t address, uint64_t at, enum edge_kind kind) {
    address &= ADDRESS_BITS;
    if (address - sieve->lowest <= sieve->span && pieces_have(sieve->pieces, address))
        *sieve->next++ = at % SLICE << PLACE_SHIFT | (uint64_t)kind << TARGET_BITS | address;
}

/* The operand of an instruction: how far from the next instruction, which begins behind it or behind a number of at most four bytes; or
 * an address in the lowest 4 GiB. */
static void see_operand(struct sieve *sieve, uint32_t operand, uint64_t at) {
    uint64_t from = at + sizeof operand + (uint64_t)(int64_t)(int32_t)operand;
    see(sieve, from, at, EDGE_OPERAND);
    see(sieve, from + sizeof(uint32_t), at, EDGE_OPERAND);
    see(sieve, operand, at, EDGE_OPERAND);
}

static inline void see_word(struct sieve *sieve, uint64_t word, uint64_t at) {
    if (word == 0)
        return;
    see(sieve, word, at, EDGE_WORD);
    if (sieve->guard)
        see(sieve, (word >> MANGLE_SHIFT | word << (64 - MANGLE_SHIFT)) ^ sieve->guard, at, EDGE_MANGLED);
}

static inline uint64_t word_at(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline bool is_zero(const unsigned char *line) {
    uint64_t all = 0;
    for (unsigned i = 0; i < LINE; i += WORD)
        all |= word_at(line + i);
    return all == 0;
}

/* Words that begin in [at, to), by lines, of which most are zero. */
static void see_words(struct sieve *of_edges, const unsigned char *bytes, uint64_t at, uint64_t to) {
    struct sieve sieve = *of_edges;
    for (; to - at >= LINE; at += LINE, bytes += LINE)
        if (!is_zero(bytes))
            for (unsigned i = 0; i < LINE; i += WORD)
                see_word(&sieve, word_at(bytes + i), at + i);
    for (; at < to; at += WORD, bytes += WORD)
        see_word(&sieve, word_at(bytes), at);
    *of_edges = sieve;
}

/* The same at every offset. */
static void see_bytes(struct sieve *sieve, const unsigned char *bytes, uint64_t at, uint64_t to,
                      bool as_code) {
    for (; at < to; at++, bytes++) {
        uint64_t word = word_at(bytes);
        see_word(sieve, word, at);
        if (as_code && word != 0)
            see_operand(sieve, (uint32_t)word, at);
    }
}

/* Those of one slice, in the window. */
static void see_slice(struct edges *edges, uint64_t at, uint64_t to) {
    struct sieve sieve = {.lowest = edges->lowest,
                          .span = edges->span,
                          .guard = edges->guard,
                          .pieces = &edges->pieces,
                          .next = edges->edge + edges->count};
    const unsigned char *bytes = edges->window + (at - edges->start);
    if (edges->area->step == 1)
        see_bytes(&sieve, bytes, at, to, edges->area->code || edges->makes_code);
    else
        see_words(&sieve, bytes, at, to);
    edges->count = (size_t)(sieve.next - edges->edge);
}

static void see_run(struct edges *edges, uint64_t from, uint64_t to) {
    while (from < to) {
        uint64_t end = (from / SLICE + 1) * SLICE;
        end = end < to ? end : to;
        edges->too_many |= edges->count + MOST_OF_SLICE > edges->room;
        if (edges->too_many || !begin_slice(edges, from / SLICE))
            return;
        see_slice(edges, from, end);
        from = end;
    }
}

/* One window more. */
static void read_window(struct edges *edges) {
    struct window window;
    if (!window_after(edges->area, edges->scanned, &window)) {
        edges->scanned = edges->area->end;
        return;
    }
    edges->start = window.start;
    edges->window = windows_next(edges->windows, &window);
    edges->size = edges->window ? window.size : 0;
    if (edges->window)
        see_run(edges, window.from, window.to);
    edges->scanned = edges->window ? window.scanned : edges->area->end;
}

void edges_enter(struct edges *edges, const struct area *area) {
    edges->area = area;
    edges->size = 0;
    edges->scanned = area->start > edges->scanned ? area->start : edges->scanned;
}

void edges_leave(struct edges *edges) {
    while (edges->scanned < edges->area->end)
        read_window(edges);
    edges->size = 0;
}

static bool has_word(const struct edges *edges, uint64_t address) {
    return address >= edges->start && edges->size >= WORD && address - edges->start <= edges->size - WORD;
}

uint64_t edges_read_on(struct edges *edges, uint64_t address) {
    const struct area *area = edges->area;
    if (address < area->start || address >= area->end || area->end - address < WORD)
        return 0;
    while (edges->scanned < address + WORD && edges->scanned < area->end)
        read_window(edges);
    if (!has_word(edges, address)) {
        struct window window = window_at(area, address);
        edges->start = window.start;
        edges->window = windows_again(edges->windows, &window);
        edges->size = edges->window ? window.size : 0;
    }
    return has_word(edges, address) ? word_at(edges->window + (address - edges->start)) : 0;
}

static uint64_t place_of(const struct edges *edges, size_t slice, size_t number) {
    return edges->slices[slice].number * SLICE + (edges->edge[number] >> PLACE_SHIFT);
}

static size_t end_of_slice(const struct edges *edges, size_t slice) {
    return slice + 1 < edges->slice_count ? edges->slices[slice + 1].first : edges->count;
}

size_t edges_from(const struct edges *edges, uint64_t address) {
    size_t slice = LEAST(edges->slice_count, i, edges->slices[i].number >= address / SLICE);
    if (slice == edges->slice_count)
        return edges->count;
    size_t first = edges->slices[slice].first;
    return first + LEAST(end_of_slice(edges, slice) - first, i, place_of(edges, slice, first + i) >= address);
}

size_t edges_next_from(const struct edges *edges, uint64_t address, size_t *slice, size_t *next) {
    while (*slice < edges->slice_count && edges->slices[*slice].number < address / SLICE)
        *next = end_of_slice(edges, (*slice)++);
    if (*slice < edges->slice_count && edges->slices[*slice].number == address / SLICE)
        for (size_t end = end_of_slice(edges, *slice);
             *next < end && edges->edge[*next] >> PLACE_SHIFT < address % SLICE; ++*next)
            ;
    return *next;
}

uint64_t edges_at(const struct edges *edges, size_t number) {
    size_t behind = LEAST(edges->slice_count, i, edges->slices[i].first > number);
    return behind > 0 ? place_of(edges, behind - 1, number) : 0;
}
