/* A thread that ended, as it thinks, and blocks in the destructor of a thread key.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [pipe read, {{[0-9.]+}}s] suspect: every write end is in this process
 * CHECK: #0 read
 * CHECK: #1 flushes key_destructor.c:
 * CHECK: created by key_destructor
 */
#include <pthread.h>
#include <unistd.h>

static pthread_key_t key;
static int ends[2];

static void flushes(void *value) {
    char byte;
    if (read(ends[0], &byte, 1) != 1)
        pthread_setspecific(key, value);
}

static void *ends_at_once(void *unused) {
    pthread_setspecific(key, &key);
    return unused;
}

int main(void) {
    pthread_t thread;
    if (pipe(ends) != 0 || pthread_key_create(&key, flushes) != 0 ||
        pthread_create(&thread, NULL, ends_at_once, NULL) != 0)
        return 1;
    settle();
#ifdef FIXED
    if (write(ends[1], "x", 1) != 1)
        return 2;
    pthread_join(thread, NULL);
#endif
    return 0;
}
