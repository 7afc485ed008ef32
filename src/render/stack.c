#include "stack.h"

#include <string.h>

size_t stack_each(struct symbols *symbols, const uint64_t *frames, size_t count, bool first_is_exact,
                  void (*show)(const struct symbol_frame *frame, void *context), void *context) {
    size_t shown = 0;
    bool below_main = false;
    for (size_t i = 0; i < count; i++) {
        if (symbols_is_shim(symbols, frames[i]) || (below_main && symbols_is_libc(symbols, frames[i])))
            continue;
        const struct symbol_frame *at;
        size_t inlined = symbols_frames(symbols, frames[i], i > 0 || !first_is_exact, &at);
        for (size_t k = 0; k < inlined; k++, shown++) {
            show(&at[k], context);
            below_main |= at[k].function && strcmp(at[k].function, "main") == 0;
        }
        /* The program's start code calls libc, which calls main. */
        if (below_main && at[inlined - 1].function && strcmp(at[inlined - 1].function, "_start") == 0)
            break;
    }
    return shown;
}
