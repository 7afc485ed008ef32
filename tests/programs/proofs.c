/* proofs SCENARIO: comes to rest in a state about which a proof can or cannot be given, says "ready", and
 * stays there. The tests send SIGUSR1 and look at the verdicts of its threads, by their names. */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scenarios.h"
#include "settle.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
                       c = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static sem_t never, step;
static int ends[2];
static pthread_t first;

static void ready(void) {
    settle_all();
    say_ready();
}

/* Takes one lock, lets the other thread take its own, wants that. */
struct two {
    pthread_mutex_t *has, *wants;
};

static void *takes_two(void *argument) {
    struct two *two = argument;
    pthread_mutex_lock(two->has);
    sem_post(&step);
    settle();
    pthread_mutex_lock(two->wants);
    return NULL;
}

static void *takes_two_timed(void *argument) {
    struct two *two = argument;
    struct timespec until;
    pthread_mutex_lock(two->has);
    settle();
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1000;
    pthread_mutex_timedlock(two->wants, &until);
    return NULL;
}

static struct two ab = {&a, &b}, ba = {&b, &a}, bc = {&b, &c};

static void cycle(void) {
    start("one", takes_two, &ab);
    start("two", takes_two, &ba);
    ready();
    stay();
}

static void cycle_timed(void) {
    start("one", takes_two, &ab);
    start("two", takes_two_timed, &ba);
    ready();
    stay();
}

static void *holds(void *mutex) {
    pthread_mutex_lock(mutex);
    stay();
    return NULL;
}

static void owner_sleeps(void) {
    start("two", holds, &c);
    start("one", takes_two, &bc);
    ready();
    stay();
}

static volatile int running = 1;
static void *holds_and_runs(void *mutex) {
    pthread_mutex_lock(mutex);
    never_settles();
    while (running)
        ;
    return NULL;
}

static void owner_runs(void) {
    start("two", holds_and_runs, &c);
    start("one", takes_two, &bc);
    ready();
    stay();
}

/* Each in turn holds its lock, and then waits a moment for the other's: never both at once. A look that takes
 * a while, for all the threads between them, sees each wait for the other, at different moments. */
static void *takes_turns(void *argument) {
    struct two *two = argument;
    never_settles();
    for (;;) {
        pthread_mutex_lock(two->has);
        usleep(300);
        pthread_mutex_unlock(two->has);
        pthread_mutex_lock(two->wants);
        pthread_mutex_unlock(two->wants);
    }
    return NULL;
}

static void *waits_for_cond(void *unused) {
    pthread_mutex_lock(&c);
    pthread_cond_wait(&wanted, &c);
    return unused;
}

static void in_between(void) {
    start("one", takes_turns, &ab);
    for (int i = 0; i < 200; i++)
        start("between", waits_for_cond, NULL);
    start("two", takes_turns, &ba);
    ready();
    stay();
}

/* A mutex in memory that a child shares, locked by the child. */
static void shared_elsewhere(void) {
    pthread_mutex_t *shared = make_shared_mutex();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_mutex_lock(shared);
        stay();
    }
    settle_process(child);
    start("one", takes_two, &(struct two){&a, shared});
    ready();
    stay();
}

/* The same by mistake: nobody told libc that the mutex is shared. */
static void shared_unsaid(void) {
    pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutex_init(shared, NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_mutex_lock(shared);
        stay();
    }
    settle_process(child);
    start("one", takes_two, &(struct two){&a, shared});
    ready();
    stay();
}

static void shared_cycle(void) {
    pthread_mutex_t *shared = make_shared_mutex();
    start("one", takes_two, &(struct two){&a, shared});
    start("two", takes_two, &(struct two){shared, &a});
    ready();
    stay();
}

static void with_type(int type, int robust, int protocol) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setrobust(&attr, robust);
    pthread_mutexattr_setprotocol(&attr, protocol);
    pthread_mutex_init(&a, &attr);
    pthread_mutex_init(&b, &attr);
}

