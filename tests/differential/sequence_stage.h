/* What the process that plays sequences shares with the one that directs it. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Between the two processes: the one that plays, and the one that looks whether it is blocked. */
struct stage {
    volatile unsigned entered, left; /* how many calls */
    volatile pid_t tid;              /* who makes the call */
    volatile bool timed;             /* it ends by itself, soon */
    volatile bool cancellable;       /* by the thread that waits for it */
    volatile bool cancels;           /* it is asked to */
    volatile unsigned taken;         /* events that the call in progress was sent */
    volatile unsigned length;
    char text[1 << 16];
};
extern struct stage *stage;

static inline void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof stage->text - stage->length;
    int length = vsnprintf(stage->text + stage->length, room, format, arguments);
    va_end(arguments);
    stage->length += (unsigned)length < room ? (unsigned)length : 0;
}

/* What a sleeping thread is sent; the signals that stand for it come after SIGRTMIN. */
enum event { RESTARTS = 1, INTERRUPTS, FEEDS, CANCELS, GIVES_UP };

/* splitmix64's mixer (Steele, Lea, Flood 2014). */
static inline unsigned drawn(uint64_t seed, unsigned call, unsigned number, unsigned among) {
    uint64_t z = seed * 0x9e3779b97f4a7c15u + call * 0xbf58476d1ce4e5b9u + number * 0x94d049bb133111ebu + 1;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) % among);
}

/* Sends the child what the seed says, call by call, until it is over; returns its status. */
int direct(pid_t pid, uint64_t seed, bool snapshots);
