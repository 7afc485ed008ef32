/* A thread whose name is markup, blocked for ever. */
#include <pthread.h>
#include <unistd.h>

#include "settle.h"

static void *work(void *unused) {
    pthread_setname_np(pthread_self(), "</script><b>x");
    pause();
    return unused;
}

int main(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        return 1;
    settle();
    return 0;
}