static void cycle_recursive(void) {
    with_type(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_checking(void) {
    with_type(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_adaptive(void) {
    with_type(PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_robust(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    cycle();
}
/* The kernel looks for cycles of its own locks and answers EDEADLK, on which glibc waits for ever on purpose
 * (nptl/pthread_mutex_lock.c), so a normal mutex ends up in pause-like sleep. */
static void cycle_inheriting(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    start("one", takes_two, &ab);
    start("two", holds, &b);
    ready();
    stay();
}

static void *relocks(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&a);
    return unused;
}

static void relock(void) {
    start("one", relocks, NULL);
    ready();
    stay();
}

static void *relocks_and_sleeps(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&a);
    stay();
    return unused;
}

static void relock_recursive(void) {
    with_type(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    start("two", relocks_and_sleeps, NULL);
    settle();
    start("one", takes_two, &ba);
    ready();
    stay();
}

static void *ends_with(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}

static void owner_gone(void) {
    pthread_join(start("culprit", ends_with, &b), NULL);
    start("one", takes_two, &ab);
    ready();
    stay();
}

static void *waits_for_robust(void *mutex) {
    if (pthread_mutex_lock(mutex) == EOWNERDEAD)
        stay();
    return NULL;
}

static void owner_gone_robust(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    pthread_join(start("culprit", ends_with, &b), NULL);
    start("one", waits_for_robust, &b);
    ready();
    stay();
}

/* After a fork the child's only thread still owns what its maker held, under the old number. */
static void owner_forked(void) {
    pthread_mutex_lock(&b);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        start("one", takes_two, &ab);
        ready();
        stay();
    }
    stay();
}

static void *joins(void *thread) {
    pthread_join((pthread_t)thread, NULL);
    return NULL;
}

static void joins_stuck(void) {
    first = start("one", takes_two, &ab);
    start("two", takes_two, &ba);
    start("three", joins, (void *)first);
    settle();
    start("four", takes_two, &(struct two){&c, &a});
    settle();
    start("five", takes_two, &(struct two){&c, &b});
    ready();
    stay();
}

static void *sleeps(void *unused) {
    stay();
    return unused;
}

static void joins_sleeper(void) {
    first = start("one", sleeps, NULL);
    start("three", joins, (void *)first);
    ready();
    stay();
}

static void *locks_then_joins(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_join(first, NULL);
    return unused;
}

static void *writes_then_locks(void *unused) {
    pthread_rwlock_wrlock(&table);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}

static void *wants_to_read(void *unused) {
    settle();
    pthread_rwlock_rdlock(&table);
    return unused;
}

/* one joins three, three reads what two writes, two wants what one locked. */
static void cross_kinds(void) {
    first = start("three", wants_to_read, NULL);
    start("one", locks_then_joins, NULL);
    start("two", writes_then_locks, NULL);
    settle();
    start("four", takes_two, &(struct two){&b, &a});
    settle();
    ready();
    stay();
}

static void *reads_then_locks(void *unused) {
    pthread_rwlock_rdlock(&table);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}

static void *locks_then_writes(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_rwlock_wrlock(&table);
    return unused;
}

static void reader_cycle(void) {
    start("one", reads_then_locks, NULL);
    start("two", locks_then_writes, NULL);
    ready();
    stay();
}

static void *reads_and_sleeps(void *unused) {
    pthread_rwlock_rdlock(&table);
    stay();
    return unused;
}

/* The writer waits for a reader that only sleeps. */
static void reader_sleeps(void) {
    start("one", reads_and_sleeps, NULL);
    start("two", locks_then_writes, NULL);
    ready();
    stay();
}

static void initialise(void) {
    settle();
    pthread_mutex_lock(&a);
}
static void *locks_then_initialises(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_once(&once, initialise);
    return unused;
}
static void *initialises(void *unused) {
    pthread_once(&once, initialise);
    return unused;
}
static void once_cycle(void) {
    start("one", initialises, NULL);
    start("two", locks_then_initialises, NULL);
    ready();
    stay();
}

static void *spins_then_locks(void *unused) {
    pthread_spin_lock(&spin);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}
static void *locks_then_spins(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    never_settles();
    pthread_spin_lock(&spin);
    return unused;
}
static void spin_cycle(void) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    start("one", spins_then_locks, NULL);
    start("two", locks_then_spins, NULL);
    ready();
    stay();
}

/* one is woken from its condition and must relock c, which two holds while it wants a, which one holds. */
static void *waits_in_cond(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&c);
    sem_post(&step);
    pthread_cond_wait(&wanted, &c);
    return unused;
}
static void *holds_then_wants(void *wakes) {
    sem_wait(&step);
    pthread_mutex_lock(&c);
    if (wakes)
        pthread_cond_signal(&wanted);
    pthread_mutex_lock(&a);
    return NULL;
}
static void relocks_in_cond(void) {
    start("one", waits_in_cond, NULL);
    start("two", holds_then_wants, &a);
    ready();
    stay();
}
static void sleeps_in_cond(void) {
    start("one", waits_in_cond, NULL);
    start("two", holds_then_wants, NULL);
    ready();
    stay();
}

static void nothing(int signal) {
    (void)signal;
}
static void posts(int signal) {
    (void)signal;
    sem_post(&never);
}
static void posts_on_timer(union sigval value) {
    sem_post(value.sival_ptr);
}

/* Everybody sleeps, main included: the second half of each scenario from here on. */
static void rest(void) {
    start("one", waits_for_cond, NULL);
    ready();
    sem_wait(&never);
}

static void all_asleep(void) {
    rest();
}
static void asleep_but_for_a_handler(void) {
    signal(SIGUSR2, posts);
    rest();
}
static void asleep_but_for_a_posix_timer(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    signal(SIGRTMIN, nothing);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    rest();
}
static void asleep_but_for_a_timer_thread(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = posts_on_timer,
                             .sigev_value = {.sival_ptr = &never}};
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    rest();
}
static void asleep_but_for_a_timed_wait(void) {
    start("two", takes_two_timed, &ab);
    start("three", holds, &b);
    rest();
}
static void asleep_but_for_a_shared_semaphore(void) {
    sem_init(&never, 1, 0);
    rest();
}
static void asleep_but_for_a_socket(void) {
    start("two", sleeps, NULL);
    rest();
}

static void *reads_pipe(void *unused) {
    char byte;
    if (read(ends[0], &byte, 1) < 0)
        exit(3);
    return unused;
}
static void asleep_on_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    start("two", reads_pipe, NULL);
    rest();
}
static void asleep_but_for_another_process(void) {
    if (pipe(ends) != 0)
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    start("two", reads_pipe, NULL);
    rest();
}
/* Main is the one that takes the signal, in each kind of wait that nobody is left to end. */
static void main_rests_in(void) {
    start("one", waits_for_cond, NULL);
    ready();
}
static void main_in_a_condition(void) {
    main_rests_in();
    pthread_mutex_lock(&a);
    pthread_cond_wait(&wanted, &a);
}
static void main_in_a_barrier(void) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 3);
    main_rests_in();
    pthread_barrier_wait(&barrier);
}
static void main_in_a_join(void) {
    first = start("one", waits_for_cond, NULL);
    ready();
    pthread_join(first, NULL);
}
static uint32_t word;
static void main_in_a_futex(void) {
    main_rests_in();
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}
static void main_in_a_shared_futex(void) {
    main_rests_in();
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
/* Nobody wakes main, but its call made again finds that the word is another. */
static void *changes_word(void *unused) {
    settle();
    word = 1;
    return waits_for_cond(unused);
}
static void *says_ready(void *unused) {
    ready();
    return waits_for_cond(unused);
}
static void main_in_a_futex_that_changed(void) {
    start("two", changes_word, NULL);
    start("one", says_ready, NULL);
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}
static void main_in_a_lock(void) {
    start("one", takes_two, &(struct two){&a, &a});
    ready();
    pthread_mutex_lock(&a);
}
static void main_in_poll(void) {
    main_rests_in();
    poll(NULL, 0, -1);
}
static void main_reads_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    reads_pipe(NULL);
}
static void main_reads_a_stream(void) {
    char line[16];
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    FILE *file = fdopen(ends[0], "r");
    fgets(line, sizeof line, file);
}
static void *writes_pipe(void *unused) {
    static char bytes[1 << 20];
    if (write(ends[1], bytes, sizeof bytes) < 0)
        exit(3);
    return unused;
}
static void main_writes_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    writes_pipe(NULL);
}
static void main_reads_what_a_child_writes(void) {
    if (pipe(ends) != 0)
        exit(3);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    main_rests_in();
    reads_pipe(NULL);
}
static void main_writes_what_a_child_reads(void) {
    if (pipe(ends) != 0)
        exit(3);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    main_rests_in();
    writes_pipe(NULL);
}
static void main_in_poll_for_a_time(void) {
    main_rests_in();
    poll(NULL, 0, 1000000);
}
/* The signal comes to another thread than main. */
static void one_takes_the_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    start("one", waits_for_cond, NULL);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    ready();
    sem_wait(&never);
}
static void handles_faults(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], nothing);
}
static void asleep_with_fault_handlers(void) {
    handles_faults();
    rest();
}
static void asleep_but_for_a_handler_of_none(void) {
    handles_faults();
    signal(SIGPROF, nothing);
    rest();
}
static void asleep_but_for_a_named_pipe(void) {
    char name[] = "/tmp/proofs.XXXXXX";
    if (!mkdtemp(name) || chdir(name) != 0 || mkfifo("pipe", 0600) != 0 ||
        (ends[0] = open("pipe", O_RDWR)) < 0)
        exit(3);
    unlink("pipe");
    rmdir(name);
    start("two", reads_pipe, NULL);
    rest();
}

