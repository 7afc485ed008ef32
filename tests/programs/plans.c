/* plans MAIN STEP...: acts out a plan of locks, joins, conditions, futexes, semaphores, pipes, eventfds, sockets and sets of them, a step at
 * a time, then says "ready".
 *
 * A step is "THREAD OP ARGUMENT WHAT WOKEN...": the thread does it, and WHAT says what the plan's author
 * expects: '-' that it returns, 'b' that it blocks; each thread in WOKEN then comes back from the step that
 * it was blocked in. Expectations are waited for, so that a plan is acted out in one way only; the program
 * ends with status 5 where one does not come true. MAIN begins with what main does in the end: 's' sleeps, else it waits for what nobody
 * does: 'w' a post, 'f' a futex, 'g' a byte in a pipe, 'y' in a socket, 'p' a number of an eventfd, 'o', 'e' and 'q' one of those in poll,
 * select and a set in a set. Then 'f' for handlers of faults, 'h' for one of SIGPROF, '1' for no other thread than main. */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 8, THINGS = 8 };

static pthread_mutex_t mutex[THINGS], room[THINGS];
static pthread_cond_t condition[THINGS];
static unsigned generation[THINGS];
static pthread_rwlock_t rwlock[THINGS];
static sem_t semaphore[THINGS], never;
static int ends[THINGS][2], pair[THINGS][2], number[THINGS], set[THINGS];
static unsigned word[THINGS]; /* of futexes: not said to be private, in memory that is */

static struct {
    pthread_t handle;
    atomic_int tid, done; /* done: steps that returned */
    atomic_int wanted;    /* steps that were given */
    char op;
    int argument;
} thread[THREADS];

static void fail(const char *what, int at) {
    fprintf(stderr, "step %d: %s\n", at, what);
    _exit(5);
}

static void into_set(int outer, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(outer, EPOLL_CTL_ADD, fd, &event) != 0)
        _exit(4);
}

static void make(int i) {
    int inner = epoll_create1(0);
    pthread_mutex_init(&mutex[i], NULL);
    pthread_mutex_init(&room[i], NULL);
    pthread_cond_init(&condition[i], NULL);
    pthread_rwlock_init(&rwlock[i], NULL);
    sem_init(&semaphore[i], 0, 0);
    word[i] = 1; /* so that its page is no file's (futex(2), get_futex_key) */
    number[i] = eventfd(0, EFD_SEMAPHORE);
    set[i] = epoll_create1(0);
    if (pipe(ends[i]) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]) != 0)
        _exit(4);
    into_set(inner, ends[i][0]);
    into_set(set[i], inner);
    into_set(set[i], number[i]);
}

static int selects(int i) {
    int top = ends[i][0] > number[i] ? ends[i][0] : number[i];
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(ends[i][0], &reads);
    FD_SET(number[i], &reads);
    return select(top + 1, &reads, NULL, NULL, NULL) < 1;
}

static int act(char op, int i) {
    char byte = 0;
    unsigned was;
    uint64_t count = 1;
    struct epoll_event event;
    struct pollfd both[] = {{.fd = ends[i][0], .events = POLLIN}, {.fd = number[i], .events = POLLIN}};
    switch (op) {
    case 'L':
        return pthread_mutex_lock(&mutex[i]);
    case 'U':
        return pthread_mutex_unlock(&mutex[i]);
    case 'R':
        return pthread_rwlock_rdlock(&rwlock[i]);
    case 'W':
        return pthread_rwlock_wrlock(&rwlock[i]);
    case 'X':
        return pthread_rwlock_unlock(&rwlock[i]);
    case 'J':
        return pthread_join(thread[i].handle, NULL);
    case 'C':
        pthread_mutex_lock(&room[i]);
        was = generation[i];
        while (generation[i] == was)
            pthread_cond_wait(&condition[i], &room[i]);
        return pthread_mutex_unlock(&room[i]);
    case 'B':
        pthread_mutex_lock(&room[i]);
        generation[i]++;
        pthread_cond_broadcast(&condition[i]);
        return pthread_mutex_unlock(&room[i]);
    case 'G':
        return read(ends[i][0], &byte, 1) != 1;
    case 'P':
        return write(ends[i][1], &byte, 1) != 1;
    case 'H':
        return read(number[i], &count, sizeof count) != sizeof count;
    case 'I':
        return write(number[i], &count, sizeof count) != sizeof count;
    case 'O':
        return poll(both, 2, -1) < 1;
    case 'S':
        return selects(i);
    case 'Q':
        return epoll_wait(set[i], &event, 1, -1) != 1;
    case 'Y':
        return recv(pair[i][0], &byte, 1, 0) != 1;
    case 'Z':
        return send(pair[i][1], &byte, 1, 0) != 1;
    case 'F':
        was = __atomic_load_n(&word[i], __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&word[i], __ATOMIC_SEQ_CST) == was)
            syscall(SYS_futex, &word[i], FUTEX_WAIT, was, NULL, NULL, 0);
        return 0;
    case 'K':
        __atomic_add_fetch(&word[i], 1, __ATOMIC_SEQ_CST);
        return syscall(SYS_futex, &word[i], FUTEX_WAKE, THREADS, NULL, NULL, 0) < 0;
    case 'T':
        return sem_wait(&semaphore[i]);
    case 'V':
        return sem_post(&semaphore[i]);
    default:
        return -1;
    }
}

