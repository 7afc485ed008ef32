/* A snapshot on SIGUSR1 shows every thread, main included, calls nobody leaked, and the program goes on. It
 * is not seen by wait() nor by SIGCHLD, and no call ends early because of it.
 *
 * OPTIONS: at_exit=0
 * BOTH
 * CHECK: leakwatch: 2 threads in {{.*}} (pid [[PID:[0-9]+]]) on SIGUSR1; 1 blocked, 1 waiting{{$}}
 * CHECK-DAG: [poll, {{[0-9.]+}}s of 0.5s]  idle
 * CHECK-DAG: {{^}} on_signal ([[PID]])
 * CHECK-DAG: #0 poll
 * CHECK-DAG: #1 main
 * CHECK-DAG: [mutex lock, {{[0-9.]+}}s]  suspect: held by on_signal ([[PID]])
 * CHECK-DAG: #1 wants
 * CHECK-DAG: waiting on mutex (0x
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t children;

static void on_child(int signal) {
    children += signal != 0;
}

static void *wants(void *unused) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
    pthread_t thread;
    signal(SIGCHLD, on_child);
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, wants, NULL);
    settle();
    pid_t child = fork();
    if (child == 0) {
        settle_process(getppid());
        kill(getppid(), SIGUSR1);
        settle_process(getppid()); /* SIGCHLD would wake a thread while the report is made */
        _exit(0);
    }
    double start = now();
    /* SIGCHLD of the child that sent the signal is the program's own business: it may end a call, ours may
     * not. */
    signal(SIGCHLD, SIG_DFL);
    if (poll(NULL, 0, 500) != 0)
        return 2;
    double took = now() - start;
    if (took < 0.49 || took > 2)
        return 3;
    if (waitpid(-1, NULL, 0) != child || waitpid(-1, NULL, 0) != -1 || errno != ECHILD || children != 0)
        return 4;
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    return 0;
}
