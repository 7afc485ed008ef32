/* What no wrapper can see: fgets inside libc, and a thread made by a raw clone. The kernel's word tells.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live
 * CHECK-DAG: 1 thread  [pipe read, about {{[0-9.]+}}s]  suspect: every write end is in this process
 * CHECK-DAG: from /proc; call not intercepted
 * CHECK-DAG: reads_lines inside_libc.c:
 * CHECK-DAG: #0 main inside_libc.c:
 * CHECK-DAG: creator unknown
 * CHECK-DAG: 1 thread  [futex, about {{[0-9.]+}}s]  the word is 0, and it waits for it to change from 0
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../programs/system_call.h"

static FILE *stream;
static int word;

static __attribute__((noinline)) void *reads_lines(void *unused) {
    char line[80];
    return fgets(line, sizeof line, stream) ? unused : NULL;
}

/* Has no thread block of its own: nothing but system calls, written out. */
static int sleeps(void *unused) {
    (void)unused;
    do
        system_call(SYS_futex, (long)&word, FUTEX_WAIT, 0, 0);
    while (*(volatile int *)&word == 0);
    system_call(SYS_exit, 0, 0, 0, 0);
    return 0;
}

static char stack[64 * 1024];

int main(void) {
    int ends[2];
    pthread_t reader;
    if (pipe(ends) != 0)
        return 1;
    stream = fdopen(ends[0], "r");
    pthread_create(&reader, NULL, reads_lines, NULL);
    pthread_detach(reader);
    clone(sleeps, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
          NULL);
    settle();
#ifdef FIXED
    close(ends[1]);
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE, 1);
#endif
    /* exit waits for the lock of a stream that is being read from, since glibc 2.38 (libio/genops.c) */
    _exit(0);
}
