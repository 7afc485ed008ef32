/* Threads that have left their start routines and hang in a destructor, where no wrapper sees it: on a stream, in a read, on a lock of
 * the program's own. They are not finished: what they hang in is told, with the stack.
 *
 * CHECK: leakwatch: 3 leaked threads in {{.*}} at exit; 4 live
 * CHECK-DAG: 1 thread [stream lock, about {{[0-9.]+}}s] suspect: held by hangs_in_its_en
 * CHECK-DAG: 1 thread [pipe read, about {{[0-9.]+}}s] suspect: every write end is in this process
 * CHECK-DAG: 1 thread [futex, about {{[0-9.]+}}s]  the word is 1, and it waits for it to change from 1
 * CHECK-DAG: prints hangs_in_its_end.c:
 * CHECK-DAG: reads hangs_in_its_end.c:
 * CHECK-DAG: locks hangs_in_its_end.c:
 * CHECK-NOT: finished
 * JSON: 1 futex none, 1 pipe read suspect, 1 stream lock suspect;
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../programs/system_call.h"

static FILE *output, *input;
static volatile int locked = 1;

static __attribute__((noinline)) void prints(void *unused) {
    fputs("end\n", output);
}

static __attribute__((noinline)) void reads(void *unused) {
    char line[80];
    if (!fgets(line, sizeof line, input))
        perror("fgets");
}

/* As an allocator of the program's own may, when libc frees what the thread had. */
static __attribute__((noinline)) void locks(void *unused) {
    while (locked)
        system_call(SYS_futex, (long)&locked, FUTEX_WAIT_PRIVATE, 1, 0);
}

static void *ends(void *key) {
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

int main(void) {
    void (*destructors[])(void *) = {prints, reads, locks};
    pthread_key_t keys[3];
    int ends_of_pipe[2];
    if (pipe(ends_of_pipe) != 0 || !(output = fopen("/dev/null", "w")) ||
        !(input = fdopen(ends_of_pipe[0], "r")))
        return 1;
    flockfile(output);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_key_create(&keys[i], destructors[i]);
        pthread_create(&thread, NULL, ends, &keys[i]);
        pthread_detach(thread);
    }
    settle();
#ifdef FIXED
    funlockfile(output);
    locked = 0;
    syscall(SYS_futex, &locked, FUTEX_WAKE_PRIVATE, 1);
    if (write(ends_of_pipe[1], "end\n", 4) != 4)
        return 1;
    settle();
    return 0;
#else
    _exit(0); /* exit() would wait for the stream */
#endif
}
