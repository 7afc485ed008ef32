/* A thread waits for a condition in a block that main has hidden somewhere. When a byte comes in, main takes the address from just
 * that place and wakes the thread, which says so: a report in between that calls the thread stranded is wrong. In the scenarios
 * that drop the address nobody ever will. */
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <ucontext.h>

#include "scenarios.h"

struct box {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool open;
};

static void *waits(void *of) {
    struct box *box = of;
    pthread_mutex_lock(&box->mutex);
    while (!box->open)
        pthread_cond_wait(&box->changed, &box->mutex);
    pthread_mutex_unlock(&box->mutex);
    if (write(STDOUT_FILENO, "woken\n", 6) != 6)
        exit(3);
    return NULL;
}

static __attribute__((noinline)) struct box *box_new(void) {
    struct box *box = calloc(1, sizeof *box);
    pthread_mutex_init(&box->mutex, NULL);
    pthread_cond_init(&box->changed, NULL);
    return box;
}

static void box_open(struct box *box) {
    pthread_mutex_lock(&box->mutex);
    box->open = true;
    pthread_cond_signal(&box->changed);
    pthread_mutex_unlock(&box->mutex);
}

/* What earlier calls left behind on the stack and in registers is no reference. */
static __attribute__((noinline)) void forget(void) {
    volatile char bytes[16384];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}

static void await_byte(void) {
    char byte;
    while (read(STDIN_FILENO, &byte, 1) != 1)
        ;
}

/* Places. */
static struct box *global;
static void hide_in_global(struct box *box) {
    global = box;
}
static struct box *from_global(void) {
    return global;
}
static void hide_nowhere(struct box *box) {
    (void)box;
}

static char *inside;
static void hide_interior(struct box *box) {
    inside = (char *)box + 3;
}
static struct box *from_interior(void) {
    return (struct box *)(inside - 3);
}
static void hide_behind(struct box *box) {
    inside = (char *)(box + 1);
}
static struct box *from_behind(void) {
    return (struct box *)inside - 1;
}
static uintptr_t tagged;
static void hide_tagged(struct box *box) {
    tagged = (uintptr_t)box | 5 | (uintptr_t)0xa5 << 56;
}
static struct box *from_tagged(void) {
    return (struct box *)(tagged & ~(uintptr_t)7 & ~((uintptr_t)0xff << 56));
}

struct link {
    struct link *next;
    struct box *box;
};
static struct link *chain;
static void hide_behind_a_chain(struct box *box) {
    for (int i = 0; i < 1000; i++) {
        struct link *link = calloc(1, sizeof *link + (size_t)i % 300);
        link->next = chain;
        link->box = i == 0 ? box : NULL;
        chain = link;
    }
}
static struct box *from_the_chain(void) {
    struct link *link = chain;
    while (link->next)
        link = link->next;
    return link->box;
}

static __thread struct box *in_storage;
static void hide_in_storage(struct box *box) {
    in_storage = box;
}
static struct box *from_storage(void) {
    return in_storage;
}
static pthread_key_t keys[40];
static void hide_in_a_key(struct box *box) {
    pthread_key_create(&keys[0], NULL);
    pthread_setspecific(keys[0], box);
}
static struct box *from_a_key(void) {
    return pthread_getspecific(keys[0]);
}
static void hide_in_a_late_key(struct box *box) {
    for (int i = 0; i < 40; i++)
        pthread_key_create(&keys[i], NULL);
    pthread_setspecific(keys[39], box);
}
static struct box *from_a_late_key(void) {
    return pthread_getspecific(keys[39]);
}

static int carrier[2];
static void hide_in_a_pipe(struct box *box) {
    if (pipe(carrier) != 0 || write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static void hide_in_a_socket(struct box *box) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, carrier) != 0 ||
        write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static struct box *from_the_carrier(void) {
    struct box *box;
    return read(carrier[0], &box, sizeof box) == sizeof box ? box : NULL;
}
static mqd_t queue;
static void hide_in_a_queue(struct box *box) {
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = sizeof box};
    queue = mq_open("/leakwatch-reach", O_CREAT | O_RDWR, 0600, &attr);
    mq_unlink("/leakwatch-reach");
    if (queue == (mqd_t)-1 || mq_send(queue, (char *)&box, sizeof box, 0) != 0)
        exit(3);
}
static struct box *from_the_queue(void) {
    struct box *box;
    return mq_receive(queue, (char *)&box, sizeof box, NULL) == sizeof box ? box : NULL;
}

static int set;
static void hide_in_a_set(struct box *box) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = box};
    int fd = eventfd(1, EFD_NONBLOCK);
    set = epoll_create1(0);
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(3);
}
static struct box *from_the_set(void) {
    struct epoll_event event;
    return epoll_wait(set, &event, 1, -1) == 1 ? event.data.ptr : NULL;
}

