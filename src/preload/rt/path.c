#include "path.h"

#include "process.h"

void path_expand(struct text *path, const char *pattern, uint32_t number) {
    for (const char *at = pattern; *at; at++) {
        if (*at != '%' || at[1] == '\0') {
            text_put_char(path, *at);
            continue;
        }
        switch (*++at) {
        case 'p':
            text_put_number(path, process.pid);
            break;
        case 'e':
            text_put(path, process_name());
            break;
        case 'n':
            text_put_number(path, number);
            break;
        default:
            text_put_char(path, *at);
        }
    }
}
