/* A handler jumps out of a read: the record it leaves behind is not believed when the thread sleeps elsewhere.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread [pause
 * CHECK: #1 jumper jumped_out.c:
 * CHECK-NOT: pipe read
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

static int ends[2];
static sigjmp_buf out;
static volatile int left;

static void jump(int signal) {
    siglongjmp(out, signal);
}

static void *jumper(void *unused) {
    char byte;
    if (sigsetjmp(out, 1) == 0)
        left = read(ends[0], &byte, 1) == 1 ? -1 : -2;
    left = 1;
#ifndef FIXED
    pause();
#endif
    return unused;
}

int main(void) {
    pthread_t thread;
    signal(SIGUSR2, jump);
    if (pipe(ends) != 0)
        return 1;
    pthread_create(&thread, NULL, jumper, NULL);
    pthread_detach(thread);
    settle();
    pthread_kill(thread, SIGUSR2);
    settle();
    return left == 1 ? 0 : 2;
}
