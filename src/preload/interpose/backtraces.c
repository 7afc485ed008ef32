/* A program that walks its own stack (CPython's faulthandler, glog, Rust's panics) is not to find our frames in it: the
 * wrapper that it waits in, and the function that its threads begin in. */
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>

#include "rt/image.h"
#include "rt/memory.h"
#include "wrap.h"

/* Where this library begins in memory: the linker's name for it (ld(1)). */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool is_ours(uintptr_t address) {
    static uintptr_t size;
    uintptr_t known = __atomic_load_n(&size, __ATOMIC_RELAXED);
    if (known == 0)
        __atomic_store_n(&size, known = image_size(&__ehdr_start), __ATOMIC_RELAXED);
    return address - (uintptr_t)&__ehdr_start < known;
}

/* Our frames on one stack: this one, one of a wait, and one more for each handler of the program's that waits in its turn. */
enum { OURS = 32, ON_STACK = 64 };

static int without_ours(void **frames, int count, void **to, int size) {
    int kept = 0;
    for (int i = 0; i < count && kept < size; i++)
        if (!is_ours((uintptr_t)frames[i]))
            to[kept++] = frames[i];
    return kept;
}

CALL_ROW(int, backtrace, "backtrace", (void **, int), (.kind = LW_WAIT_NONE))
EXPORTED int backtrace(void **to, int size) {
    UNLESS_ASIDE(backtrace, (to, size));
    if (size <= 0)
        return REAL(backtrace)(to, size);
    void *few[ON_STACK + OURS], **frames = few;
    size_t wanted = (size_t)size + OURS, bytes = wanted * sizeof *frames;
    if (size > ON_STACK && !(frames = memory_map(bytes)))
        return without_ours(to, REAL(backtrace)(to, size), to, size);
    int kept = without_ours(frames, REAL(backtrace)(frames, (int)wanted), to, size);
    if (frames != few)
        memory_unmap(frames, bytes);
    return kept;
}

/* libgcc's and libunwind's (unwind.h), which a program brings or does not. */
struct _Unwind_Context;
typedef int visitor(struct _Unwind_Context *, void *);
enum { END_OF_STACK = 5, NO_REASON = 0 };

CALL_ROW(int, unwinder, "_Unwind_Backtrace", (visitor *, void *), (.kind = LW_WAIT_NONE, .late = true))
CALL_ROW(uintptr_t, context_ip, "_Unwind_GetIP", (struct _Unwind_Context *),
         (.kind = LW_WAIT_NONE, .late = true))

struct visit {
    visitor *visitor;
    void *argument;
    context_ip_type *ip;
};

static int visit_if_not_ours(struct _Unwind_Context *context, void *argument) {
    struct visit *visit = argument;
    return is_ours(visit->ip(context)) ? NO_REASON : visit->visitor(context, visit->argument);
}

/* Where a library that was loaded for itself alone (dlopen(3), RTLD_LOCAL) has its unwinder from. */
static void *for_caller(const void *caller, const char *name) {
    Dl_info info;
    struct link_map *map;
    return dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) ? dlsym(map, name) : NULL;
}

EXPORTED int _Unwind_Backtrace(visitor *visitor, void *argument);
EXPORTED int _Unwind_Backtrace(visitor *visitor, void *argument) {
    unwinder_type *real = REAL(unwinder);
    struct visit visit = {visitor, argument, REAL(context_ip)};
    if ((void *)real == (void *)call_missing) {
        real = for_caller(SITE, "_Unwind_Backtrace");
        visit.ip = for_caller(SITE, "_Unwind_GetIP");
    }
    if (!real || !visit.ip)
        return END_OF_STACK;
    return calls_stand_aside ? real(visitor, argument) : real(visit_if_not_ours, &visit);
}
