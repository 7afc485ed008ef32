/* What is static in a function of C++ is initialised by the first thread that comes there, and the others wait for it (Itanium C++ ABI,
 * 3.3.3): the compiler calls acquire, which answers 1 to who is to do it, and then release, or abort if the initialiser has thrown. The
 * guard does not tell who that is.
 *
 * The real functions are a library's that a program may have or not, or load late, for itself alone (dlopen(3), RTLD_LOCAL): where there is
 * none when the program starts, nobody is to come by ours at all, for looking the real ones up later could wait for the loader's lock, which
 * a thread that waits for the caller may have. */
#include "guards.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wrap.h"

#define OWN(fn) extern __typeof__(fn) fn##_own __attribute__((alias(#fn), copy(fn), visibility("hidden")));

CALL_ROW(int, __cxa_guard_acquire, "__cxa_guard_acquire", (uint64_t *), (ROW_FUTEX(GUARD), .late = true))
CALL_ROW(void, __cxa_guard_release, "__cxa_guard_release", (uint64_t *), (.kind = LW_WAIT_NONE, .late = true))
CALL_ROW(void, __cxa_guard_abort, "__cxa_guard_abort", (uint64_t *), (.kind = LW_WAIT_NONE, .late = true))

EXPORTED int __cxa_guard_acquire(uint64_t *guard);
EXPORTED int __cxa_guard_acquire(uint64_t *guard) {
    UNLESS_ASIDE(__cxa_guard_acquire, (guard));
    WAITING(__cxa_guard_acquire, ON_ADDRESS(guard), NEVER_EINTR);
    int result = REAL(__cxa_guard_acquire)(guard);
    if (result != 0)
        hold_taken(INITIALISING(guard), SITE);
    return result;
}
OWN(__cxa_guard_acquire)

EXPORTED void __cxa_guard_release(uint64_t *guard);
EXPORTED void __cxa_guard_release(uint64_t *guard) {
    hold_left(INITIALISING(guard));
    REAL(__cxa_guard_release)(guard);
}
OWN(__cxa_guard_release)

EXPORTED void __cxa_guard_abort(uint64_t *guard);
EXPORTED void __cxa_guard_abort(uint64_t *guard) {
    hold_left(INITIALISING(guard));
    REAL(__cxa_guard_abort)(guard);
}
OWN(__cxa_guard_abort)

/* Where this library begins in memory: the linker's name for it (ld(1)). */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* How the part of this library is mapped that has an address; -1 for none. */
static int protection_of(uintptr_t address) {
    uintptr_t base = (uintptr_t)&__ehdr_start;
    const ElfW(Phdr) *header = (const void *)(base + __ehdr_start.e_phoff);
    for (unsigned i = 0; i < __ehdr_start.e_phnum; i++)
        if (header[i].p_type == PT_LOAD && address - base - header[i].p_vaddr < header[i].p_memsz)
            return (header[i].p_flags & PF_R ? PROT_READ : 0) | (header[i].p_flags & PF_W ? PROT_WRITE : 0) |
                   (header[i].p_flags & PF_X ? PROT_EXEC : 0);
    return -1;
}

/* The loader passes over symbols that have no value (elf/dl-lookup.c, check_match). */
static void hide(void *function) {
    Dl_info info;
    ElfW(Sym) * symbol;
    if (!dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != function)
        return;
    int protection = protection_of((uintptr_t)symbol);
    uintptr_t from = (uintptr_t)symbol & ~(uintptr_t)(getpagesize() - 1);
    size_t size = (uintptr_t)(symbol + 1) - from;
    if (protection < 0 || sys_call(SYS_mprotect, from, size, protection | PROT_WRITE) != 0)
        return;
    symbol->st_value = 0;
    symbol->st_shndx = SHN_UNDEF;
    sys_call(SYS_mprotect, from, size, protection);
}

/* Without a call into anything that a sanitizer's runtime, which is not ready yet, may have taken the place of. */
static bool begins(const char *name, const char *start) {
    while (*start && *name == *start)
        name++, start++;
    return !*start;
}

static bool is_runtime(const char *path) {
    const char *name = path;
    for (const char *at = path; *at; at++)
        name = *at == '/' ? at + 1 : name;
    return begins(name, "libstdc++.so") || begins(name, "libc++abi.so");
}

/* Is it among what was loaded with the program? There is no other thread yet. */
static bool runtime_is_there(void) {
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (map->l_name && is_runtime(map->l_name))
            return true;
    return false;
}

void guards_setup(void) {
    static struct call *const calls[] = {&__cxa_guard_acquire_call, &__cxa_guard_release_call,
                                         &__cxa_guard_abort_call};
    bool found = runtime_is_there();
    for (size_t i = 0; found && i < sizeof calls / sizeof *calls; i++)
        found = call_resolve(calls[i]) != (void *)call_missing;
    if (found)
        return;
    hide((void *)__cxa_guard_acquire_own);
    hide((void *)__cxa_guard_release_own);
    hide((void *)__cxa_guard_abort_own);
}
