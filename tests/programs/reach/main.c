/* A thread waits for a condition in a block that main has hidden somewhere. When a byte comes in, main takes the address from just
 * that place and wakes the thread, which says so: a report in between that calls the thread stranded is wrong. In the scenarios
 * that drop the address nobody ever will. */
#include <signal.h>

#include "places.h"

#ifndef PLACES
#define PLACES memory_places, kernel_places, thread_places
#endif

void *waits(void *of) {
    struct box *box = of;
    pthread_mutex_lock(&box->mutex);
    while (!box->open)
        pthread_cond_wait(&box->changed, &box->mutex);
    pthread_mutex_unlock(&box->mutex);
    if (write(STDOUT_FILENO, "woken\n", 6) != 6)
        exit(3);
    return NULL;
}

struct box *box_new(void) {
    struct box *box = calloc(1, sizeof *box);
    pthread_mutex_init(&box->mutex, NULL);
    pthread_cond_init(&box->changed, NULL);
    return box;
}

void box_open(struct box *box) {
    pthread_mutex_lock(&box->mutex);
    box->open = true;
    pthread_cond_signal(&box->changed);
    pthread_mutex_unlock(&box->mutex);
}

static __attribute__((noinline)) void begin(const struct place *place) {
    struct box *box = box_new();
    start("waiter", waits, box);
    usleep(20000);
    place->hide(box);
}

static int play(const struct place *place) {
    begin(place);
    forget();
    say_ready();
    await_byte();
    struct box *box = place->find ? place->find() : NULL;
    if (box)
        box_open(box);
    await_byte();
    return 0;
}

int main(int count, char **arguments) {
    static const struct place *const lists[] = {PLACES};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + 3);
#ifdef JUMPS /* only who has a place to jump to takes it */
    sigaddset(&signals, SIGUSR2);
#endif
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; count == 2 && i < sizeof lists / sizeof *lists; i++)
        for (const struct place *place = lists[i]; place->name; place++)
            if (strcmp(place->name, arguments[1]) == 0)
                return play(place);
    return 2;
}
