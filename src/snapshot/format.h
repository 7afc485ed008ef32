/* The seam: the layout of a snapshot, shared by the shim that writes it and the tool that reads it.
 *
 * A snapshot is one flat file of native byte order: a header, then sections found through it. Sections
 * may lie anywhere in the file and holes between them are allowed (the writer works in a sparse memfd),
 * but none may overlap the header or reach past the end. Strings lie in a blob, each NUL
 * terminated, and are named by their offset; offset 0 is the empty string. Every reader goes through
 * snapshot/reader.h, which checks all of this before anything else looks at the bytes.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC unless a field says otherwise; 0 is "not known".
 */
#pragma once

#include <stdint.h>

#define LW_SNAPSHOT_MAGIC   "LWSNAP\r\n"
#define LW_SNAPSHOT_VERSION 1u
#define LW_BYTE_ORDER_MARK  0x01020304u

/* Wait kinds and the words in which every report spells them. "unsettled" kinds are what a wrapper
 * knows before the descriptor has been looked at; a snapshot never holds one. */
#define LW_WAIT_KINDS(X)                                  \
    X(NONE, "none")                                       \
    X(COND, "cond wait")                                  \
    X(MUTEX, "mutex lock")                                \
    X(RWLOCK_READ, "rwlock read lock")                    \
    X(RWLOCK_WRITE, "rwlock write lock")                  \
    X(SPIN, "spin lock")                                  \
    X(BARRIER, "barrier wait")                            \
    X(SEMAPHORE, "semaphore wait")                        \
    X(JOIN, "thread join")                                \
    X(ONCE, "once")                                       \
    X(PIPE_READ, "pipe read")                             \
    X(PIPE_WRITE, "pipe write")                           \
    X(SOCKET_READ, "socket read")                         \
    X(SOCKET_WRITE, "socket write")                       \
    X(ACCEPT, "accept")                                   \
    X(CONNECT, "connect")                                 \
    X(EVENTFD_READ, "eventfd read")                       \
    X(TIMERFD_READ, "timerfd read")                       \
    X(SIGNALFD_READ, "signalfd read")                     \
    X(INOTIFY_READ, "inotify read")                       \
    X(TERMINAL_READ, "terminal read")                     \
    X(FILE_READ, "file read")                             \
    X(FILE_WRITE, "file write")                           \
    X(POLL, "poll")                                       \
    X(SELECT, "select")                                   \
    X(EPOLL, "epoll wait")                                \
    X(SLEEP, "sleep")                                     \
    X(PAUSE, "pause")                                     \
    X(SIGNAL_WAIT, "signal wait")                         \
    X(CHILD, "child wait")                                \
    X(MQ_RECEIVE, "message queue receive")                \
    X(MQ_SEND, "message queue send")                      \
    X(FILE_LOCK, "file lock")                             \
    X(FUTEX, "futex")                                     \
    X(SYSCALL, "syscall") /* printed as "syscall NAME" */ \
    X(UNSETTLED_READ, "read")                             \
    X(UNSETTLED_WRITE, "write")

enum lw_wait_kind {
#define X(id, words) LW_WAIT_##id,
    LW_WAIT_KINDS(X)
#undef X
        LW_WAIT_KIND_COUNT
};

/* Why the snapshot was taken. The words are those of the JSON contract. */
#define LW_TRIGGERS(X)        \
    X(EXIT, "exit")           \
    X(SIGNAL, "signal")       \
    X(TERMINATE, "terminate") \
    X(STALL, "stall")         \
    X(MONITOR, "monitor")     \
    X(API, "api")

enum lw_trigger {
#define X(id, words) LW_TRIGGER_##id,
    LW_TRIGGERS(X)
#undef X
        LW_TRIGGER_COUNT
};

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

enum lw_answer { LW_ANSWER_NONE, LW_ANSWER_CLEAN, LW_ANSWER_LEAKS };

struct lw_section {
    uint64_t offset; /* bytes from the start of the file, a multiple of 8 */
    uint64_t count;  /* elements, not bytes */
};

struct lw_snapshot_header {
    char magic[8];
    uint32_t byte_order; /* LW_BYTE_ORDER_MARK */
    uint32_t version;
    uint32_t header_size;
    uint32_t thread_size; /* sizeof(struct lw_snapshot_thread) of the writer */
    uint32_t module_size;
    uint32_t condition_size;
    struct lw_section threads;
    struct lw_section frames; /* uint64_t program counters */
    struct lw_section modules;
    struct lw_section conditions;
    struct lw_section strings; /* bytes */

    int32_t pid;
    uint32_t trigger;        /* enum lw_trigger */
    int32_t signal;          /* what triggered it, 0 if no signal did */
    uint32_t sequence;       /* of this process's reports, from 1 */
    uint64_t realtime;       /* when captured, ns since the epoch */
    uint64_t monotonic;      /* when captured */
    uint64_t started;        /* when the shim started */
    uint64_t created;        /* threads created in total, not counting main */
    uint64_t min_wait;       /* ns: leave out threads blocked for less */
    uint64_t lost;           /* threads that found no room for a record */
    uint32_t exe;            /* string: path of the program */
    uint32_t program;        /* string: name it was started by */
    uint32_t incomplete;     /* string: what could not be captured, empty if nothing */
    uint32_t condition_lost; /* entries of the signal table that were overwritten */
    uint32_t answer;         /* enum lw_answer: what the tool leaves for the process that waits for it */
    uint32_t reserved;
};

enum lw_thread_flag {
    LW_THREAD_MAIN = 1u << 0,
    LW_THREAD_CALLER = 1u << 1, /* the thread that took the snapshot */
    LW_THREAD_UNSEEN = 1u << 2, /* not created through pthread_create, as far as the shim saw */
    LW_THREAD_DETACHED = 1u << 3,
    LW_THREAD_CUT = 1u << 4,         /* the stack goes on beyond the frames kept */
    LW_THREAD_KERNEL_WORD = 1u << 5, /* the wait and the stack are taken from the kernel alone */
    LW_THREAD_TIMED = 1u << 6,       /* the wait has a deadline */
    LW_THREAD_CREATION_CUT = 1u << 7,
    LW_THREAD_BROKEN = 1u << 8, /* the stack ended at a frame that cannot be unwound */
    LW_THREAD_EXACT = 1u << 9,  /* the first frame is where the thread stood, not a return address */
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

/* What is known of a condition variable that was signalled. */
struct lw_snapshot_condition {
    uint64_t address;
    uint64_t signals; /* signals and broadcasts */
    uint64_t unheard; /* those that found nobody waiting */
    uint64_t last;    /* when it was last signalled */
    int32_t last_tid;
    uint32_t last_name; /* string */
};
