/* Plays random sequences of calls, each sequence in a child, and prints what every call answered: to be
 * compared with and without the preload. usage: sequences FIRST_SEED COUNT [snapshots]
 *
 * The child plays, here; the parent directs (sequence_director.c). */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>

#include "../programs/by_number.h"
#include "../programs/older_libc.h"
#include "sequence_draws.h"
#include "sequence_rows.h"

enum { CALLS = 12, UNTOUCHED = 777, LEFT_BY_HANDLER = 778 };

struct stage *stage;
struct draw draw;
struct arguments arguments;
struct timespec span, rest;
struct timeval span_us;
char *arena;
int descriptors[DESCRIPTOR_COUNT];
const char *const descriptor_names[DESCRIPTOR_COUNT] = {
#define X(name, statements) #name,
    DESCRIPTORS(X)
#undef X
};

static sem_t sem;
static pthread_mutex_t mutex;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static uint32_t word = 1;
static pthread_t target, worker;
static volatile bool target_may_end, has_target, joins;
static struct sigaction old_action;
static struct sockaddr_un listener = {.sun_family = AF_UNIX};
static const socklen_t listener_length = sizeof(sa_family_t) + 12;
static _Thread_local sigjmp_buf back;
static _Thread_local volatile bool calling;
static volatile unsigned broken_pipes;

static void make(int result) {
    if (result != 0)
        _exit(70);
}
static void listen_on(int fd) {
    snprintf(listener.sun_path + 1, 12, "leak%07u", (unsigned)getpid() % 10000000);
    make(bind(fd, (struct sockaddr *)&listener, listener_length));
    make(listen(fd, 1));
}
static void expire(int fd) {
    make(timerfd_settime(fd, TFD_TIMER_ABSTIME, &(struct itimerspec){.it_value = {0, 1}}, NULL));
}
static void watch(int set, int fd) {
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.u32 = 7});
}

static void *is_joined(void *unused) {
    while (!target_may_end)
        syscall(SYS_nanosleep, &(struct timespec){0, 200000}, NULL);
    return unused;
}
static void begin_target(void) {
    if (!has_target)
        make(pthread_create(&target, NULL, is_joined, NULL));
    has_target = joins = true;
}

/* From a handler: what was waited for comes. */
static void feed(void) {
    uint64_t one = 1;
    static const enum descriptor fed[] = {FD_pipe_in, FD_small_pipe_in, FD_streams_other, FD_datagrams_other,
                                          FD_stream,  FD_datagram,      FD_counter};
    for (unsigned i = 0; i < sizeof fed / sizeof *fed; i++) {
        struct pollfd writable = {descriptors[fed[i]], POLLOUT, 0};
        if (poll(&writable, 1, 0) == 1 && (writable.revents & POLLOUT) && fed[i] != FD_counter) {
            ssize_t unused = write(descriptors[fed[i]], &one, 8);
            (void)unused;
        }
    }
    sem_post(&sem);
    target_may_end = true;
    stage->timed |= joins; /* it is over when target's end is */
}

static void on_event(int signal) {
    enum event event = (enum event)(signal - SIGRTMIN);
    stage->taken++;
    if (event == FEEDS)
        feed();
    errno = LEFT_BY_HANDLER;
    if (event == GIVES_UP && calling)
        siglongjmp(back, 2);
}
static void on_fault(int signal) {
    if (!calling)
        _exit(71);
    (void)signal;
    siglongjmp(back, 1);
}
static void on_other(int signal) {
    broken_pipes += signal == SIGPIPE;
}

static void set_up(void) {
    static const enum event restarting[] = {RESTARTS, FEEDS};
    struct sigaction action = {.sa_handler = on_event};
    for (enum event event = RESTARTS; event <= GIVES_UP; event++)
        sigaction(SIGRTMIN + (int)event, &action, NULL);
    action.sa_flags = SA_RESTART;
    for (unsigned i = 0; i < sizeof restarting / sizeof *restarting; i++)
        sigaction(SIGRTMIN + (int)restarting[i], &action, NULL);
    action = (struct sigaction){.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    action = (struct sigaction){.sa_handler = on_other};
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);

    arena = mmap(NULL, ARENA + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    make(arena == MAP_FAILED || mprotect(arena + ARENA, 4096, PROT_NONE));
    sem_init(&sem, 0, 1);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attr);
    int two[2] = {-1, -1}, fd = -1, first_fd = 0, at = 0;
#define X(name, statements) \
    statements;             \
    descriptors[at++] = fd; \
    first_fd = descriptors[FD_pipe_out];
    DESCRIPTORS(X)
#undef X
}

static const char *call_name(unsigned which) {
    static const char *const names[] = {
#define X(call, expression) #call,
        SEQUENCE_CALLS(X)
#undef X
    };
    return which < sizeof names / sizeof *names ? names[which] : NULL;
}
enum {
#define X(call, expression) CALL_##call,
    SEQUENCE_CALLS(X)
#undef X
        CALL_COUNT
};

