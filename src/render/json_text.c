#include "json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *words) {
    json_t *made = json_string(words);
    if (made)
        return made;
    char *escaped = malloc(4 * strlen(words) + 1), *at = escaped;
    for (const unsigned char *byte = (const unsigned char *)words; escaped && *byte; byte++)
        at += *byte < 0x80 ? sprintf(at, "%c", *byte) : sprintf(at, "\\x%02x", *byte);
    made = json_string(escaped ? escaped : "?");
    free(escaped);
    return made;
}
