/* A library whose constructor tells what it finds. */
#include <errno.h>

extern void tell_start(const char *moment, int error) __attribute__((weak));
extern int start_library;

int start_library = 1;
__attribute__((constructor)) static void in_constructor(void) {
    int error = errno;
    if (tell_start)
        tell_start("in a library's constructor", error);
}
