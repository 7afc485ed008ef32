/* Where a report goes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes a whole report at once: appended to log (created 0600, never truncated, one writer at a time), or to
 * the descriptor when log is empty. What cannot be written to the log is said and goes to stderr instead; to that,
 * no longer than somebody reads, if it is a pipe or a socket.
 * False if it could not be written anywhere. */
bool output_write(const char *log, int descriptor, const char *report, size_t size);

/* Writes a file that must not exist yet, 0600. False if that cannot be done; errno says why. */
bool output_create(const char *path, const void *bytes, size_t size);

/* Writes what is not text to a file of its own, which must not exist. False, and a line on stderr, if it
 * cannot be.
 */
bool output_binary(const char *path, const void *bytes, size_t size);