static void enter(void) {
    errno = UNTOUCHED;
    stage->tid = (pid_t)syscall(SYS_gettid);
    __atomic_fetch_add(&stage->entered, 1, __ATOMIC_SEQ_CST);
}
/* Its arguments are drawn, and said, before it is entered: the parent knows then whether it is timed. */
static long make_call(unsigned which) {
    switch (which) {
#define X(call, expression) \
    case CALL_##call:       \
        return (long)(expression);
        SEQUENCE_CALLS(X)
#undef X
    }
    return -1;
}

static uint64_t hash(const void *memory, size_t size) {
    uint64_t sum = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const unsigned char *)memory)[i]) * 0x100000001b3u;
    return sum;
}
static unsigned long outputs(void) {
    /* Pointers into this memory are not the same from run to run. */
    for (int i = 0; i < 4; i++)
        arguments.parts[i].iov_base = NULL;
    arguments.message.msg_iov = arguments.messages[0].msg_hdr.msg_iov =
        arguments.messages[1].msg_hdr.msg_iov = NULL;
    arguments.message.msg_name = NULL;
    /* Nor are process ids. */
    memset(&arguments.info.si_code + 1, 0, sizeof arguments.info - 3 * sizeof(int));
    memset(arguments.address.sun_path, 0, sizeof arguments.address.sun_path);
    old_action.sa_restorer = NULL;
    /* glibc copies more of the mask than the kernel wrote. */
    memset((char *)&old_action.sa_mask + sizeof(uint64_t), 0, sizeof old_action.sa_mask - sizeof(uint64_t));
    uint64_t sum = hash(&arguments, sizeof arguments) ^ hash(arena, 8192) ^ hash(arena + ARENA - 3, 3) ^
                   hash(&old_action, sizeof old_action);
    return (unsigned long)(sum >> 40);
}

static void *play_call(void *which) {
    volatile long result = -1;
    static const char *const ways[] = {"", "faults", "blocks"};
    rest = (struct timespec){-5, -5};
    memset(&arguments, 0, sizeof arguments);
    int way = sigsetjmp(back, 1);
    if (way == 0) {
        calling = true;
        enter();
        result = make_call((unsigned)(uintptr_t)which);
    }
    int error = errno;
    calling = false;
    __atomic_store_n(&stage->left, stage->entered, __ATOMIC_SEQ_CST);
    int unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
    if (way)
        say(" = %s", ways[way]);
    else
        say(" = %ld", result);
    if (!way && error != UNTOUCHED)
        say(" errno %s", error == LEFT_BY_HANDLER ? "of the handler" : strerrorname_np(error) ?: "?");
    say(" wrote %06lx", way ? 0 : outputs());
    if (rest.tv_sec != -5)
        say(" rest %s", rest.tv_sec < 0 || rest.tv_sec > 1000000 ? "strange"
                        : rest.tv_sec || rest.tv_nsec            ? "some"
                                                                 : "none");
    if (span_us.tv_sec != 0 && way == 0)
        say(" left %s", span_us.tv_sec < 0 ? "strange" : "some");
    span_us.tv_sec = 0;
    return NULL;
}

static void *works(void *which) {
    if (draw_of(3) == 0)
        say(" {already cancelled}"), pthread_cancel(pthread_self());
    return play_call(which);
}

static void play_sequence(uint64_t seed) {
    for (unsigned call = 0; call < CALLS; call++) {
        draw = (struct draw){seed, call, 100};
        unsigned which = draw_of(CALL_COUNT);
        void *argument = (void *)(uintptr_t)which;
        bool in_worker = draw_of(8) == 0;
        unsigned pipes = broken_pipes;
        target_may_end = joins = false;
        stage->timed = false;
        say("seed %lu call %u: %s:", (unsigned long)seed, call, call_name(which));
        stage->cancellable = in_worker;
        stage->cancels = false;
        if (!in_worker) {
            play_call(argument);
        } else {
            void *result = NULL;
            say(" {worker}");
            make(pthread_create(&worker, NULL, works, argument));
            while (pthread_tryjoin_np(worker, &result) != 0) {
                if (stage->cancels) {
                    stage->cancels = false;
                    pthread_cancel(worker);
                    stage->taken++;
                }
                syscall(SYS_nanosleep, &(struct timespec){0, 50000}, NULL);
            }
            if (result == PTHREAD_CANCELED)
                say(" = cancelled");
            stage->left = stage->entered;
        }
        if (has_target) {
            target_may_end = true;
            pthread_join(target, NULL);
            has_target = false;
        }
        if (broken_pipes != pipes)
            say(" %u SIGPIPE", broken_pipes - pipes);
        say("\n");
    }
}

int main(int argc, char **argv) {
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
             count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED)
        return 1;
    for (uint64_t seed = first; seed < first + count; seed++) {
        stage->entered = stage->left = stage->taken = stage->length = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            set_up();
            play_sequence(seed);
            syscall(SYS_exit_group, 0);
        }
        if (pid < 0)
            return 1;
        int status = direct(pid, seed, argc > 3);
        if (status != 0)
            say(" seed %lu ended with status %x\n", (unsigned long)seed, (unsigned)status);
        fwrite(stage->text, 1, stage->length, stdout);
    }
    return 0;
}
