/* SIGTERM with its default action: every thread is shown, then the program dies of it.
 *
 * BOTH
 * EXIT: -15
 * CHECK: leakwatch: 2 threads in {{.*}} on SIGTERM; 2 blocked
 * CHECK-DAG: [pause, {{[0-9.]+}}s]
 * CHECK-DAG: [thread join, {{[0-9.]+}}s]
 * CHECK-DAG: waiting on the end of stays ({{[0-9]+}})
 */
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static void *stays(void *main_thread) {
    pause();
    return main_thread;
}

int main(void) {
    pthread_t thread;
    struct sigaction seen;
    pthread_create(&thread, NULL, stays, NULL);
    pthread_setname_np(thread, "stays");
    /* what the program asks about it is what the program knows */
    if (sigaction(SIGTERM, NULL, &seen) != 0 || seen.sa_handler != SIG_DFL ||
        signal(SIGUSR1, SIG_DFL) != SIG_DFL)
        return 1;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        settle_process(getppid());
        kill(getppid(), SIGTERM);
        sleep(100); /* SIGCHLD would wake a thread while the report is made */
        _exit(0);
    }
    pthread_join(thread, NULL);
    return 2;
}
