/* Stands between the shim and libc, as sanitizers do: each thread that is created makes a call that the shim wraps before it comes to what it was created for. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct routine {
    void *(*start)(void *);
    void *argument;
};

static void *starts(void *of) {
    struct routine routine = *(struct routine *)of;
    free(of);
    usleep(1);
    return routine.start(routine.argument);
}

int pthread_create(pthread_t *restrict handle, const pthread_attr_t *restrict attr, void *(*start)(void *),
                   void *restrict argument) {
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (__typeof__(next))dlsym(RTLD_NEXT, "pthread_create");
    struct routine *routine = malloc(sizeof *routine);
    if (!routine)
        abort();
    *routine = (struct routine){start, argument};
    return next(handle, attr, starts, routine);
}
