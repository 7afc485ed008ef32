#include "libc_locks.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include "record/thread.h"
#include "rt/image.h"
#include "rt/sys.h"

/* The streams, linked through _chain (libio/genops.c). */
extern FILE *_IO_list_all __attribute__((weak));

/* _IO_lock_t, sysdeps/nptl/stdio-lock.h: the owner is a thread's block, as a handle names it. It is set once the lock is taken,
 * and taken back before it is let go of. */
struct lock {
    int32_t word, count;
    uintptr_t owner;
};

/* _rtld_global of the loader (sysdeps/generic/ldsodefs.h), which has its locks in it, in places that differ by version. */
static uintptr_t loader, loader_size;
static uintptr_t libc, libc_size;

static void find_libc(void) {
    Dl_info info;
    if (!&_IO_list_all || !dladdr(&_IO_list_all, &info))
        return;
    libc = (uintptr_t)info.dli_fbase;
    libc_size = image_size(info.dli_fbase);
}

void libc_locks_setup(void) {
    find_libc();
    void *at = dlsym(RTLD_DEFAULT, "_rtld_global");
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    if (!at) {
        dlerror();
    } else if (dladdr1(at, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol && info.dli_saddr == at) {
        loader = (uintptr_t)at;
        loader_size = symbol->st_size;
    }
}

struct stream_lock stream_lock_read(uintptr_t file) {
    enum { MAGIC = 0xfbad, MAGIC_SHIFT = 16 }; /* _IO_MAGIC, libio/libio.h */
    struct stream_lock stream = {.fd = -1};
    FILE seen;
    struct lock lock;
    if (sys_peek(file, &seen, sizeof seen) != sizeof seen || (unsigned)seen._flags >> MAGIC_SHIFT != MAGIC ||
        sys_peek((uintptr_t)seen._lock, &lock, sizeof lock) != sizeof lock)
        return stream;
    stream.known = true;
    stream.futex = (uintptr_t)seen._lock;
    stream.taken = lock.word != 0;
    stream.owner = stream.taken && lock.owner != 0 ? thread_number((pthread_t)lock.owner) : 0;
    stream.fd = seen._fileno >= 0 ? seen._fileno : -1;
    return stream;
}

/* The list may be changed meanwhile: then it ends somewhere, and the stream is not found. */
static struct libc_lock stream_of(uintptr_t futex) {
    enum { STREAMS = 4096 };
    uintptr_t file = 0;
    if (&_IO_list_all)
        sys_peek((uintptr_t)&_IO_list_all, &file, sizeof file);
    for (int i = 0; file != 0 && i < STREAMS; i++) {
        uintptr_t lock;
        if (sys_peek(file + offsetof(FILE, _lock), &lock, sizeof lock) != sizeof lock)
            break;
        if (lock == futex) {
            struct stream_lock stream = stream_lock_read(file);
            if (stream.known && stream.futex == futex)
                return (struct libc_lock){.kind = LW_WAIT_STREAM, .object = file, .fd = stream.fd};
        }
        if (sys_peek(file + offsetof(FILE, _chain), &file, sizeof file) != sizeof file)
            break;
    }
    return (struct libc_lock){.fd = -1};
}

/* All its locks are recursive mutexes; one that is waited for names its owner. Its other futexes are single words. */
static bool is_loader_lock(uintptr_t futex) {
    pthread_mutex_t seen;
    return futex - loader < loader_size && loader_size - (futex - loader) >= sizeof seen &&
           sys_peek(futex, &seen, sizeof seen) == sizeof seen &&
           seen.__data.__kind == PTHREAD_MUTEX_RECURSIVE_NP && seen.__data.__lock != 0 &&
           seen.__data.__owner > 0 && seen.__data.__count > 0 && seen.__data.__nusers == 1;
}

struct libc_lock libc_lock_of(uintptr_t futex) {
    if (is_loader_lock(futex))
        return (struct libc_lock){.kind = LW_WAIT_LOADER, .object = futex, .fd = -1};
    return stream_of(futex);
}

/* Of an arena that is not the first: it follows the header of its heap, which lies at a multiple of its size and names it
 * (malloc/arena.c). */
static bool is_arena(uintptr_t futex) {
    const uintptr_t heap_size = 64u << 20;
    uintptr_t arena;
    return sys_peek(futex & ~(heap_size - 1), &arena, sizeof arena) == sizeof arena && arena == futex;
}

bool libc_uses_futex(uintptr_t futex, uintptr_t block) {
    enum { BLOCK = 4096 };
    if (libc_lock_of(futex).kind != LW_WAIT_NONE)
        return false;
    return futex - block < BLOCK || futex - loader < loader_size || futex - libc < libc_size ||
           is_arena(futex);
}
