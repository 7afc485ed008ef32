#include "threads.h"

#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"

/* So many are believed; a list that is longer is none. */
enum { INTERPRETERS_MOST = 64, THREADS_MOST = 100000 };

static bool add_thread(struct python_threads *threads, const struct runtime *runtime, uint64_t state,
                       uint64_t interpreter) {
    const struct python_layout *layout = runtime->layout;
    uint64_t native;
    if (threads->count >= THREADS_MOST || runtime_word(runtime, state + layout->interpreter) != interpreter ||
        !runtime_read(runtime, state + layout->native_id, &native, sizeof native) || native > INT32_MAX)
        return false;
    if ((threads->count & (threads->count - 1)) == 0)
        threads->threads = needed(reallocarray(threads->threads, threads->count ? 2 * threads->count : 1,
                                               sizeof *threads->threads));
    threads->threads[threads->count++] = (struct python_thread){state, (int32_t)native};
    return true;
}

/* The holder is only told of a lock that is held, by a thread that exists. */
static void add_gil(struct python_threads *threads, const struct runtime *runtime, uint64_t gil) {
    const struct python_layout *layout = runtime->layout;
    int locked = 0;
    for (size_t i = 0; i < threads->gil_count; i++)
        if (threads->gils[i].start == gil)
            return;
    if (gil == 0 || threads->gil_count == PYTHON_GILS ||
        !runtime_read(runtime, gil + layout->gil_locked, &locked, sizeof locked))
        return;
    struct gil_fact fact = {.start = gil, .end = gil + layout->gil_size};
    uint64_t holder = locked == 1 ? runtime_word(runtime, gil + layout->gil_holder) : 0;
    for (size_t i = 0; i < threads->count; i++)
        if (threads->threads[i].state == holder)
            fact.holder = threads->threads[i].tid;
    threads->gils[threads->gil_count++] = fact;
}

bool python_threads_read(struct python_threads *threads, const struct runtime *runtime) {
    const struct python_layout *layout = runtime->layout;
    uint64_t interpreters[INTERPRETERS_MOST];
    size_t count = 0;
    for (uint64_t at = runtime_word(runtime, runtime->state + layout->interpreters); at;
         at = runtime_word(runtime, at + layout->next_interpreter)) {
        if (count == INTERPRETERS_MOST)
            return false;
        interpreters[count++] = at;
        for (uint64_t state = runtime_word(runtime, at + layout->threads); state;
             state = runtime_word(runtime, state + layout->next_thread))
            if (!add_thread(threads, runtime, state, at))
                return false;
    }
    for (size_t i = 0; i < count; i++)
        add_gil(threads, runtime,
                layout->gil_of_interpreter ? runtime_word(runtime, interpreters[i] + layout->gil)
                                           : runtime->state + layout->gil);
    return threads->count > 0;
}

/* A frame as it lies there, read at once. */
struct raw_frame {
    uint64_t code, instruction, previous;
    bool entry, of_c;
};

static bool read_frame(struct raw_frame *frame, const struct runtime *runtime, uint64_t at) {
    enum { ROOM = 72 };
    const struct python_layout *layout = runtime->layout;
    unsigned char bytes[ROOM];
    if (!runtime_read(runtime, at, bytes, sizeof bytes))
        return false;
    memcpy(&frame->code, bytes + layout->code, sizeof frame->code);
    memcpy(&frame->instruction, bytes + layout->instruction, sizeof frame->instruction);
    memcpy(&frame->previous, bytes + layout->previous, sizeof frame->previous);
    frame->entry = layout->is_entry && bytes[layout->is_entry];
    frame->of_c = !layout->is_entry && bytes[layout->owner] == PYTHON_OWNED_BY_C;
    return true;
}

bool python_stack_read(struct python_stack *stack, struct codes *codes, const struct python_thread *thread) {
    enum { STEPS_MOST = 100000 };
    const struct runtime *runtime = codes->runtime;
    const struct python_layout *layout = runtime->layout;
    stack->count = 0;
    stack->cut = false;
    uint64_t holder =
        layout->frame_holder ? runtime_word(runtime, thread->state + layout->frame_holder) : thread->state;
    uint64_t at = runtime_word(runtime, holder + layout->frame);
    struct raw_frame frame;
    for (size_t steps = 0; at; steps++, at = frame.previous) {
        if (steps == STEPS_MOST || !read_frame(&frame, runtime, at))
            return false;
        if (frame.of_c) {
            if (stack->count > 0)
                stack->frames[stack->count - 1].entered = true;
            continue;
        }
        if (stack->count == PYTHON_FRAMES) {
            stack->cut = true;
            break;
        }
        uint64_t place = code_frame(codes, frame.code, frame.instruction);
        if (place == 0)
            return false;
        stack->frames[stack->count++] = (struct python_frame){place, frame.entry};
    }
    return stack->count > 0;
}
