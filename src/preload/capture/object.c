#include "object.h"

#include "arch/libc.h"
#include "libc_locks.h"
#include "mappings.h"
#include "process.h"
#include "record/holds.h"
#include "rt/sys.h"

static struct object spin(uintptr_t at) {
    struct object object = {.value = {-1, -1}};
    int32_t seen;
    uintptr_t site;
    object.known = sys_peek(at, &seen, sizeof seen) == sizeof seen;
    object.unsatisfied = object.known && seen != SPIN_FREE;
    /* What another process has taken or let go, nobody notes here. */
    bool shared = object.unsatisfied && !mapping_is_private(at);
    object.owner = object.unsatisfied && !shared ? spin_taker(at, &site) : 0;
    object.flags = shared ? LW_THREAD_SHARED : 0;
    return object;
}

static struct object stream(uintptr_t at) {
    struct stream_lock seen = stream_lock_read(at);
    return (struct object){
        .known = seen.known, .unsatisfied = seen.taken, .owner = seen.owner, .value = {-1, -1}};
}

/* One of which all is in its bytes. */
static struct object plain(enum lw_wait_kind kind, uintptr_t at) {
    char bytes[OBJECT_BYTES];
    size_t size = object_size(kind);
    if (size == 0 || at == 0 || sys_peek(at, bytes, size) != size)
        return (struct object){.value = {-1, -1}};
    return object_of(kind, bytes, process.conditions);
}

struct object object_read(enum lw_wait_kind kind, uintptr_t address) {
    return kind == LW_WAIT_SPIN     ? spin(address)
           : kind == LW_WAIT_STREAM ? stream(address)
                                    : plain(kind, address);
}
