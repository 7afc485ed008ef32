/* Binary search. */
#pragma once

#include <stddef.h>

/* The least i from 0 that the condition holds for, which then holds for all above it; count: there is none below that. */
#define LEAST(count, i, condition)                \
    ({                                            \
        size_t low_ = 0, high_ = (count);         \
        while (low_ < high_) {                    \
            size_t i = low_ + (high_ - low_) / 2; \
            if (condition)                        \
                high_ = i;                        \
            else                                  \
                low_ = i + 1;                     \
        }                                         \
        low_;                                     \
    })
