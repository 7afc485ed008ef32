/* What the scenarios of owners share (main.c). */
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include "../scenarios.h"
#include "../settle.h"

extern sem_t never;
extern pthread_mutex_t a;

/* Everything that was started has come to rest. */
void ready(void);
void *page(int protection, int flags, int fd);
int file_of_zeros(void);
void in_child(void (*play)(void));
void *sleeps_on(void *); /* a thread */

extern const struct scenario of_words[], of_libc_locks[], of_forks_and_handlers[];