static timer_t timer;
static void hide_in_a_timer(struct box *box) {
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_ptr = box};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        exit(3);
}
static struct box *from_the_signal(void) {
    siginfo_t info;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + 3);
    return sigwaitinfo(&signals, &info) > 0 ? info.si_value.sival_ptr : NULL;
}
static struct box *from_the_timer(void) {
    struct itimerspec soon = {.it_value.tv_nsec = 1000};
    timer_settime(timer, 0, &soon, NULL);
    return from_the_signal();
}
static void hide_in_a_signal(struct box *box) {
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_ptr = box});
}

static struct box **mapped;
static void hide_in_a_mapping(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped[70000] = box;
}
static void hide_in_shared_memory(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mapped[70000] = box;
}
static void hide_where_fork_does_not_copy(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(mapped, 1 << 20, MADV_DONTFORK);
    mapped[70000] = box;
}
static void hide_where_fork_wipes(struct box *box) {
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(mapped, 1 << 20, MADV_WIPEONFORK);
    mapped[70000] = box;
}
static void hide_in_protected_memory(struct box *box) {
    hide_in_a_mapping(box);
    mprotect(mapped, 1 << 20, PROT_NONE);
}
static struct box *from_protected_memory(void) {
    mprotect(mapped, 1 << 20, PROT_READ);
    return mapped[70000];
}
static void hide_in_a_file(struct box *box) {
    char name[] = "/tmp/reach-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    if (ftruncate(fd, 1 << 20) != 0)
        exit(3);
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    mapped[70000] = box;
}
static struct box *from_the_mapping(void) {
    return mapped[70000];
}
static void hide_in_a_large_block(struct box *box) {
    mapped = calloc(1, 1 << 20);
    mapped[70000] = box;
}
static void hide_in_code(struct box *box) {
    char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code + 13, &box, sizeof box);
    mapped = (void *)code;
}
static struct box *from_code(void) {
    struct box *box;
    memcpy(&box, (char *)mapped + 13, sizeof box);
    return box;
}

static jmp_buf jump;
/* glibc mangles the frame pointer in it, a register like any other. */
static __attribute__((noinline)) void hide_in_a_jump(struct box *box) {
    __asm__ volatile("movq %0, %%rbx\n\tmovq %0, %%r12" ::"r"(box) : "rbx", "r12");
    if (setjmp(jump) != 0)
        exit(3);
    __asm__ volatile("" ::: "rbx", "r12");
}
static struct box *from_the_jump(void) {
    struct box *box;
    memcpy(&box, jump, sizeof box); /* rbx is its first word (sysdeps/x86_64/jmpbuf-offsets.h) */
    return box;
}

static void at_the_end(int status, void *of) {
    (void)status;
    box_open(of);
    usleep(200000);
}
static void hide_at_the_end(struct box *box) {
    on_exit(at_the_end, box);
}
static struct box *from_the_end(void) {
    exit(0);
}

static char *other_stack;
static ucontext_t here, there;
static struct box *passed;
static void on_the_other_stack(unsigned low, unsigned high) {
    struct box *box = (struct box *)((uintptr_t)high << 32 | low);
    swapcontext(&there, &here);
    passed = box;
    swapcontext(&there, &here);
}
static void hide_on_another_stack(struct box *box) {
    other_stack = malloc(65536);
    getcontext(&there);
    there.uc_stack.ss_sp = other_stack;
    there.uc_stack.ss_size = 65536;
    makecontext(&there, (void (*)(void))on_the_other_stack, 2, (unsigned)(uintptr_t)box,
                (unsigned)((uintptr_t)box >> 32));
    swapcontext(&here, &there);
}
static struct box *from_the_other_stack(void) {
    swapcontext(&here, &there);
    return passed;
}

/* A thread that runs has it in a register only, and gives it back when it is told to. */
static volatile bool give;
static struct box *volatile given;
static void *holds_in_a_register(void *box) {
    __asm__ volatile("movq %0, %%r13\n\t"
                     "1:\tcmpb $0, (%1)\n\t"
                     "pause\n\t"
                     "je 1b\n\t"
                     "movq %%r13, (%2)"
                     :
                     : "r"(box), "r"(&give), "r"(&given)
                     : "r13", "memory");
    return NULL;
}
static void *holds_in_a_vector(void *box) {
    __asm__ volatile("movq %0, %%xmm9\n\t"
                     "xorl %k0, %k0\n\t"
                     "1:\tcmpb $0, (%1)\n\t"
                     "pause\n\t"
                     "je 1b\n\t"
                     "movq %%xmm9, (%2)"
                     : "+r"(box)
                     : "r"(&give), "r"(&given)
                     : "xmm9", "memory");
    return NULL;
}
static void hide_with(void *(*holds)(void *), struct box *box) {
    pthread_t thread;
    pthread_create(&thread, NULL, holds, box);
    pthread_detach(thread);
    usleep(50000);
}
static void hide_in_a_register(struct box *box) {
    hide_with(holds_in_a_register, box);
}
static void hide_in_a_vector(struct box *box) {
    hide_with(holds_in_a_vector, box);
}
static struct box *from_the_register(void) {
    give = true;
    while (!given)
        usleep(1000);
    return given;
}

