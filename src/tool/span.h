/* Times for a table: "0.3s", "12.0s", "5m07s", "2h03m", "3d04h". */
#pragma once

#include <stdint.h>

enum { SPAN_ROOM = 16 };
/* Writes it to room and returns that. */
const char *span_words(uint64_t ns, char room[SPAN_ROOM]);
