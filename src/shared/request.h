/* How the tool asks a running program for a snapshot, and where the answer is left: the other seam between
 * the shim and the tool.
 *
 * A program that is watched has a mapping named LW_MARK, from which the tool reads (in /proc/PID/maps) which
 * signal to send and whether both are of one version. A request is that signal, queued (sigqueue(3)), with
 * LW_REQUEST in the upper half of its value and a number of the tool's choice, the token, in the lower one.
 * The answer is a snapshot in a file that is named after the token, in a directory that is the program's
 * user's alone: the first of LW_REQUEST_PLACES that can be had. Nothing in the signal says where to write. */
#pragma once

#include <stdint.h>

#define LW_REQUEST UINT64_C(0x4c575251)

/* The upper bits of a token: whether the proof by reachability is wanted, as in the option `reach`. Then the answer is written by the
 * tool that the shim starts for it, and has what it found in the image behind the snapshot (LW_ANSWER_REACH). */
static inline unsigned lw_request_reach(uint32_t token) {
    unsigned reach = token >> 30;
    return reach > 2 ? 0 : reach;
}
static inline uint32_t lw_request_token(uint32_t random, unsigned reach) {
    return (random & 0x3fffffffu) | (uint32_t)reach << 30;
}

/* "leakwatch-VERSION-signal-NUMBER", in the maps as "/memfd:... (deleted)". */
#define LW_MARK "leakwatch-%u-signal-%d"

/* Parents of the directory, where those on tmpfs come first; %u is the program's effective user, as the
 * program sees it. */
#define LW_REQUEST_PLACES(X) \
    X("/run/user/%u")        \
    X("/dev/shm")            \
    X("/tmp")
#define LW_REQUEST_DIRECTORY "leakwatch-%u"
#define LW_REQUEST_FILE      "%08x"
/* An answer that could not be written whole has no bytes. */
