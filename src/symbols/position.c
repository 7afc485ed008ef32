#include "position.h"

#include <string.h>

#include "shared/fnv.h"

uint64_t position_of(const struct symbol_frame *frames, size_t count) {
    uint64_t position = FNV_SEED;
    for (size_t i = 0; i < count; i++) {
        const struct symbol_frame *frame = &frames[i];
        if (!frame->file || !frame->function)
            return fnv(position, &frame->address, sizeof frame->address);
        position = fnv(position, frame->module, strlen(frame->module) + 1);
        position = fnv(position, frame->function, strlen(frame->function) + 1);
        position = fnv(position, frame->file, strlen(frame->file) + 1);
        position = fnv(position, &frame->line, sizeof frame->line);
    }
    return position;
}
