#include "writer.h"

#include <string.h>

static uint64_t aligned(uint64_t bytes) {
    return (bytes + 7) & ~(uint64_t)7;
}

struct layout {
    uint64_t threads, modules, conditions, frames, strings, end;
};

static struct layout layout_of(const struct snapshot_room *room) {
    struct layout at;
    at.threads = aligned(sizeof(struct lw_snapshot_header));
    at.modules = at.threads + room->threads * sizeof(struct lw_snapshot_thread);
    at.conditions = at.modules + room->modules * sizeof(struct lw_snapshot_module);
    at.frames = at.conditions + room->conditions * sizeof(struct lw_snapshot_condition);
    at.strings = at.frames + room->frames * sizeof(uint64_t);
    at.end = aligned(at.strings + room->string_bytes);
    return at;
}

size_t snapshot_size(const struct snapshot_room *room) {
    return layout_of(room).end;
}

void snapshot_begin(struct snapshot_writer *writer, void *base, const struct snapshot_room *room) {
    struct layout at = layout_of(room);
    struct lw_snapshot_header *header = base;
    *writer = (struct snapshot_writer){.base = base, .header = header, .room = *room};
    memcpy(header->magic, LW_SNAPSHOT_MAGIC, sizeof header->magic);
    header->byte_order = LW_BYTE_ORDER_MARK;
    header->version = LW_SNAPSHOT_VERSION;
    header->header_size = sizeof *header;
    header->thread_size = sizeof(struct lw_snapshot_thread);
    header->module_size = sizeof(struct lw_snapshot_module);
    header->condition_size = sizeof(struct lw_snapshot_condition);
    header->threads.offset = at.threads;
    header->modules.offset = at.modules;
    header->conditions.offset = at.conditions;
    header->frames.offset = at.frames;
    header->strings.offset = at.strings;
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

void snapshot_thread_withdraw(struct snapshot_writer *writer) {
    struct lw_section *threads = &writer->header->threads;
    struct lw_snapshot_thread *latest = (void *)(writer->base + threads->offset);
    memset(&latest[--threads->count], 0, sizeof *latest);
}

struct lw_snapshot_module *snapshot_module(struct snapshot_writer *writer) {
    return next(writer, &writer->header->modules, writer->room.modules, sizeof(struct lw_snapshot_module));
}

struct lw_snapshot_condition *snapshot_condition(struct snapshot_writer *writer) {
    return next(writer, &writer->header->conditions, writer->room.conditions,
                sizeof(struct lw_snapshot_condition));
}

uint64_t snapshot_frames(struct snapshot_writer *writer, const uint64_t *frames, uint32_t *count) {
    struct lw_section *section = &writer->header->frames;
    uint64_t left = writer->room.frames - section->count;
    if (*count > left) {
        *count = (uint32_t)left;
        writer->overflow = true;
    }
    uint64_t first = section->count;
    memcpy(writer->base + section->offset + first * sizeof *frames, frames, *count * sizeof *frames);
    section->count += *count;
    return first;
}

uint32_t snapshot_string(struct snapshot_writer *writer, const char *words) {
    struct lw_section *section = &writer->header->strings;
    size_t bytes = strlen(words) + 1;
    if (bytes == 1)
        return 0;
    if (bytes > writer->room.string_bytes - section->count) {
        writer->overflow = true;
        return 0;
    }
    uint64_t at = section->count;
    memcpy(writer->base + section->offset + at, words, bytes);
    section->count += bytes;
    return (uint32_t)at;
}

size_t snapshot_used(const struct snapshot_writer *writer) {
    return writer->header->strings.offset + writer->header->strings.count;
}
