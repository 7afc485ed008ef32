/* Writes a snapshot into memory of the caller's. Allocates nothing and makes no system call: it runs in the
 * watched program, possibly in a signal handler. What finds no room is left out and said (`overflow`). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

/* Upper bounds of what will be put in. */
struct snapshot_capacity {
#define X(name, type) uint64_t name;
    LW_SECTIONS(X) /* strings: in bytes */
#undef X
};

struct snapshot_writer {
    char *base;
    struct lw_snapshot_header *header; /* = base; its scalar fields are the caller's to fill */
    struct snapshot_capacity room;
    bool overflow;
    /* stacks that were kept last: threads of a group have the same one, which need not be there twice */
    struct {
        uint64_t first;
        uint32_t count;
    } stacks[4];
    unsigned next_stack;
    uint32_t words[8]; /* strings that were kept last, likewise */
    unsigned next_words;
};

/* Bytes that a snapshot with this room takes. */
size_t snapshot_size(const struct snapshot_capacity *room);
/* Starts a snapshot in zeroed memory of snapshot_size(room) bytes, 8-byte aligned. */
void snapshot_begin(struct snapshot_writer *writer, void *base, const struct snapshot_capacity *room);
/* The next element to fill, zeroed; NULL when there is no room. */
struct lw_snapshot_thread *snapshot_thread(struct snapshot_writer *writer);
struct lw_snapshot_module *snapshot_module(struct snapshot_writer *writer);
struct lw_snapshot_wake *snapshot_wake(struct snapshot_writer *writer);
struct lw_snapshot_hold *snapshot_hold(struct snapshot_writer *writer);
struct lw_snapshot_gone *snapshot_gone(struct snapshot_writer *writer);
struct lw_snapshot_write *snapshot_write(struct snapshot_writer *writer);
/* One frame on its own: its index, and in *count whether there was one (address 0 is none) and room. */
uint64_t snapshot_frame(struct snapshot_writer *writer, uint64_t address, uint32_t *count);
/* Returns the index of the first frame kept and sets *count to how many found room. */
uint64_t snapshot_frames(struct snapshot_writer *writer, const uint64_t *frames, uint32_t *count);
/* Returns the string's offset; 0, the empty string, when there is no room. */
uint32_t snapshot_string(struct snapshot_writer *writer, const char *words);
/* Bytes from the start to the end of what was put in: the strings come last. */
size_t snapshot_used(const struct snapshot_writer *writer);
