/* The seam: the layout of a snapshot, shared by the shim that writes it and the tool that reads it.
 *
 * A snapshot is one flat file of native byte order: a header, then sections found through it. Sections
 * may lie anywhere in the file and holes between them are allowed (the writer works in a sparse memfd),
 * but none may overlap the header or reach past the end. Strings lie in a blob, each NUL
 * terminated, and are named by their offset; offset 0 is the empty string. Every reader goes through
 * shared/snapshot_reader.h, which checks all of this before anything else looks at the bytes.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC unless a field says otherwise; 0 is "not known".
 */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "triggers.def"
#include "waits.def"

#define LW_SNAPSHOT_MAGIC "LWSNAP\r\n"
/* What is written, and the oldest that is read. The version is raised for whatever a reader that does not know it could take for
 * something else: a size, a place that was reserved, a flag, a kind, a value. Kinds, triggers, states and flags keep their numbers; new
 * ones come last. As long as older ones are read, records keep their sizes, and what an older writer left 0 means "not known", from which no
 * proof follows. What none can be made of raises the oldest too.
 *   3  those of tests/recorded
 *   4  streams, the loader; owners that fork did not copy; signal frames; handlers of faults; words of futexes; descriptors of a poll; requests;
 *      guards; limits of sockets; frame pointers; processes read from outside */
#define LW_SNAPSHOT_VERSION 4u
#define LW_SNAPSHOT_OLDEST  3u
#define LW_BYTE_ORDER_MARK  0x01020304u

enum lw_wait_kind {
#define X(id, words, traits) LW_WAIT_##id,
    LW_WAIT_KINDS(X)
#undef X
        LW_WAIT_KIND_COUNT
};

enum { W_OBJECT = 1, W_OWNED = 2, W_DESCRIPTOR = 4, W_INSIDE = 8 };

/* Traits of a kind of wait (waits.def). */
static inline int lw_wait_traits(uint32_t kind) {
    static const uint8_t traits[] = {
#define X(id, words, traits) traits,
        LW_WAIT_KINDS(X)
#undef X
    };
    return kind < LW_WAIT_KIND_COUNT ? traits[kind] : 0;
}

enum lw_trigger {
#define X(id, name, judges, words) LW_TRIGGER_##id,
    LW_TRIGGERS(X)
#undef X
        LW_TRIGGER_COUNT
};

/* Does a report with this trigger call threads leaked? */
static inline int lw_trigger_judges(uint32_t trigger) {
    static const uint8_t judges[] = {
#define X(id, name, judges, words) judges,
        LW_TRIGGERS(X)
#undef X
    };
    return trigger < LW_TRIGGER_COUNT && judges[trigger];
}

/* State of a thread, as the capture saw it. */
#define LW_STATES(X)        \
    X(RUNNING, "running")   \
    X(BLOCKED, "blocked")   \
    X(WAITING, "waiting")   \
    X(SPINNING, "spinning") \
    X(FINISHED, "finished")

enum lw_state {
#define X(id, words) LW_STATE_##id,
    LW_STATES(X)
#undef X
        LW_STATE_COUNT
};

/* LOOKED: the process has been looked at, and the rest needs only the snapshot. */
enum lw_answer {
    LW_ANSWER_NONE,
    LW_ANSWER_CLEAN,
    LW_ANSWER_LEAKS,
    LW_ANSWER_LOOKED,
    LW_ANSWER_REACH,
    LW_ANSWER_GOES_ON, /* to a request: the caller goes on with its wait; answer_at is how often it had gone to sleep by then */
    /* Before LOOKED, where LW_PROCESS_ANSWERS: have all threads but the caller slept on? And what the caller says, who asks the clocks of its own
     * process's threads; the tool would have to open a file for each. */
    LW_ANSWER_ASKS,
    LW_ANSWER_SLEPT,
    LW_ANSWER_STIRRED,
};

/* What a thread can hold. */
#define LW_HOLDS(X)        \
    X(MUTEX, "mutex")      \
    X(READ, "read lock")   \
    X(WRITE, "write lock") \
    X(SPIN, "spin lock")   \
    X(ONCE, "initialisation")

