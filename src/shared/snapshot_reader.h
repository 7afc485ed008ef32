/* Reads a snapshot and checks every bound before anything else sees it: after snapshot_read every index,
 * offset, string and enumeration in it may be used without a check. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "snapshot.h"

/* What a frame from LW_FRAME_SCRIPT on is: of Python. */
struct lw_script_frame {
    char *function, *file;
    int line;
};

struct snapshot {
    const struct lw_snapshot_header *header;
#define X(name, type) const type *name;
    LW_SECTIONS(X)
#undef X
    void *base; /* NULL when the bytes are the caller's */
    size_t size;
    int fd;
    const struct lw_script_frame *scripts; /* found in the running process by the tool, not in the file */
    size_t script_count;
};

/* Opens and checks the snapshot at path. Returns NULL, or what is wrong with it, in words that follow "path:
 * ". The words are static or live in `room` (256 bytes). */
const char *snapshot_read(struct snapshot *snapshot, const char *path, char room[256]);
/* The check alone, on bytes in memory (8-byte aligned). NULL if they are a whole snapshot. */
const char *snapshot_check(struct snapshot *snapshot, const void *bytes, size_t size, char room[256]);
/* The same of an open file that another process may still change or cut: it is read into memory first. */
const char *snapshot_copy(struct snapshot *snapshot, int fd, char room[256]);
void snapshot_close(struct snapshot *snapshot);

static inline const char *snapshot_words(const struct snapshot *snapshot, uint32_t offset) {
    return snapshot->strings + offset;
}

/* Of a number that may be no string's, as a value of a wait is not looked at when the snapshot is opened: then there are no words. */
static inline const char *snapshot_words_at(const struct snapshot *snapshot, int64_t offset) {
    bool inside = offset > 0 && (uint64_t)offset < snapshot->header->strings.count;
    return snapshot->strings + (inside ? offset : 0);
}

/* Leaves an answer for the process that made it, if it can be written to. */
void snapshot_answer(const struct snapshot *snapshot, enum lw_answer answer);
/* Writes all of it into a snapshot's file, or behind the snapshot there. False, with errno, if that cannot be. */
bool snapshot_put(int fd, const void *bytes, size_t size, uint64_t at);
