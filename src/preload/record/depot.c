#include "depot.h"

#include <string.h>

#include "rt/table.h"

static struct stack *depot;

const struct stack *depot_keep(const uintptr_t *frames, size_t count, bool cut) {
    struct stack *stack = NULL;
    size_t bytes = count * sizeof *frames;
    if (count == 0)
        return NULL;
    if (!table_lock())
        return NULL;
    HASH_FIND(hh, depot, frames, bytes, stack);
    if (!stack && (stack = memory_take(sizeof *stack + bytes))) {
        stack->count = (uint32_t)count;
        stack->cut = cut;
        memcpy(stack->frame, frames, bytes);
        HASH_ADD_KEYPTR(hh, depot, stack->frame, bytes, stack);
    }
    table_unlock();
    return stack;
}
