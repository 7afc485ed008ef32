/* Linked into each program of the suites, with -Wl,--wrap=main: tells what errno was when main began and when exit handlers ran, which
   few tests print. Written to the file that CONFORMANCE_ERRNO names; a program that ends otherwise, or changes its root, tells nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern int __real_main(int argc, char **argv, char **environment);

static char file[4096];

static void note(const char *when, int error) {
    char line[64];
    int length = snprintf(line, sizeof line, "%s %d\n", when, error);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        ssize_t written = write(fd, line, (size_t)length);
        (void)written;
        close(fd);
    }
}

static void at_exit(void) {
    int error = errno;
    note("end", error);
    errno = error;
}

int __wrap_main(int argc, char **argv, char **environment) {
    int error = errno;
    const char *name = getenv("CONFORMANCE_ERRNO");
    if (name && strlen(name) < sizeof file) {
        strcpy(file, name);
        note("main", error);
        atexit(at_exit);
    }
    errno = error;
    return __real_main(argc, argv, environment);
}
