/* Detaching right after creation, 100,000 times, loses and invents nothing: the one thread that is left is
 * told of.
 *
 * SUITE: slow
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread  [pipe read
 * CHECK: #1 stay
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include <pthread.h>
#include <unistd.h>

static int ends[2];
static pthread_attr_t small;

static void *end(void *unused) {
    return unused;
}

static void *stay(void *unused) {
    char byte;
    return read(ends[0], &byte, 1) < 0 ? unused : NULL;
}

/* Stacks small enough to stay in glibc's cache: its pthread_detach looks into the thread's block once more after it has
 * marked it detached (nptl/pthread_detach.c), and faults if the thread has ended and its stack is unmapped. */
static void create(void *(*routine)(void *)) {
    pthread_t thread;
    while (pthread_create(&thread, &small, routine, NULL) != 0)
        usleep(100); /* too many at once on a small machine */
    pthread_detach(thread);
}

int main(void) {
    if (pipe(ends) != 0)
        return 1;
    pthread_attr_init(&small);
    if (pthread_attr_setstacksize(&small, 16 * 1024) != 0) /* less than there can be on aarch64 */
        pthread_attr_setstacksize(&small, 128 * 1024);
    for (unsigned i = 0; i < 100000 / slower(); i++)
        create(end);
    create(stay);
#ifdef FIXED
    close(ends[1]);
#endif
    return 0;
}
