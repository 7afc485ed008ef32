/* What the scenarios of proofs share: the objects that their threads wait for, and what several of them do (acts.c). */
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include "../scenarios.h"

extern pthread_mutex_t a, b, c;
extern pthread_cond_t wanted; /* with c */
extern sem_t never, step;
extern int ends[2]; /* of a pipe */
extern pthread_t first;
/* Waits on other descriptors than pipes. set: of one pipe, eventfd, timer or socket, or of some. */
extern int one_end, set, pair[2];

/* Everything that was started has come to rest. */
void ready(void);
void must(int done);
void nothing(int signal);

/* Threads. */
void *holds(void *mutex);
void *sleeps(void *);
void *waits_for_cond(void *);
void *reads_pipe(void *);
void *reads_number(void *);
void *waits_for_set(void *);
void *polls_one(void *);
void *polls_three(void *);

/* Takes one lock, lets the other thread take its own, wants that. */
struct two {
    pthread_mutex_t *has, *wants;
};
extern struct two ab, ba, bc;
void *takes_two(void *two);
void *takes_two_timed(void *two);
void cycle(void);

void with_child(void);
void into_set(int fd);
void make_set(void);
void make_three(void);

/* Everybody sleeps, main included. */
void rest(void);
/* The same when main has gone to sleep by itself. */
void main_rests_in(void);

extern const struct scenario of_mutexes[], of_other_locks[], of_asleep[], of_main_asleep[], of_descriptors[],
    of_blocked_signals[], of_other_wakers[], of_tokens[];
