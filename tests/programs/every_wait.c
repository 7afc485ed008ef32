/* Plays every call of wait_rows.h in one way, and prints what came of each: to be compared with and without
 * the preload. usage: every_wait woken | timed | signalled | cancelled | snapshot | crowd [snapshots] |
 * blocked
 *
 * woken: it blocks, and what it waits for comes. timed: it does not come in time. signalled: a handler
 * without SA_RESTART runs in the waiting thread; then it is woken. cancelled: likewise with pthread_cancel.
 * snapshot: the waiting thread is sent SIGUSR1, must not notice, and is woken. crowd: several threads block
 * in the same call, take a storm of SIGUSR1 if asked, and are woken. blocked: all at the same time, and one
 * snapshot; a line for each tells what its report must say. */
#include <time.h>

#include "wait_rows.h"

enum object { NONE, FD, ADDRESS };

static const struct row {
    const char *call, *kind;
    enum object object;
    void (*set_up)(struct scene *), (*wake)(struct scene *);
} rows[] =
    {
#define X(call, kind, object, scene, waking, expression) {#call, kind, object, set_up_##scene, wake_##waking},
        WAIT_ROWS(X)
#undef X
},
  timed_rows[] = {
#define X(call, scene, expression) {#call, "", NONE, set_up_##scene, NULL},
      TIMED_ROWS(X)
#undef X
};

static long wait_in(unsigned row, struct scene *s) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (row) {
#define X(call, kind, object, scene, waking, expression) \
    case __COUNTER__ - FIRST:                            \
        return (long)expression;
        WAIT_ROWS(X)
#undef X
    }
    return -1;
}

static long wait_timed_in(unsigned row, struct scene *s) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (row) {
#define X(call, scene, expression) \
    case __COUNTER__ - FIRST:      \
        return (long)expression;
        TIMED_ROWS(X)
#undef X
    }
    return -1;
}

/* The stack that waiting threads have in the mode "stacks", painted to see how deep they go. */
enum { PAINT = 0xa5 };
#ifdef __aarch64__
enum { SMALLEST = 128 * 1024 }; /* PTHREAD_STACK_MIN, which pthread_attr_setstack(3) wants */
#else
enum { SMALLEST = 16 * 1024 };
#endif
static _Alignas(4096) unsigned char stack[SMALLEST];
static bool small_stacks;
static size_t deepest;

static void measure_stack(void) {
    size_t untouched = 0;
    while (untouched < sizeof stack && stack[untouched] == PAINT)
        untouched++;
    if (sizeof stack - untouched > deepest)
        deepest = sizeof stack - untouched;
}

/* One row being played. */
struct play {
    struct scene scene;
    const struct row *row;
    unsigned index;
    bool timed;
    volatile pid_t tid;
    volatile bool returned;
    volatile int cleanups;
    long result;
    int error;
};

static void clean_up(void *argument) {
    struct play *play = argument;
    play->cleanups++;
    let_go(&play->scene);
}

static void *waits(void *argument) {
    struct play *play = argument;
    int unused;
    play->tid = (pid_t)syscall(SYS_gettid);
    pthread_cleanup_push(clean_up, play);
    errno = 0;
    play->result = (play->timed ? wait_timed_in : wait_in)(play->index, &play->scene);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
    play->error = play->result < 0 ? errno : 0;
    play->returned = true;
    pthread_cleanup_pop(0);
    return NULL;
}

