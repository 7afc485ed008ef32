#include "sleeping_calls.h"

#include "older_headers.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stddef.h>
#include <time.h>

static const struct sleeping_call table[] = {
#define X(call, wait_kind, first_is, form, place) \
    {SYS_##call, LW_WAIT_##wait_kind, FIRST_##first_is, TIMEOUT_##form, place, #call},
    SLEEPING_CALLS(X)
#undef X
};

static int futex_command(const uint64_t argument[6]) {
    return (int)argument[1] & FUTEX_CMD_MASK;
}

static bool may_sleep(long number, const uint64_t argument[6]) {
    switch (number) {
    case SYS_futex:
        switch (futex_command(argument)) {
        case FUTEX_WAIT:
        case FUTEX_WAIT_BITSET:
        case FUTEX_LOCK_PI:
        case FUTEX_LOCK_PI2:
        case FUTEX_WAIT_REQUEUE_PI:
            return true;
        }
        return false;
    case SYS_fcntl:
        return argument[1] == F_SETLKW || argument[1] == F_OFD_SETLKW;
    }
    return true;
}

const struct sleeping_call *sleeping_call_of(long number, const uint64_t argument[6]) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].number == number)
            return may_sleep(number, argument) ? &table[i] : NULL;
    return NULL;
}

bool sleeping_call_compares(const uint64_t argument[6]) {
    return futex_command(argument) == FUTEX_WAIT || futex_command(argument) == FUTEX_WAIT_BITSET;
}

uint32_t sleeping_call_timeout_form(const struct sleeping_call *call, const uint64_t argument[6]) {
    /* futex(2): only FUTEX_WAIT takes a span. clock_nanosleep(2): a flag tells. */
    bool until = (call->number == SYS_futex && futex_command(argument) != FUTEX_WAIT) ||
                 (call->number == SYS_clock_nanosleep && (argument[1] & TIMER_ABSTIME));
    return until ? TIMEOUT_AT : call->timeout_form;
}
