/* Where `leakwatch serve` listens. */
#pragma once

#include <stdbool.h>

enum { ADDRESS_ROOM = 160 };

struct listener {
    int fd;
    char address[ADDRESS_ROOM]; /* as a person would type it: "http://127.0.0.1:6061/", "unix:PATH" */
    bool is_public;             /* others than this machine may come */
    const char *path;           /* of a socket in the file system, to be removed; NULL: it is none */
};

/* "127.0.0.1:6061", "[::1]:6061", "localhost:6061", ":6061" for all addresses, "unix:PATH" (mode 0600).
 * In the form of an ADDRESS (shared/option_value.h). False, and a line on stderr, if it cannot be. */
bool listen_at(struct listener *listener, const char *words);
void listen_end(struct listener *listener);