enum lw_hold_kind {
#define X(id, words) LW_HOLD_##id,
    LW_HOLDS(X)
#undef X
        LW_HOLD_KIND_COUNT
};

/* Of a set of signals that a program handles (bit n - 1 is signal n), those that can come to a thread that sleeps. A
 * fault is the doing of the thread that it comes to, which runs (signal(7), "synchronously generated"): what sends such a
 * signal to a sleeper is a person's hand, or a failure of the machine's memory (prctl(2), PR_MCE_KILL). */
static inline uint64_t lw_waking_signals(uint64_t handled) {
    static const uint8_t faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    for (unsigned i = 0; i < sizeof faults; i++)
        handled &= ~((uint64_t)1 << (faults[i] - 1));
    return handled;
}

/* A frame that is no address: there the kernel called a handler, of this signal; 0: of which is not known. What follows is where
 * the interrupted code stood, not a return address. No program is mapped so high. */
#define LW_FRAME_SIGNAL 0xfffc000000000000u
enum { LW_FRAME_SIGNALS = 128 };

static inline int lw_frame_is_signal(uint64_t frame) {
    return frame - LW_FRAME_SIGNAL < LW_FRAME_SIGNALS;
}

/* Likewise: code that an interpreter runs, of the tool's list (snapshot_reader.h). Not in files. */
#define LW_FRAME_SCRIPT 0xfffb000000000000u

static inline int lw_frame_is_script(uint64_t frame) {
    return frame >= LW_FRAME_SCRIPT && frame < LW_FRAME_SIGNAL;
}

struct lw_section {
    uint64_t offset; /* bytes from the start of the file, a multiple of 8 */
    uint64_t count;  /* elements, not bytes */
};

/* The sections, and what their elements are. */
#define LW_SECTIONS(X)                         \
    X(threads, struct lw_snapshot_thread)      \
    X(modules, struct lw_snapshot_module)      \
    X(wakes, struct lw_snapshot_wake)          \
    X(holds, struct lw_snapshot_hold)          \
    X(gone, struct lw_snapshot_gone)           \
    X(writes, struct lw_snapshot_write)        \
    X(frames, uint64_t) /* program counters */ \
    X(strings, char)

/* Facts of the whole process that proofs rest on. */
enum lw_process_flag {
    LW_PROCESS_LISTED = 1u << 0,       /* the kernel listed all its threads */
    LW_PROCESS_LOOKED_TWICE = 1u << 1, /* at every thread, see LW_THREAD_STILL */
    LW_PROCESS_SCOPED = 1u << 2,       /* only threads with LW_THREAD_IN_SCOPE are judged */
    LW_PROCESS_ONLY_PROVED = 1u << 3,  /* nothing is to be said but what is proved */
    LW_PROCESS_HELD = 1u << 4,         /* the caller does nothing until the tool has looked at the process */
    LW_PROCESS_OUTSIDE = 1u << 5,      /* no shim wrote it: nobody noted creations, wakes, writes and holds */
    LW_PROCESS_HANDLERS_UNKNOWN = 1u << 6, /* which signals the program handles is not known */
    /* While all slept (LW_PROCESS_LOOKED_TWICE), every thread had all signals blocked that the program handles and that could come to
     * a sleeper: they stay pending. */
    LW_PROCESS_SIGNALS_BLOCKED = 1u << 7,
    LW_PROCESS_ANSWERS = 1u << 8, /* the caller, who is held, answers LW_ANSWER_ASKS meanwhile */
};

struct lw_snapshot_header {
    char magic[8];
    uint32_t byte_order; /* LW_BYTE_ORDER_MARK */
    uint32_t version;
    uint32_t header_size;
    uint32_t flags; /* enum lw_process_flag */
#define X(name, type)       \
    struct lw_section name; \
    uint32_t name##_size, name##_unused; /* sizeof(type) of the writer */
    LW_SECTIONS(X)
#undef X

