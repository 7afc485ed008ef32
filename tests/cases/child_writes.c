/* Waiting for a child that waits to be read: the output of a filter is collected after it has ended, and is more than a pipe
 * holds. Another child sleeps.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live{{$}}
 * CHECK-DAG: [child wait, {{[0-9.]+}}s] idle: child child_writes ({{[0-9]+}}) is blocked in a write to pipe:[{{[0-9]+}}], which this process has open{{$}}
 * CHECK-DAG: #1 collects child_writes.c
 * CHECK-DAG: [child wait, {{[0-9.]+}}s] idle: child child_writes ({{[0-9]+}}) sleeps in {{pause|ppoll}}{{$}}
 * CHECK-DAG: #1 waits_for_sleeper child_writes.c
 * JSON: 2 child wait idle;
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child(void) {
    pid_t pid = fork();
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void *collects(void *unused) {
    static char output[100 * 1024];
    int ends[2];
    pid_t pid = pipe(ends) == 0 ? child() : -1;
    if (pid == 0) {
        close(ends[0]);
        _exit(write(ends[1], output, sizeof output) < 0);
    }
#ifdef FIXED
    close(ends[1]);
    while (read(ends[0], output, sizeof output) > 0)
        ;
#endif
    waitpid(pid, NULL, 0);
    return unused;
}

static void *waits_for_sleeper(void *unused) {
    pid_t pid = child();
    if (pid == 0) {
        pause();
        _exit(0);
    }
#ifdef FIXED
    kill(pid, SIGKILL);
#endif
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED);
    return unused;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, collects, NULL);
    pthread_create(&threads[1], NULL, waits_for_sleeper, NULL);
#ifdef FIXED
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
#else
    for (int i = 0; i < 2; i++)
        pthread_detach(threads[i]);
    settle();
#endif
    return 0;
}
