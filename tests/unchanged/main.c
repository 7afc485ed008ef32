/* usage: unchanged NAME, or without a name: lists them. */
#include "scenario.h"

extern const struct scenario __start_scenarios[], __stop_scenarios[];

int errno_at_main;

int main(int argc, char **argv) {
    errno_at_main = errno;
    for (const struct scenario *at = __start_scenarios; at < __stop_scenarios; at++) {
        if (argc < 2) {
            SAY("%s", at->name);
        } else if (strcmp(argv[1], at->name) == 0) {
            at->play();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
