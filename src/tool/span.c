#include "span.h"

#include <stdio.h>

const char *span_words(uint64_t ns, char room[SPAN_ROOM]) {
    unsigned long seconds = (unsigned long)(ns / 1000000000u), minutes = seconds / 60, hours = minutes / 60;
    if (seconds < 60)
        snprintf(room, SPAN_ROOM, "%.1fs", (double)ns / 1e9);
    else if (minutes < 60)
        snprintf(room, SPAN_ROOM, "%lum%02lus", minutes, seconds % 60);
    else if (hours < 24)
        snprintf(room, SPAN_ROOM, "%luh%02lum", hours, minutes % 60);
    else
        snprintf(room, SPAN_ROOM, "%lud%02luh", hours / 24 % 100000, hours % 24);
    return room;
}
