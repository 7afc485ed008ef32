/* NEGATIVE: threads that end 200 ms after main returned, within the grace period.
 *
 * OPTIONS: grace=10s
 */
#include <pthread.h>
#include <unistd.h>

static void *work(void *unused) {
    usleep(200000);
    return unused;
}

int main(void) {
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
        pthread_detach(thread);
    }
    return 0;
}
