/* One thread ends, and another is cancelled, holding a mutex that others want.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live, 2 deadlocks
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: its owner, careless ({{[0-9]+}}), has ended {{[0-9.]+}}s ago
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: its owner, cancelled ({{[0-9]+}}), has ended {{[0-9.]+}}s ago
 * CHECK: forgetful ({{[0-9]+}}) has ended and left locked: mutex unwanted (0x{{[0-9a-f]+}}), taken at forgets owner_gone.c
 * CHECK: deadlock 1: 1 thread waits for left (0x{{[0-9a-f]+}}), whose owner has ended
 * CHECK-NEXT: careless ([[TID:[0-9]+]]) ended with it, taken at ends owner_gone.c:[[#@LINE+22]]
 * CHECK-NEXT: it was created by {{.*}} ({{[0-9]+}})
 * CHECK-NEXT: #0 make owner_gone.c
 * CHECK-NEXT: #1 main owner_gone.c
 * CHECK-NEXT: first ({{[0-9]+}}) waits in mutex lock for left (0x
 * CHECK-NEXT: at wants owner_gone.c
 * CHECK: deadlock 2: 1 thread waits for kept (0x{{[0-9a-f]+}}), whose owner has ended
 * CHECK-NEXT: cancelled ({{[0-9]+}}) ended with it, taken at is_cancelled owner_gone.c
 * JSON: 2 mutex lock deadlock; owner gone, owner gone
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, kept = PTHREAD_MUTEX_INITIALIZER,
                       unwanted = PTHREAD_MUTEX_INITIALIZER;

static void release(void *mutex) {
    pthread_mutex_unlock(mutex);
}

static void *ends(void *unused) {
    pthread_setname_np(pthread_self(), "careless");
    pthread_mutex_lock(&left);
#ifdef FIXED
    release(&left);
#endif
    return unused;
}

static void *forgets(void *unused) {
    pthread_setname_np(pthread_self(), "forgetful");
    pthread_mutex_lock(&unwanted);
#ifdef FIXED
    release(&unwanted);
#endif
    return unused;
}

static void *is_cancelled(void *unused) {
    pthread_mutex_lock(&kept);
#ifdef FIXED
    pthread_cleanup_push(release, &kept);
#endif
    for (;;)
        pause();
#ifdef FIXED
    pthread_cleanup_pop(1);
#endif
    return unused;
}

static void *wants(void *mutex) {
    pthread_mutex_lock(mutex);
    release(mutex);
    return NULL;
}

static __attribute__((noinline)) pthread_t make(const char *name, void *(*routine)(void *), void *argument) {
    pthread_t thread;
    pthread_create(&thread, NULL, routine, argument);
    pthread_setname_np(thread, name);
    return thread;
}

int main(void) {
    pthread_join(make("careless", ends, NULL), NULL);
    pthread_join(make("forgetful", forgets, NULL), NULL);
    pthread_t thread = make("cancelled", is_cancelled, NULL);
    usleep(50000);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    pthread_detach(make("first", wants, &left));
    pthread_detach(make("second", wants, &kept));
    usleep(100000);
    return 0;
}
