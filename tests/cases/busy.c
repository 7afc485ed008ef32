/* The twin of spinning.c: a thread that computes and waits in turn, for much less than nine tenths of a processor, does not
 * spin; nor does one that takes a spin lock which is free.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: leakwatch: 3 threads in {{.*}} on SIGUSR1
 * CHECK-NOT: spin
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static pthread_spinlock_t lock;
static volatile unsigned long sum;

static void *computes(void *unused) {
    for (;;) {
        for (int i = 0; i < 200000; i++)
            sum += (unsigned)i;
        usleep(2000);
    }
    return unused;
}

static void *locks(void *unused) {
    for (;;) {
        pthread_spin_lock(&lock);
        pthread_spin_unlock(&lock);
        usleep(100);
    }
    return unused;
}

int main(void) {
    pthread_t one, other;
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    if (pthread_create(&one, NULL, computes, NULL) != 0 || pthread_create(&other, NULL, locks, NULL) != 0)
        return 1;
    usleep(50000);
    raise(SIGUSR1);
    return 0;
}
