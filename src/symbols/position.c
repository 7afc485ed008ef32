#include "position.h"

#include <string.h>

/* FNV-1a */
static uint64_t hash(uint64_t before, const void *bytes, size_t size) {
    for (const unsigned char *at = bytes; size > 0; size--)
        before = (before ^ *at++) * 0x100000001b3u;
    return before;
}

uint64_t position_of(const struct symbol_frame *frames, size_t count) {
    uint64_t position = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++) {
        const struct symbol_frame *frame = &frames[i];
        if (!frame->file || !frame->function)
            return hash(position, &frame->address, sizeof frame->address);
        position = hash(position, frame->module, strlen(frame->module) + 1);
        position = hash(position, frame->function, strlen(frame->function) + 1);
        position = hash(position, frame->file, strlen(frame->file) + 1);
        position = hash(position, &frame->line, sizeof frame->line);
    }
    return position;
}