/* One that sleeps has it in a register that its call preserves. */
static int pause_pipe[2];
static void *sleeps_with_it(void *box) {
    register void *kept __asm__("r14") = box;
    __asm__ volatile("" : "+r"(kept));
    char byte;
    if (read(pause_pipe[0], &byte, 1) != 1)
        exit(3);
    __asm__ volatile("" : "+r"(kept));
    given = kept;
    return NULL;
}
static void hide_with_a_sleeper(struct box *box) {
    if (pipe(pause_pipe) != 0)
        exit(3);
    hide_with(sleeps_with_it, box);
}
static struct box *from_the_sleeper(void) {
    if (write(pause_pipe[1], "x", 1) != 1)
        exit(3);
    return from_the_register();
}

/* Another thread that is stuck knows it, but who waits for that one is not. */
static void *knows(void *box) {
    struct box *second = box_new();
    global = second;
    waits(second);
    given = box;
    return NULL;
}
static void hide_with_a_waiter(struct box *box) {
    hide_with(knows, box);
}
static struct box *from_the_waiter(void) {
    box_open(global);
    return from_the_register();
}

/* A process of raw clone that shares the memory: leakwatch does not know its registers. */
static char clone_stack[65536];
static int clone_main(void *box) {
    while (!give)
        usleep(1000);
    given = box;
    return 0;
}
static void hide_with_a_clone(struct box *box) {
    if (clone(clone_main, clone_stack + sizeof clone_stack, CLONE_VM | CLONE_FS | CLONE_FILES, box) < 0)
        exit(3);
    usleep(50000);
}

/* Packed: not where an address is looked for unless reach is 2. */
static char packed[32];
static void hide_packed(struct box *box) {
    memcpy(packed + 3, &box, sizeof box);
}
static struct box *from_packed(void) {
    struct box *box;
    memcpy(&box, packed + 3, sizeof box);
    return box;
}

/* clang-format off */
#define PLACES(X) \
    X(nowhere, hide_nowhere, NULL) X(in_global, hide_in_global, from_global) X(interior, hide_interior, from_interior) \
    X(behind, hide_behind, from_behind) X(tagged, hide_tagged, from_tagged) X(behind_a_chain, hide_behind_a_chain, from_the_chain) \
    X(in_storage, hide_in_storage, from_storage) X(in_a_key, hide_in_a_key, from_a_key) X(in_a_late_key, hide_in_a_late_key, from_a_late_key) \
    X(in_a_pipe, hide_in_a_pipe, from_the_carrier) X(in_a_socket, hide_in_a_socket, from_the_carrier) X(in_a_queue, hide_in_a_queue, from_the_queue) \
    X(in_a_set, hide_in_a_set, from_the_set) X(in_a_timer, hide_in_a_timer, from_the_timer) X(in_a_signal, hide_in_a_signal, from_the_signal) \
    X(in_a_mapping, hide_in_a_mapping, from_the_mapping) X(in_shared_memory, hide_in_shared_memory, from_the_mapping) \
    X(where_fork_does_not_copy, hide_where_fork_does_not_copy, from_the_mapping) X(where_fork_wipes, hide_where_fork_wipes, from_the_mapping) \
    X(in_protected_memory, hide_in_protected_memory, from_protected_memory) X(in_a_file, hide_in_a_file, from_the_mapping) \
    X(in_a_large_block, hide_in_a_large_block, from_the_mapping) X(in_code, hide_in_code, from_code) X(in_a_jump, hide_in_a_jump, from_the_jump) \
    X(at_the_end, hide_at_the_end, from_the_end) X(on_another_stack, hide_on_another_stack, from_the_other_stack) \
    X(in_a_register, hide_in_a_register, from_the_register) X(in_a_vector, hide_in_a_vector, from_the_register) \
    X(with_a_sleeper, hide_with_a_sleeper, from_the_sleeper) X(with_a_waiter, hide_with_a_waiter, from_the_waiter) \
    X(with_a_clone, hide_with_a_clone, from_the_register) X(packed, hide_packed, from_packed)
/* clang-format on */

static const struct place {
    const char *name;
    void (*hide)(struct box *);
    struct box *(*find)(void);
} places[] = {
#define X(name, hide, find) {#name, hide, find},
    PLACES(X)
#undef X
};

static __attribute__((noinline)) void begin(const struct place *place) {
    struct box *box = box_new();
    start("waiter", waits, box);
    usleep(20000);
    place->hide(box);
}

int main(int count, char **arguments) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + 3);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (count < 2 || strcmp(places[i].name, arguments[1]) != 0)
            continue;
        begin(&places[i]);
        forget();
        say_ready();
        await_byte();
        struct box *box = places[i].find ? places[i].find() : NULL;
        if (box)
            box_open(box);
        await_byte();
        return 0;
    }
    return 2;
}