static void *acts(void *number) {
    int self = (int)(long)number;
    thread[self].tid = (int)syscall(SYS_gettid);
    for (;;) {
        while (thread[self].done == thread[self].wanted)
            usleep(200);
        if (thread[self].op == 'E')
            return NULL;
        int result = act(thread[self].op, thread[self].argument);
        if (result != 0)
            fail("an error", result);
        thread[self].done++;
    }
}

/* Does the kernel have it asleep in a system call that is not the pause between steps? */
static int is_blocked(int tid) {
    char path[64], words[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    int number = -1;
    char *line = fgets(words, sizeof words, file);
    fclose(file);
    return line && sscanf(line, "%d", &number) == 1 && number != SYS_clock_nanosleep &&
           number != SYS_nanosleep;
}

static int is_gone(int tid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", tid);
    return access(path, F_OK) != 0;
}

static void expect_return(int who, int step) {
    for (int i = 0; thread[who].done != thread[who].wanted; i++, usleep(100))
        if (i > 100000)
            fail("it does not return", step);
}

static void take_step(int step, char *words) {
    char *at = words;
    int who = (int)strtol(at, &at, 10);
    char op = at[1];
    int argument = (int)strtol(at + 2, &at, 10);
    char what = at[1];
    at += 2;
    thread[who].op = op;
    thread[who].argument = argument;
    thread[who].wanted++;
    if (op == 'E') {
        for (int i = 0; !is_gone(thread[who].tid); i++, usleep(100))
            if (i > 100000)
                fail("it does not end", step);
    } else if (what == 'b') {
        for (int i = 0, seen = 0; seen < 3; i++, usleep(200)) {
            seen = is_blocked(thread[who].tid) ? seen + 1 : 0;
            if (i > 50000 || thread[who].done == thread[who].wanted)
                fail("it does not block", step);
        }
    } else {
        expect_return(who, step);
    }
    while (*at == ' ')
        expect_return((int)strtol(at, &at, 10), step);
}

static void nothing(int signal) {
    (void)signal;
}

/* Main's end: in a wait for the last of the things, which no step is about. */
static void end(char main_does) {
    static const char names[] = "gpoeqy", ops[] = "GHOSQY";
    const char *at = strchr(names, main_does);
    if (main_does == 'w')
        sem_wait(&never);
    else if (main_does == 'f') /* whether one that is not said to be private is, is asked of who sleeps */
        syscall(SYS_futex, &word[THINGS - 1], FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    else if (main_does != 's')
        act(ops[at - names], THINGS - 1);
    sleep(1000);
}

int main(int count, char **arguments) {
    const char *how = arguments[1] + 1;
    sem_init(&never, 0, 0);
    for (int i = 0; i < THINGS; i++)
        make(i);
    if (strchr(how, 'f')) {
        signal(SIGSEGV, nothing);
        signal(SIGBUS, nothing);
    }
    if (strchr(how, 'h'))
        signal(SIGPROF, nothing);
    for (long i = 0; i < THREADS && !strchr(how, '1'); i++) {
        char name[16];
        snprintf(name, sizeof name, "%ld", i);
        if (pthread_create(&thread[i].handle, NULL, acts, (void *)i) != 0)
            return 4;
        pthread_setname_np(thread[i].handle, name);
        while (thread[i].tid == 0)
            usleep(100);
    }
    for (int i = 2; i < count; i++)
        take_step(i - 2, arguments[i]);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 4;
    end(arguments[1][0]);
    return 0;
}
