#include "own_line.h"

#include <string.h>

#include "shown_stack.h"

bool own_line_is_library(const struct symbol_frame *frame) {
    const char *file = frame->file;
    return file && (strncmp(file, "/usr/", 5) == 0 || strstr(file, "/include/c++/") ||
                    strstr(file, "/bits/") || strncmp(file, "<frozen ", 8) == 0);
}

enum rank { NONE, LIBRARY, UNKNOWN, OWN };

struct choice {
    struct symbol_frame frame;
    enum rank rank;
    int number, next;
};

static void consider(const struct symbol_frame *frame, void *context) {
    struct choice *choice = context;
    enum rank rank = own_line_is_library(frame) ? LIBRARY : frame->file ? OWN : UNKNOWN;
    int number = choice->next++;
    /* of equals the innermost, but of libraries the outermost: it is the nearest to who called them */
    if (rank < choice->rank || (rank == choice->rank && rank != LIBRARY))
        return;
    choice->frame = *frame;
    choice->rank = rank;
    choice->number = number;
}

int own_line(struct symbols *symbols, const uint64_t *frames, size_t count, bool first_is_exact,
             struct symbol_frame *frame) {
    struct choice choice = {.number = -1};
    stack_each(symbols, frames, count, first_is_exact, consider, &choice);
    *frame = choice.frame;
    return choice.number;
}