/* Waits on other descriptors than pipes. set: of one pipe, eventfd, timer or socket, or of some. */
static int one_end, set, pair[2];
static void must(int done) {
    if (!done)
        exit(3);
}
static void into_set(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}
static void with_child(void) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
}
static void *reads_number(void *unused) {
    uint64_t number;
    must(read(one_end, &number, sizeof number) == sizeof number);
    return unused;
}
static void *waits_for_set(void *unused) {
    struct epoll_event event;
    must(epoll_wait(set, &event, 1, -1) > 0);
    return unused;
}
static void *polls_one(void *unused) {
    struct pollfd one = {.fd = one_end, .events = POLLIN};
    must(poll(&one, 1, -1) > 0);
    return unused;
}
static void two_rests_in(void *(*waits)(void *)) {
    start("two", waits, NULL);
    rest();
}
static void asleep_on_an_eventfd(void) {
    one_end = eventfd(0, 0);
    two_rests_in(reads_number);
}
static void asleep_but_for_a_childs_eventfd(void) {
    one_end = eventfd(0, 0);
    with_child();
    two_rests_in(reads_number);
}
static void asleep_on_an_eventfd_and_a_childs_other(void) {
    one_end = eventfd(0, 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(one_end);
        must(eventfd(0, 0) == one_end);
        stay();
    }
    settle();
    two_rests_in(reads_number);
}
static void asleep_but_for_a_ring(void) {
    struct io_uring_params params = {0};
    one_end = eventfd(0, 0);
    if (syscall(SYS_io_uring_setup, 4, &params) <
        0) { /* where there are none, another queue of the kernel's */
        aio_context_t queue = 0;
        must(syscall(SYS_io_setup, 4, &queue) == 0);
    }
    two_rests_in(reads_number);
}
static void asleep_but_for_a_queue(void) {
    aio_context_t queue = 0;
    one_end = eventfd(0, 0);
    must(syscall(SYS_io_setup, 4, &queue) == 0);
    two_rests_in(reads_number);
}
static void asleep_on_a_disarmed_timer(void) {
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    two_rests_in(reads_number);
}
static void asleep_but_for_a_timerfd(void) {
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(one_end, 0, &when, NULL);
    two_rests_in(reads_number);
}
static void asleep_but_for_the_clock(void) {
    struct itimerspec never_fires = {.it_value = {0}};
    one_end = timerfd_create(CLOCK_REALTIME, 0);
    must(timerfd_settime(one_end, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never_fires, NULL) == 0);
    two_rests_in(reads_number);
}
static void asleep_but_for_a_childs_timerfd(void) {
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    with_child();
    two_rests_in(reads_number);
}
static void make_set(void) {
    set = epoll_create1(0);
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    into_set(ends[0]);
    into_set(pair[0]);
    into_set(eventfd(0, 0));
    into_set(timerfd_create(CLOCK_MONOTONIC, 0));
}
/* A child that has one of the descriptors, and no other, and stays. */
static void leave_to_child(int kept) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = 3; fd < 20; fd++)
            if (fd != kept)
                close(fd);
        stay();
    }
    settle();
}
static void asleep_on_a_set(void) {
    make_set();
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_childs_socket(void) {
    make_set();
    leave_to_child(pair[1]);
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_childs_set(void) {
    make_set();
    leave_to_child(set);
    two_rests_in(waits_for_set);
}
static void asleep_but_for_an_inet_socket(void) {
    make_set();
    into_set(socket(AF_INET, SOCK_DGRAM, 0));
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_member_of_that_number(void) {
    make_set();
    int fd = eventfd(0, 0), other = dup(fd);
    into_set(fd);
    must(dup2(eventfd(0, 0), fd) == fd && other >= 0);
    two_rests_in(waits_for_set);
}
static void asleep_polling_a_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    two_rests_in(polls_one);
}
static void *polls_three(void *unused) {
    struct pollfd three[] = {{.fd = ends[0], .events = POLLIN},
                             {.fd = pair[0], .events = POLLIN},
                             {.fd = one_end, .events = POLLIN}};
    must(poll(three, 3, -1) > 0);
    return unused;
}
static void make_three(void) {
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    one_end = eventfd(0, 0);
}
static void asleep_polling_three(void) {
    make_three();
    two_rests_in(polls_three);
}
static void asleep_but_polling_a_childs_third(void) {
    make_three();
    leave_to_child(one_end);
    two_rests_in(polls_three);
}
static void main_polls_three(void) {
    make_three();
    main_rests_in();
    polls_three(NULL);
}
static void asleep_but_polling_a_childs_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    with_child();
    two_rests_in(polls_one);
}
static void asleep_polling_an_inet_socket(void) {
    one_end = socket(AF_INET, SOCK_DGRAM, 0);
    two_rests_in(polls_one);
}
/* An end of the pipe lies in a socket that a child has, and in nobody's table of descriptors. */
static void send_away(int fd) {
    char byte = 'x', room[CMSG_SPACE(sizeof fd)];
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    memset(room, 0, sizeof room);
    *CMSG_FIRSTHDR(&message) =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    must(sendmsg(pair[0], &message, 0) == 1);
}
static void begin_with_a_socket_of_a_child(void) {
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    with_child();
    must(pipe(ends) == 0);
}
static void asleep_on_a_pipe_beside_a_socket(void) {
    begin_with_a_socket_of_a_child();
    two_rests_in(reads_pipe);
}
static void asleep_but_for_an_end_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    send_away(ends[1]);
    close(pair[0]);
    close(pair[1]);
    two_rests_in(reads_pipe);
}
static void asleep_but_for_an_eventfd_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    one_end = eventfd(0, 0);
    send_away(one_end);
    close(pair[0]);
    close(pair[1]);
    two_rests_in(reads_number);
}
static void asleep_but_for_one_of_two_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    one_end = eventfd(0, 0);
    send_away(one_end);
    close(pair[0]);
    close(pair[1]);
    start("three", reads_pipe, NULL);
    two_rests_in(reads_number);
}
static void main_reads_an_eventfd(void) {
    one_end = eventfd(0, 0);
    main_rests_in();
    reads_number(NULL);
}
static void main_waits_for_a_set(void) {
    make_set();
    main_rests_in();
    waits_for_set(NULL);
}
static void main_waits_for_a_set_of_a_child(void) {
    make_set();
    with_child();
    main_rests_in();
    waits_for_set(NULL);
}
static void main_polls_a_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    main_rests_in();
    polls_one(NULL);
}
static void main_polls_an_inet_socket(void) {
    one_end = socket(AF_INET, SOCK_DGRAM, 0);
    main_rests_in();
    polls_one(NULL);
}

