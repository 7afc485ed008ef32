#include "shown_stack.h"

#include <string.h>

/* What starts main and threads inside libc: on every stack, and of no interest. */
static bool is_start(const char *function) {
    static const char *const starts[] = {
        "__libc_start_main", "__libc_start_call_main", "start_thread", "clone", "clone3", "__clone",
        "__clone3"};
    size_t length = strcspn(function, "@"); /* without its version */
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strlen(starts[i]) == length && strncmp(function, starts[i], length) == 0)
            return true;
    return false;
}

size_t stack_each(struct symbols *symbols, const uint64_t *frames, size_t count, bool first_is_exact,
                  void (*show)(const struct symbol_frame *frame, void *context), void *context) {
    size_t shown = 0;
    bool below_main = false;
    for (size_t i = 0; i < count; i++) {
        if (symbols_is_shim(symbols, frames[i]) || (below_main && symbols_is_libc(symbols, frames[i])))
            continue;
        const struct symbol_frame *at;
        bool is_return = i > 0 ? !lw_frame_is_signal(frames[i - 1]) : !first_is_exact;
        size_t inlined = symbols_frames(symbols, frames[i], is_return, &at);
        if (i > 0 && symbols_is_libc(symbols, frames[i]) && at->function && is_start(at->function))
            continue;
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
