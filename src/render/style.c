#include "style.h"

static bool used;

void style_use(bool wanted) {
    used = wanted;
}

void style_put(FILE *out, enum style style) {
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[1;31m",
                                        "\033[33m", "\033[32m", "\033[2m"};
    if (used)
        fputs(codes[style], out);
}
