#include "snapshot_writer.h"

#include <string.h>

static uint64_t aligned(uint64_t bytes) {
    return (bytes + 7) & ~(uint64_t)7;
}

size_t snapshot_size(const struct snapshot_capacity *room) {
    uint64_t end = aligned(sizeof(struct lw_snapshot_header));
#define X(name, type) end = aligned(end + room->name * sizeof(type));
    LW_SECTIONS(X)
#undef X
    return end;
}

void snapshot_begin(struct snapshot_writer *writer, void *base, const struct snapshot_capacity *room) {
    struct lw_snapshot_header *header = base;
    *writer = (struct snapshot_writer){.base = base, .header = header, .room = *room};
    memcpy(header->magic, LW_SNAPSHOT_MAGIC, sizeof header->magic);
    header->byte_order = LW_BYTE_ORDER_MARK;
    header->version = LW_SNAPSHOT_VERSION;
    header->header_size = sizeof *header;
    uint64_t end = aligned(sizeof *header);
#define X(name, type)                   \
    header->name##_size = sizeof(type); \
    header->name.offset = end;          \
    end = aligned(end + room->name * sizeof(type));
    LW_SECTIONS(X)
#undef X
    header->strings.count = 1; /* the empty string */
}

static void *next(struct snapshot_writer *writer, struct lw_section *section, uint64_t room, size_t size) {
    if (section->count >= room) {
        writer->overflow = true;
        return NULL;
    }
    return writer->base + section->offset + section->count++ * size;
}

struct lw_snapshot_thread *snapshot_thread(struct snapshot_writer *writer) {
    return next(writer, &writer->header->threads, writer->room.threads, sizeof(struct lw_snapshot_thread));
}

struct lw_snapshot_module *snapshot_module(struct snapshot_writer *writer) {
    return next(writer, &writer->header->modules, writer->room.modules, sizeof(struct lw_snapshot_module));
}

struct lw_snapshot_wake *snapshot_wake(struct snapshot_writer *writer) {
    return next(writer, &writer->header->wakes, writer->room.wakes, sizeof(struct lw_snapshot_wake));
}

struct lw_snapshot_hold *snapshot_hold(struct snapshot_writer *writer) {
    return next(writer, &writer->header->holds, writer->room.holds, sizeof(struct lw_snapshot_hold));
}

struct lw_snapshot_gone *snapshot_gone(struct snapshot_writer *writer) {
    return next(writer, &writer->header->gone, writer->room.gone, sizeof(struct lw_snapshot_gone));
}

struct lw_snapshot_write *snapshot_write(struct snapshot_writer *writer) {
    return next(writer, &writer->header->writes, writer->room.writes, sizeof(struct lw_snapshot_write));
}

uint64_t snapshot_frame(struct snapshot_writer *writer, uint64_t address, uint32_t *count) {
    *count = address != 0;
    return snapshot_frames(writer, &address, count);
}

uint64_t snapshot_frames(struct snapshot_writer *writer, const uint64_t *frames, uint32_t *count) {
    struct lw_section *section = &writer->header->frames;
    uint64_t *kept = (uint64_t *)(writer->base + section->offset);
    enum { STACKS = sizeof writer->stacks / sizeof *writer->stacks };
    for (unsigned i = 0; i<STACKS && * count> 1; i++)
        if (writer->stacks[i].count == *count &&
            memcmp(kept + writer->stacks[i].first, frames, *count * sizeof *frames) == 0)
            return writer->stacks[i].first;
    uint64_t left = writer->room.frames - section->count;
    if (*count > left) {
        *count = (uint32_t)left;
        writer->overflow = true;
    }
    uint64_t first = section->count;
    memcpy(kept + first, frames, *count * sizeof *frames);
    section->count += *count;
    if (*count > 1) {
        writer->stacks[writer->next_stack].first = first;
        writer->stacks[writer->next_stack].count = *count;
        writer->next_stack = (writer->next_stack + 1) % STACKS;
    }
    return first;
}

uint32_t snapshot_string(struct snapshot_writer *writer, const char *words) {
    struct lw_section *section = &writer->header->strings;
    size_t bytes = strlen(words) + 1;
    if (bytes == 1)
        return 0;
    enum { STRINGS = sizeof writer->words / sizeof *writer->words };
    for (unsigned i = 0; i < STRINGS; i++)
        if (writer->words[i] && memcmp(writer->base + section->offset + writer->words[i], words, bytes) == 0)
            return writer->words[i];
    if (bytes > writer->room.strings - section->count) {
        writer->overflow = true;
        return 0;
    }
    uint64_t at = section->count;
    memcpy(writer->base + section->offset + at, words, bytes);
    section->count += bytes;
    writer->words[writer->next_words] = (uint32_t)at;
    writer->next_words = (writer->next_words + 1) % STRINGS;
    return (uint32_t)at;
}

size_t snapshot_used(const struct snapshot_writer *writer) {
    return writer->header->strings.offset + writer->header->strings.count;
}
