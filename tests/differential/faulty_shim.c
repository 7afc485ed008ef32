/* A preload with the faults that the tests of this folder must notice; never the one under test. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Takes a free mutex before anybody looks at the clock. */
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
    int result = pthread_mutex_trylock(mutex);
    return result == 0 ? 0 : REAL(pthread_mutex_clocklock)(mutex, clock, until);
}

/* Loses errno. */
int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    int result = REAL(sem_timedwait)(semaphore, until);
    errno = 0;
    return result;
}

/* Leaves an error, a key, a descriptor, and a block of the heap behind. */
__attribute__((constructor)) static void begins(void) {
    static pthread_key_t key;
    static char *block;
    pthread_key_create(&key, NULL);
    block = strdup("kept");
    if (block && open("/dev/null", O_RDONLY) >= 0)
        errno = EMFILE;
}