/* A thread's /proc file, all of it. */
static bool read_task(pid_t tid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    long got = fd < 0 ? -1 : syscall(SYS_read, fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[got < 0 ? 0 : got] = 0;
    return got > 0;
}

static bool is_asleep(pid_t tid) {
    char stat[512];
    const char *state = read_task(tid, "stat", stat, sizeof stat) ? strrchr(stat, ')') : NULL;
    return state && state[2] == 'S';
}

/* A signal that was sent to the thread itself has begun to be handled. */
static bool has_taken_signals(pid_t tid) {
    char status[4096];
    const char *pending =
        read_task(tid, "status", status, sizeof status) ? strstr(status, "\nSigPnd:") : NULL;
    return !pending || strtoull(pending + strlen("\nSigPnd:"), NULL, 16) == 0;
}

/* The system call that the thread sleeps in and its stack pointer: the same again when a handler is over. */
struct place {
    long number;
    unsigned long sp;
};
static struct place place_of(pid_t tid) {
    char line[512];
    struct place place = {-1, 0};
    if (read_task(tid, "syscall", line, sizeof line) &&
        sscanf(line, "%ld %*x %*x %*x %*x %*x %*x %lx", &place.number, &place.sp) != 2)
        place.number = -1;
    return place;
}

/* A handler's frame is larger: it holds the processor's whole state. */
static bool same_place(struct place a, struct place b) {
    return a.number >= 0 && a.number == b.number && a.sp - b.sp + 512 < 1024;
}

static void pass_us(long us) {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}
static void pass_ms(long ms) {
    pass_us(ms * 1000);
}

static bool spins(const struct play *play) {
    return strcmp(play->row->kind, "spin lock") == 0;
}
static bool is_over(const struct play *play) {
    return play->returned || play->cleanups;
}

/* Waits until the thread sleeps in its call, and stays there; tells where. */
static struct place await_sleep(const struct play *play) {
    struct place before = {-1, 0}, now;
    if (spins(play)) {
        pass_ms(20);
        return before;
    }
    for (int ms = 0; ms < 5000; ms++, before = now) {
        now = play->tid && is_asleep(play->tid) ? place_of(play->tid) : (struct place){-1, 0};
        if (same_place(now, before))
            break;
        pass_ms(1);
    }
    return now;
}

/* Waits until what the thread was sent has had its effect: the call is over, or it sleeps there again. No
 * time is enough for that on a busy machine, but for a spinning thread, which is nowhere. */
static void await_effect(const struct play *play, struct place place) {
    for (int us = 0; us < 5000000 && !is_over(play); us += 100) {
        if (has_taken_signals(play->tid) &&
            (spins(play) || (is_asleep(play->tid) && same_place(place_of(play->tid), place))))
            return;
        pass_us(100);
    }
}

static void begin(struct play *play, const struct row *row, unsigned index, bool timed) {
    *play = (struct play){.row = row, .index = index, .timed = timed};
    play->scene.span = (struct timespec){0, SPAN_MS * 1000000};
    row->set_up(&play->scene);
    clock_gettime(CLOCK_REALTIME, &play->scene.until);
    play->scene.until.tv_nsec += SPAN_MS * 1000000;
    if (play->scene.until.tv_nsec >= 1000000000)
        play->scene.until.tv_nsec -= 1000000000, play->scene.until.tv_sec++;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    if (small_stacks) {
        memset(stack, PAINT, sizeof stack);
        MUST(pthread_attr_setstack(&attr, stack, sizeof stack) == 0);
    }
    MUST(pthread_create(&play->scene.thread, &attr, waits, play) == 0);
    char name[16];
    snprintf(name, sizeof name, "row %u", index);
    pthread_setname_np(play->scene.thread, name);
}

/* Waits for the thread's end, not by a call that is under test. */
static bool ends_within(struct play *play, int ms) {
    for (; ms > 0; ms--) {
        void *result;
        if (pthread_tryjoin_np(play->scene.thread, &result) == 0) {
            if (result == PTHREAD_CANCELED)
                printf(" cancelled");
            return true;
        }
        pass_ms(1);
    }
    return false;
}

static void end(struct play *play) {
    struct scene *s = &play->scene;
    printf(" result %ld errno %d cleanups %d\n", play->returned ? play->result : 0, play->error,
           play->cleanups);
    if (s->target)
        sem_post(&s->release);
    if (s->child > 0)
        kill(s->child, SIGKILL), waitpid(s->child, NULL, 0);
    if (s->made_queue)
        msgctl(s->ipc, IPC_RMID, NULL);
    if (s->made_semaphores)
        semctl(s->ipc, 0, IPC_RMID);
}

static void play_one(const char *mode, const struct row *row, unsigned index) {
    static struct play play; /* a request of aio may outlive its row */
    bool timed = strcmp(mode, "timed") == 0;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    begin(&play, row, index, timed);
    printf("%s (%s):", row->call, row->kind);
    struct place place = {-1, 0};
    if (!timed)
        place = await_sleep(&play);
    if (strcmp(mode, "signalled") == 0)
        pthread_kill(play.scene.thread, SIGUSR2);
    else if (strcmp(mode, "cancelled") == 0)
        pthread_cancel(play.scene.thread);
    else if (strcmp(mode, "snapshot") == 0)
        syscall(SYS_tgkill, getpid(), play.tid, SIGUSR1);
    if (!timed) {
        if (strcmp(mode, "woken") != 0)
            await_effect(&play, place);
        printf(is_over(&play) ? " at once," : " went on,");
    }
    if (!timed && !is_over(&play))
        row->wake(&play.scene);
    if (!ends_within(&play, 3000)) {
        printf(" STUCK\n");
        fflush(stdout);
        _exit(71);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    double ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    if (timed)
        printf(ms < SPAN_MS - 1 ? " EARLY" : " in time,");
    end(&play);
}

/* Several threads in the same call. First each of them takes snapshots one by one, so that it is certain how
 * many interrupted it; then they come as fast as they can, so that some come while others are taken. */
static void play_crowd(const struct row *row, unsigned index, bool snapshots) {
    enum { SEVERAL = 3, ONE_BY_ONE = 15, IN_A_STORM = 50, EVERY_US = 200 };
    static struct play plays[SEVERAL];
    struct place places[SEVERAL];
    for (int i = 0; i < SEVERAL; i++)
        begin(&plays[i], row, index, false);
    for (int i = 0; i < SEVERAL; i++)
        places[i] = await_sleep(&plays[i]);
    for (int times = 0; snapshots && times < ONE_BY_ONE + IN_A_STORM; times++) {
        for (int i = 0; i < SEVERAL; i++)
            if (!is_over(&plays[i]))
                syscall(SYS_tgkill, getpid(), plays[i].tid, SIGUSR1);
        for (int i = 0; times < ONE_BY_ONE && i < SEVERAL; i++)
            await_effect(&plays[i], places[i]);
        if (times >= ONE_BY_ONE)
            pass_us(EVERY_US);
    }
    for (int i = 0; i < SEVERAL; i++)
        await_effect(&plays[i], places[i]);
    printf("%s (%s):", row->call, row->kind);
    bool over[SEVERAL]; /* before any is woken: what wakes one can wake another */
    for (int i = 0; i < SEVERAL; i++)
        printf((over[i] = is_over(&plays[i])) ? " AT ONCE" : " went on");
    for (int i = 0; i < SEVERAL; i++)
        if (!over[i])
            row->wake(&plays[i].scene);
    for (int i = 0; i < SEVERAL; i++)
        if (!ends_within(&plays[i], 10000)) {
            printf(" STUCK\n");
            fflush(stdout);
            _exit(71);
        }
    for (int i = 0; i < SEVERAL; i++)
        end(&plays[i]);
}

/* Every row at once; what is printed is what a report must say of each. */
static void block_all(void) {
    enum { ROWS = sizeof rows / sizeof *rows };
    static struct play plays[ROWS];
    for (unsigned i = 0; i < ROWS; i++)
        begin(&plays[i], &rows[i], i, false);
    for (unsigned i = 0; i < ROWS; i++)
        await_sleep(&plays[i]);
    for (unsigned i = 0; i < ROWS; i++) {
        printf("row %u\t%s\t%s\t", i, rows[i].call, rows[i].kind);
        if (rows[i].object == FD)
            printf("fd %d\n", plays[i].scene.fd);
        else if (rows[i].object == ADDRESS)
            printf("%p\n", plays[i].scene.object);
        else
            printf("none\n");
    }
    fflush(stdout);
    raise(SIGUSR1);
    for (unsigned i = 0; i < ROWS; i++) {
        if (plays[i].scene.child > 0)
            kill(plays[i].scene.child, SIGKILL);
        if (plays[i].scene.made_queue)
            msgctl(plays[i].scene.ipc, IPC_RMID, NULL);
        if (plays[i].scene.made_semaphores)
            semctl(plays[i].scene.ipc, 0, IPC_RMID);
    }
}

static void on_signal(int signal) {
    (void)signal;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "woken";
    bool timed = strcmp(mode, "timed") == 0;
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, AWAITED);
    pthread_sigmask(SIG_BLOCK, &awaited, NULL);
    sigaction(SIGUSR2, &(struct sigaction){.sa_handler = on_signal}, NULL);
    if (strcmp(mode, "blocked") == 0) {
        block_all();
        _exit(0);
    }
    if (strcmp(mode, "stacks") == 0) {
        int out = dup(1);
        small_stacks = true;
        MUST(freopen("/dev/null", "w", stdout));
        for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
            play_one("woken", &rows[i], i);
            measure_stack();
            if (!getenv("LD_PRELOAD"))
                continue;
            play_one("snapshot", &rows[i], i);
            measure_stack();
        }
        dprintf(out, "%zu of %zu\n", deepest, sizeof stack);
        _exit(0);
    }
    if (strcmp(mode, "crowd") == 0) {
        for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
            play_crowd(&rows[i], i, argc > 2);
        fflush(stdout);
        _exit(0);
    }
    unsigned count = timed ? sizeof timed_rows / sizeof *timed_rows : sizeof rows / sizeof *rows;
    for (unsigned i = 0; i < count; i++)
        play_one(mode, timed ? &timed_rows[i] : &rows[i], i);
    fflush(stdout);
    _exit(0);
}
