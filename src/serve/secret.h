/* Secrets that a user names by the file they are in: its first line. */
#pragma once

#include <stddef.h>

/* What such a line may be. */
struct secret_form {
    size_t least, most; /* bytes */
    const char *bytes;  /* that may be in it; NULL: all but control characters */
    const char *words;  /* to be said where it is none: "a token is ..." */
};

/* The secret in the file that an option names. NULL, and a line on stderr without a byte of it, if there is none, or if
 * everybody may read the file. */
char *secret_read(const char *option, const char *path, const struct secret_form *form);
/* The same again, of a file whose contents may have been replaced. NULL without a word; never waits. */
char *secret_read_again(const char *path, const struct secret_form *form);
