/* Mutexes that fork did not copy the owner of, or that a handler wants of the code it interrupted. */
#include <signal.h>
#include <sys/mman.h>

#include "owners.h"

/* A thread has the mutex when the process forks: it is not in the child, its lock is. Not if the memory is the same. */
static pthread_mutex_t *wanted;
static void *locks_and_stays(void *unused) {
    pthread_mutex_lock(wanted);
    stay();
    return unused;
}
static void *wants(void *unused) {
    pthread_mutex_lock(wanted);
    return unused;
}
static void child_wants(void) {
    start("one", wants, NULL);
    ready();
    stay();
}
static void fork_beside_owner(pthread_mutex_t *mutex) {
    wanted = mutex;
    start("culprit", locks_and_stays, NULL);
    settle_all();
    in_child(child_wants);
}
static void owner_not_copied(void) {
    fork_beside_owner(&a);
}
static void owner_of_shared_memory(void) {
    pthread_mutex_t *shared = page(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    pthread_mutex_init(shared, NULL);
    fork_beside_owner(shared);
}
/* The child's own thread has the number that forked. */
static void owner_copied(void) {
    wanted = &a;
    pthread_mutex_lock(wanted);
    start("bystander", sleeps_on, NULL);
    settle_all();
    in_child(child_wants);
}
/* A handler wants what the code that it interrupted has, or something else. */
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static void locks_wanted(int number) {
    (void)number;
    pthread_mutex_lock(wanted);
    stay();
}
static void *is_interrupted(void *unused) {
    pthread_mutex_lock(&a);
    raise(SIGUSR2);
    return unused;
}
static void interrupt(pthread_mutex_t *mutex) {
    signal(SIGUSR2, locks_wanted);
    wanted = mutex;
    start("one", is_interrupted, NULL);
    ready();
    stay();
}
static void handler_relocks(void) {
    interrupt(&a);
}
static void handler_waits(void) {
    pthread_mutex_lock(&b);
    interrupt(&b);
}
static void handler_has_it_already(void) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&a, &recursive);
    interrupt(&a);
}

/* clang-format off */
const struct scenario of_forks_and_handlers[] = {
    SCENARIO(owner_not_copied) SCENARIO(owner_of_shared_memory) SCENARIO(owner_copied)
    SCENARIO(handler_relocks) SCENARIO(handler_waits) SCENARIO(handler_has_it_already)
    {NULL, NULL},
};