    int32_t pid;
    uint32_t trigger;      /* enum lw_trigger */
    int32_t signal;        /* what triggered it, 0 if no signal did */
    uint32_t sequence;     /* of this process's reports, from 1 */
    uint64_t realtime;     /* when captured, ns since the epoch */
    uint64_t monotonic;    /* when captured */
    uint64_t started;      /* when the shim started */
    uint64_t created;      /* threads created in total, not counting main */
    uint64_t min_wait;     /* ns: leave out threads blocked for less */
    uint64_t lost;         /* threads that found no room for a record */
    uint32_t exe;          /* string: path of the program */
    uint32_t program;      /* string: name it was started by */
    uint32_t incomplete;   /* string: what could not be captured, empty if nothing */
    uint32_t wakes_lost;   /* entries of the table of wakes that were overwritten */
    uint32_t answer;       /* enum lw_answer: what the tool leaves for the process that waits for it */
    uint32_t answer_leaks; /* and, if it was asked for more, behind the end: so many lw_answer_leak */
    uint64_t answer_at, answer_size; /* and the report; bytes in all */
    uint64_t handlers;               /* signals that the program has a handler for: bit n - 1 is signal n */
    uint64_t requests;               /* how many signals that asked for a report it answers; 0: not told */
};

/* Those of its handlers that could wake a thread, if all sleep. */
static inline uint64_t lw_handlers_that_wake(const struct lw_snapshot_header *header) {
    return header->flags & LW_PROCESS_SIGNALS_BLOCKED ? 0 : lw_waking_signals(header->handlers);
}

enum lw_thread_flag {
    LW_THREAD_MAIN = 1u << 0,
    LW_THREAD_CALLER = 1u << 1, /* the thread that took the snapshot */
    LW_THREAD_UNSEEN = 1u << 2, /* not created through pthread_create, as far as the shim saw */
    LW_THREAD_DETACHED = 1u << 3,
    LW_THREAD_CUT = 1u << 4,       /* the stack goes on beyond the frames kept */
    LW_THREAD_FROM_PROC = 1u << 5, /* the wait and the stack are taken from the kernel alone */
    LW_THREAD_TIMED = 1u << 6,     /* the wait has a deadline */
    LW_THREAD_CREATION_CUT = 1u << 7,
    LW_THREAD_BROKEN = 1u << 8, /* the stack ended at a frame that cannot be unwound */
    LW_THREAD_EXACT = 1u << 9,  /* the first frame is where the thread stood, not a return address */
    /* It was looked at again after all threads had been looked at once, and had slept in the same wait, for
     * the same owner, all the time: there was a moment at which all threads with this flag slept at once. */
    LW_THREAD_STILL = 1u << 10,
    LW_THREAD_OWNER_GONE = 1u << 11,       /* the owner is no thread of this process, as the kernel says */
    LW_THREAD_SHARED = 1u << 12,           /* another process may own or release the object */
    LW_THREAD_IN_SCOPE = 1u << 14,         /* it belongs to what was asked for (LW_PROCESS_SCOPED) */
    LW_THREAD_OWNER_NOT_COPIED = 1u << 15, /* of an owner that is gone: by fork (LW_GONE_NOT_COPIED) */
    LW_THREAD_FRAME_POINTERS = 1u << 17,   /* part of the stack was followed by frame pointers */
    LW_THREAD_ROBUST = 1u << 13,           /* a robust mutex: the kernel hands it on when its owner ends */
    LW_THREAD_LIMITED =
        1u << 16, /* of a socket: the wait may have a time limit that is not told (SO_RCVTIMEO) */
    LW_THREAD_FOREIGN =
        1u << 18, /* of descriptors: a process may have one that is outside of the PID namespace */
};

struct lw_snapshot_thread {
    int32_t tid;
    uint32_t flags; /* enum lw_thread_flag */
    uint32_t state; /* enum lw_state */
    uint32_t kind;  /* enum lw_wait_kind; LW_WAIT_NONE when not in a wait */
    uint32_t name;  /* string */
    uint32_t call;  /* string: the function the thread sleeps in */
    uint64_t created;
    uint64_t ended;
    uint64_t cpu_ns;
    uint64_t stack_size; /* bytes, 0 if not known */

