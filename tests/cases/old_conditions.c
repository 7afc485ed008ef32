/* A program linked long ago binds pthread_cond_* of GLIBC_2.2.5, whose condition has another layout: each version must
 * reach its own, or the process is corrupted.
 *
 * PROCESSOR: x86_64
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: 1 thread [cond wait, {{[0-9.]+}}s]
 * CHECK: #0 pthread_cond_wait
 * CHECK-NEXT: #1 old_waits
 */
#include <pthread.h>
#include <unistd.h>

/* What such a program has in place of pthread_cond_t: a pointer, and no more than eight bytes of its own. */
struct old_condition {
    void *pointer;
    unsigned long guard;
};

int old_cond_wait(struct old_condition *condition, pthread_mutex_t *mutex);
int old_cond_signal(struct old_condition *condition);
__asm__(".symver old_cond_wait, pthread_cond_wait@GLIBC_2.2.5");
__asm__(".symver old_cond_signal, pthread_cond_signal@GLIBC_2.2.5");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct old_condition condition = {NULL, 0x5a5a5a5a5a5a5a5a};
static int rounds;

static void *old_waits(void *unused) {
    pthread_mutex_lock(&mutex);
    while (rounds < 2) {
        old_cond_wait(&condition, &mutex);
        rounds++;
    }
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, old_waits, NULL);
    pthread_detach(thread);
    for (int i = 0; i < 2; i++) {
        settle();
        pthread_mutex_lock(&mutex);
#ifdef FIXED
        old_cond_signal(&condition);
#else
        if (i == 0)
            old_cond_signal(&condition);
#endif
        pthread_mutex_unlock(&mutex);
    }
    settle();
    return condition.guard == 0x5a5a5a5a5a5a5a5a ? 0 : 1;
}
