/* The monotonic clock, in nanoseconds. */
#pragma once

#include <stdint.h>

uint64_t clock_now(void);
/* Sleeps until that moment, whatever signals come. */
void clock_rest_until(uint64_t ns);
