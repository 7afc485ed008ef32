/* What the loader calls, it calls with its lock: constructors in dlopen, and here what dl_iterate_phdr is given. It wants a mutex that
 * a thread has which is about to look through the modules itself.
 *
 * OPTIONS: grace=100ms
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live, 1 deadlock
 * CHECK-DAG: 1 thread [loader lock, about {{[0-9.]+}}s] deadlock: held by lister ({{[0-9]+}}); in a cycle of 2 threads
 * CHECK-DAG: 1 thread [mutex lock, {{[0-9.]+}}s] deadlock: held by profiler ({{[0-9]+}}); in a cycle of 2 threads
 * CHECK: deadlock 1: 2 threads wait for each other
 * CHECK-DAG: lister ({{[0-9]+}}) waits in mutex lock for samples
 * CHECK-DAG: profiler ({{[0-9]+}}) waits in loader lock for
 * JSON: 1 loader lock deadlock, 1 mutex lock deadlock; cycle
 */
#include <link.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t samples = PTHREAD_MUTEX_INITIALIZER;

static int counts(struct dl_phdr_info *info, size_t size, void *count) {
    ++*(int *)count;
    return 0;
}

static int lists(struct dl_phdr_info *info, size_t size, void *count) {
    settle();
    pthread_mutex_lock(&samples);
    pthread_mutex_unlock(&samples);
    return counts(info, size, count) + 1;
}

static void *is_lister(void *unused) {
    int modules = 0;
    dl_iterate_phdr(lists, &modules);
    return unused;
}

static void *is_profiler(void *unused) {
    int modules = 0;
#ifdef FIXED
    dl_iterate_phdr(counts, &modules);
#endif
    pthread_mutex_lock(&samples);
    settle();
#ifndef FIXED
    dl_iterate_phdr(counts, &modules);
#endif
    pthread_mutex_unlock(&samples);
    return unused;
}

int main(void) {
    pthread_t lister, profiler;
    pthread_create(&lister, NULL, is_lister, NULL);
    pthread_setname_np(lister, "lister");
    pthread_create(&profiler, NULL, is_profiler, NULL);
    pthread_setname_np(profiler, "profiler");
#ifdef FIXED
    pthread_join(lister, NULL);
    pthread_join(profiler, NULL);
#else
    settle_all();
    _exit(0); /* exit() would wait for the loader */
#endif
    return 0;
}
