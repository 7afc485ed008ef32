#include "mappings.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <string.h>

#include "rt/sys.h"
#include "rt/text.h"

/* Ranges that others may have. Few, as neighbours are one; with more than there is room for, everything may be another's. */
enum { RANGES = 1024 };
static struct range { uintptr_t start, end; } ranges[RANGES];
static unsigned range_count;
static struct range code[RANGES];
static unsigned code_count;
static enum { UNREAD, KNOWN, UNKNOWN } state;

/* What has been asked of futexes: ten thousand threads may wait on one. */
enum { FUTEXES = 64 };
static struct {
    uintptr_t futex;
    bool is_private;
} futexes[FUTEXES];

void mappings_forget(void) {
    state = UNREAD;
    memset(futexes, 0, sizeof futexes);
}

static void add_code(uintptr_t start, uintptr_t end) {
    if (code_count > 0 && code[code_count - 1].end == start)
        code[code_count - 1].end = end;
    else if (code_count < RANGES) /* what has no room is not known to be code */
        code[code_count++] = (struct range){start, end};
}

static void add_range(uintptr_t start, uintptr_t end) {
    if (range_count > 0 && ranges[range_count - 1].end == start)
        ranges[range_count - 1].end = end;
    else if (range_count == RANGES)
        state = UNKNOWN;
    else
        ranges[range_count++] = (struct range){start, end};
}

/* "start-end rw-p offset device inode": proc(5). A private page is this process's own once it has been written to. The
 * kernel takes it for a file's as long as it is not, if it cannot be (kernel: kernel/futex/core.c, get_futex_key). */
static void add_line(const char *at) {
    enum { WRITABLE = 1, EXECUTABLE = 2, SHARED = 3, PERMISSIONS = 4 };
    char numbers[40] = "0x", *word = numbers + 2;
    uint64_t bound[2];
    for (unsigned i = 0; i < 2; i++) {
        size_t length = strcspn(at, "- ");
        const char *number = numbers;
        if (length == 0 || length > 16) {
            state = UNKNOWN;
            return;
        }
        memcpy(word, at, length);
        word[length] = '\0';
        if (!text_number(&number, &bound[i]))
            state = UNKNOWN;
        at += length + (at[length] != '\0');
    }
    if (strlen(at) < PERMISSIONS)
        state = UNKNOWN;
    else if (at[SHARED] != 'p' || at[WRITABLE] != 'w')
        add_range(bound[0], bound[1]);
    if (strlen(at) >= PERMISSIONS && at[EXECUTABLE] == 'x')
        add_code(bound[0], bound[1]);
}

/* /proc/self is empty once the initial thread has ended. */
static void read_mappings(void) {
    static char piece[4096], line[64];
    size_t length = 0;
    bool skips = false;
    state = UNKNOWN;
    range_count = code_count = 0;
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, "/proc/thread-self/maps", OWN_FLAGS);
    if (fd < 0)
        return;
    state = KNOWN;
    long count;
    while ((count = sys_call(SYS_read, fd, piece, sizeof piece)) > 0) {
        for (long i = 0; i < count; i++) {
            bool ends = piece[i] == '\n';
            if (!ends && length < sizeof line - 1 && !skips)
                line[length++] = piece[i];
            if (!skips && (ends || length == sizeof line - 1)) {
                line[length] = '\0';
                add_line(line);
                length = 0;
            }
            skips = !ends && (skips || length == 0);
        }
    }
    sys_call(SYS_close, fd);
    if (count < 0 || range_count == 0)
        state = UNKNOWN;
}

bool mapping_is_private(uintptr_t address) {
    if (state == UNREAD)
        read_mappings();
    for (unsigned i = 0; state == KNOWN && i < range_count; i++)
        if (address - ranges[i].start < ranges[i].end - ranges[i].start)
            return false;
    return state == KNOWN;
}

bool mapping_is_code(uintptr_t address) {
    if (state == UNREAD)
        read_mappings();
    for (unsigned i = 0; i < code_count; i++)
        if (address - code[i].start < code[i].end - code[i].start)
            return true;
    return false;
}

/* How many threads sleep on the futex that lies here now, which is asked by requeueing them to where they are (waiter_batch.h):
 * those that came when another mapping was here sleep on that one's. */
static bool has_sleepers(uintptr_t futex) {
    enum { TRIES = 3 };
    long count = -EAGAIN;
    for (int i = 0; i < TRIES && count == -EAGAIN; i++) {
        uint32_t value;
        if (sys_peek(futex, &value, sizeof value) != sizeof value)
            return false;
        count = sys_call(SYS_futex, futex, FUTEX_CMP_REQUEUE, 0, INT_MAX, futex, value);
    }
    return count > 0;
}

bool mapping_has_private_futex(uintptr_t futex) {
    unsigned at = (unsigned)((futex >> 2) % FUTEXES);
    if (futexes[at].futex != futex) {
        futexes[at].futex = futex;
        futexes[at].is_private = mapping_is_private(futex) && has_sleepers(futex);
    }
    return futexes[at].is_private;
}
