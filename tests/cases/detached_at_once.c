/* Detaching right after creation, 100,000 times, loses and invents nothing: the one thread that is left is
 * told of.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread  [pipe read
 * CHECK: #1 stay
 * CHECK-NOT: {{[0-9]+}} thread
 */
#include <pthread.h>
#include <unistd.h>

static int ends[2];

static void *end(void *unused) {
    return unused;
}

static void *stay(void *unused) {
    char byte;
    return read(ends[0], &byte, 1) < 0 ? unused : NULL;
}

static void create(void *(*routine)(void *)) {
    pthread_t thread;
    while (pthread_create(&thread, NULL, routine, NULL) != 0)
        usleep(100); /* too many at once on a small machine */
    pthread_detach(thread);
}

int main(void) {
    if (pipe(ends) != 0)
        return 1;
    for (int i = 0; i < 100000; i++)
        create(end);
    create(stay);
#ifdef FIXED
    close(ends[1]);
#endif
    return 0;
}
