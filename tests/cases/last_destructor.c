/* A thread blocks in the last thing that a thread does for a program: the fourth round of key destructors
 * (PTHREAD_DESTRUCTOR_ITERATIONS), in that of its last key. It has not ended.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: [pipe read, {{[0-9.]+}}s] suspect: every write end is in this process
 * CHECK: #0 read
 * CHECK: #1 flushes last_destructor.c:
 * CHECK: created by last_destructor
 */
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

static pthread_key_t key;
static int ends[2], rounds;

static void flushes(void *value) {
    char byte;
    if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(key, value);
    else if (read(ends[0], &byte, 1) != 1)
        rounds = 0;
}

static void *ends_at_once(void *unused) {
    pthread_setspecific(key, &key);
    return unused;
}

int main(void) {
    pthread_t thread;
    unsigned keys = 0;
    while (keys < PTHREAD_KEYS_MAX && pthread_key_create(&key, flushes) == 0)
        keys++;
    /* Before glibc 2.34 the preload's dlsym has one. */
    if (keys < PTHREAD_KEYS_MAX - 1 || pipe(ends) != 0 ||
        pthread_create(&thread, NULL, ends_at_once, NULL) != 0)
        return 1;
    usleep(20000);
#ifdef FIXED
    if (write(ends[1], "x", 1) != 1)
        return 2;
    pthread_join(thread, NULL);
#endif
    return 0;
}