static void *joins_main(void *main_thread) {
    pthread_join((pthread_t)main_thread, NULL);
    return NULL;
}
static void asleep_joining_main(void) {
    start("two", joins_main, (void *)pthread_self());
    rest();
}
static void asleep_and_held(void) {
    pthread_mutex_lock(&a);
    start("one", takes_two, &ba);
    ready();
    pthread_cond_wait(&wanted, &c);
}

/* A token goes round, main included: nearly always all sleep but one, and who sleeps changes all the time. */
enum { RING = 3 };
static int turn;
static sem_t turns[RING];
static int pipes[RING][2];
static pthread_cond_t turned[RING] = {[0 ... RING - 1] = PTHREAD_COND_INITIALIZER};

static void *passes_post(void *number) {
    for (int self = (int)(long)number;;) {
        sem_wait(&turns[self]);
        sem_post(&turns[(self + 1) % RING]);
    }
    return NULL;
}
static void *passes_signal(void *number) {
    int self = (int)(long)number;
    pthread_mutex_lock(&c);
    for (;;) {
        while (turn != self)
            pthread_cond_wait(&turned[self], &c);
        turn = (turn + 1) % RING;
        pthread_cond_signal(&turned[turn]);
    }
    return NULL;
}
static void *passes_byte(void *number) {
    char byte;
    for (int self = (int)(long)number;;)
        if (read(pipes[self][0], &byte, 1) != 1 || write(pipes[(self + 1) % RING][1], &byte, 1) != 1)
            exit(3);
    return NULL;
}
static void pass(void *(*passes)(void *)) {
    for (long i = 1; i < RING; i++)
        start("one", passes, (void *)i);
    say_ready();
    passes((void *)0);
}
/* Each wait is ended by a thread that does not exist yet when it begins. */
static void *posts_and_ends(void *semaphore) {
    sem_post(semaphore);
    return NULL;
}
static void *makes_a_waker(void *number) {
    int self = (int)(long)number;
    for (;;) {
        pthread_t waker;
        if (pthread_create(&waker, NULL, posts_and_ends, &turns[self]) != 0)
            exit(3);
        pthread_detach(waker);
        sem_wait(&turns[self]);
    }
    return NULL;
}
/* Words that only the kernel's futex calls are used on: 1 is the token. */
static uint32_t words[RING];
static void *passes_word(void *number) {
    for (int self = (int)(long)number, next = (self + 1) % RING;;) {
        while (__atomic_exchange_n(&words[self], 0, __ATOMIC_SEQ_CST) == 0)
            syscall(SYS_futex, &words[self], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        __atomic_store_n(&words[next], 1, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, &words[next], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}
static void token_of_words(void) {
    words[1] = 1;
    pass(passes_word);
}
/* The pipe is full but for the one who reads it, a page at a time. */
static void *drains(void *unused) {
    static char page[4096];
    while (read(ends[0], page, sizeof page) > 0)
        ;
    return unused;
}
static void token_of_room(void) {
    static char bytes[3 * 4096];
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, 4096) < 0)
        exit(3);
    start("one", drains, NULL);
    say_ready();
    while (write(ends[1], bytes, sizeof bytes) > 0)
        ;
}
static void token_of_threads(void) {
    for (int i = 0; i < RING; i++)
        sem_init(&turns[i], 0, 0);
    pass(makes_a_waker);
}

static void token_of_posts(void) {
    for (int i = 0; i < RING; i++)
        sem_init(&turns[i], 0, i == 1);
    pass(passes_post);
}
static void token_of_signals(void) {
    pass(passes_signal);
}
static void token_of_bytes(void) {
    for (int i = 0; i < RING; i++)
        if (pipe(pipes[i]) != 0)
            exit(3);
    if (write(pipes[1][1], "x", 1) != 1)
        exit(3);
    pass(passes_byte);
}

/* clang-format off */
#define SCENARIOS(X) \
    X(cycle) X(cycle_timed) X(owner_sleeps) X(owner_runs) X(in_between) X(shared_elsewhere) X(shared_unsaid) X(shared_cycle) \
    X(cycle_recursive) X(cycle_checking) X(cycle_adaptive) X(cycle_robust) X(cycle_inheriting) X(relock) \
    X(relock_recursive) X(owner_gone) X(owner_gone_robust) X(owner_forked) X(joins_stuck) X(joins_sleeper) \
    X(cross_kinds) X(reader_cycle) X(reader_sleeps) X(once_cycle) X(spin_cycle) X(relocks_in_cond) \
    X(sleeps_in_cond) X(all_asleep) X(asleep_but_for_a_handler) X(asleep_but_for_a_posix_timer) \
    X(asleep_but_for_a_timer_thread) X(asleep_but_for_a_timed_wait) X(asleep_but_for_a_shared_semaphore) \
    X(asleep_but_for_a_socket) X(asleep_on_a_pipe) X(asleep_but_for_another_process) X(asleep_joining_main) \
    X(asleep_and_held) X(token_of_posts) X(token_of_signals) X(token_of_bytes) X(token_of_threads) \
    X(token_of_words) X(token_of_room) X(main_in_a_condition) X(main_in_a_barrier) X(main_in_a_join) X(main_in_a_futex) \
    X(main_in_a_shared_futex) X(main_in_a_futex_that_changed) X(main_in_a_lock) X(main_in_poll) X(main_in_poll_for_a_time) X(main_reads_a_pipe) X(main_reads_a_stream) \
    X(main_writes_a_pipe) X(main_reads_what_a_child_writes) X(main_writes_what_a_child_reads) X(one_takes_the_signal) \
    X(asleep_with_fault_handlers) X(asleep_but_for_a_handler_of_none) X(asleep_but_for_a_named_pipe) \
    X(asleep_on_an_eventfd) X(asleep_but_for_a_childs_eventfd) X(asleep_on_an_eventfd_and_a_childs_other) X(asleep_but_for_a_ring) \
    X(asleep_but_for_a_queue) X(asleep_on_a_disarmed_timer) X(asleep_but_for_a_timerfd) X(asleep_but_for_the_clock) \
    X(asleep_but_for_a_childs_timerfd) X(asleep_on_a_set) X(asleep_but_for_a_childs_socket) X(asleep_but_for_a_childs_set) \
    X(asleep_but_for_an_inet_socket) X(asleep_but_for_a_member_of_that_number) X(asleep_polling_a_pipe) \
    X(asleep_but_polling_a_childs_pipe) X(asleep_polling_an_inet_socket) X(asleep_on_a_pipe_beside_a_socket) \
    X(asleep_but_for_an_end_on_its_way) X(asleep_but_for_an_eventfd_on_its_way) X(asleep_but_for_one_of_two_on_its_way) X(main_reads_an_eventfd) X(main_waits_for_a_set) \
    X(main_waits_for_a_set_of_a_child) X(main_polls_a_pipe) X(asleep_polling_three) X(asleep_but_polling_a_childs_third) X(main_polls_three) X(main_polls_an_inet_socket)
/* clang-format on */

int main(int count, char **arguments) {
    static const struct scenario scenarios[] = {
#define X(name) {#name, name},
        SCENARIOS(X)
#undef X
    };
    sem_init(&never, 0, 0);
    sem_init(&step, 0, 0);
    return play_one(scenarios, sizeof scenarios / sizeof *scenarios, count, arguments);
}