    uint64_t wait_started;
    int64_t timeout_ns;     /* from the start of the wait; -1 if untimed or not known */
    uint64_t object;        /* address of what is waited for, 0 if it is none */
    int64_t fd;             /* -1 if it is none */
    uint32_t target;        /* string: what the descriptor names */
    int32_t owner;          /* tid of who holds the object or is joined, 0 if nobody or not known */
    uint64_t second_object; /* the mutex of a condition wait */
    int64_t value[2];       /* of the object, by kind; see below */

    int64_t syscall_number; /* -1 if the kernel did not say or the thread was running */
    uint64_t syscall_args[6];

    uint64_t stack_first; /* index into frames; innermost caller first */
    uint32_t stack_count;
    int32_t creator_tid; /* 0 if not known */
    uint64_t creation_first;
    uint32_t creation_count;
    uint32_t creator_name; /* string */
    uint32_t look_us;      /* of a running thread: between two looks, us; 0 if it was not looked at twice */
    uint32_t look_cpu_us;  /* CPU time that it used between them */
};

/* A mapped ELF object. */
struct lw_snapshot_module {
    uint64_t start; /* lowest mapped address */
    uint64_t end;   /* one past the highest */
    uint64_t bias;  /* what to add to an address in the file to get one in memory */
    uint32_t path;  /* string */
    uint32_t build_id_size;
    uint8_t build_id[32];
};

/* value[] of a thread's wait; -1 is "not known".
 *   kind             value[0]                                 value[1]
 *   MUTEX            its __kind                               -
 *   RWLOCK_*         threads that hold it for reading         writers that wait or hold
 *   SEMAPHORE        its value                                threads that wait
 *   BARRIER          threads it is for                        threads that are there
 *   FUTEX            the word there, unsigned                 the word that it is to change from
 *   EVENTFD_READ     its count                                -
 *   TIMERFD_READ     ns until it fires, 0 if it is disarmed   -
 *   EPOLL            descriptors in the set                   -
 *   POLL, SELECT     descriptors polled                       which, if they are LW_POLLED or fewer: string of numbers, "3 4 17"
 *   SOCKET_*         ns since data last came, -1 if not TCP   1 if keepalive is on
 */

enum { LW_POLLED = 64 };

/* A lock that a thread holds, or initialisation that it runs (pthread_once): true at the capture, by the
 * lock's own fields. */
struct lw_snapshot_hold {
    uint64_t lock;
    int32_t tid;
    uint32_t kind; /* enum lw_hold_kind */
    uint64_t site; /* frames: where it was last taken, a return address; site_count 0 if not known */
    uint32_t site_count;
    uint32_t times; /* of a read lock: how often the thread has it; else 1 */
};

/* A thread that has ended with locks, which still bear its number: they are among the holds. */
struct lw_snapshot_gone {
    int32_t tid;
    int32_t creator_tid;
    uint32_t name, creator_name; /* strings */
    uint64_t created, ended;
    uint64_t creation_first; /* frames */
    uint32_t creation_count;
    uint32_t flags; /* enum lw_gone_flag */
};

enum lw_gone_flag {
    LW_GONE_NOT_COPIED =
        1u << 0, /* it may live in the parent: the fork that made this process did not copy it */
};

/* Who signalled a condition or posted a semaphore, by its address. */
struct lw_snapshot_wake {
    uint64_t address;
    uint64_t count;     /* signals, broadcasts, posts */
    uint64_t no_waiter; /* those that found nobody waiting */
    uint64_t last;      /* when the last one was */
    int32_t last_tid;
    uint32_t last_name; /* string */
    uint64_t site;      /* frames: where it was, a return address; site_count 0 if not known */
    uint32_t site_count;
    uint32_t reserved;
};

/* Who last wrote through a descriptor that is a pipe or an eventfd now. */
struct lw_snapshot_write {
    int32_t fd;
    int32_t tid;
    uint64_t when;
};

/* What the tool tells the process of a leaked thread: for callbacks of the API. Strings are cut to fit. */
struct lw_answer_leak {
    int32_t tid;
    int32_t line, creator_line;
    uint32_t reserved;
    uint64_t ns;
    char name[16], state[16], verdict[16], wait[48];
    char function[160], file[160], creator_function[160], creator_file[160];
};
