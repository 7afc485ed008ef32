/* C11 threads do not go through the pthread symbols; they are seen all the same.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live
 * CHECK-DAG: [cond wait, {{[0-9.]+}}s]  suspect: this condition was never signalled
 * CHECK-DAG: #0 cnd_wait
 * CHECK-DAG: #1 waits
 * CHECK-DAG: [mutex lock, {{[0-9.]+}}s]  suspect: held by {{.*}} ({{[0-9]+}})
 * CHECK-DAG: #0 mtx_lock
 * CHECK-DAG: #1 locks
 * CHECK-DAG: #0 main c11_threads.c:
 */
#include <stdbool.h>
#include <threads.h>

static mtx_t mutex, held;
static cnd_t condition;
static bool stop;

static int waits(void *unused) {
    (void)unused;
    mtx_lock(&mutex);
    while (!stop)
        cnd_wait(&condition, &mutex);
    mtx_unlock(&mutex);
    return 1234567;
}

static int locks(void *unused) {
    (void)unused;
    mtx_lock(&held);
    mtx_unlock(&held);
    return 7654321;
}

int main(void) {
    thrd_t threads[2];
    mtx_init(&mutex, mtx_plain);
    mtx_init(&held, mtx_plain);
    cnd_init(&condition);
    mtx_lock(&held);
    thrd_create(&threads[0], waits, NULL);
    thrd_create(&threads[1], locks, NULL);
    thrd_sleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
#ifdef FIXED
    int first, second;
    mtx_lock(&mutex);
    stop = true;
    cnd_broadcast(&condition);
    mtx_unlock(&mutex);
    mtx_unlock(&held);
    thrd_join(threads[0], &first);
    thrd_join(threads[1], &second);
    return first == 1234567 && second == 7654321 ? 0 : 1;
#endif
    return 0;
}
