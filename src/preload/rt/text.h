/* Text without stdio or locale: bounded building and parsing for the inside of the watched program.
 * A text never overflows; what does not fit is dropped and `full` is set. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *at;
    size_t length; /* without the terminating NUL, which is always there */
    size_t room;   /* bytes of `at` */
    bool full;
};

/* Starts an empty text in an array. */
#define TEXT_IN(array)                       \
    (struct text) {                          \
        .at = (array), .room = sizeof(array) \
    }

void text_put(struct text *text, const char *words);
void text_put_n(struct text *text, const char *words, size_t count);
void text_put_char(struct text *text, char c);
void text_put_number(struct text *text, int64_t number);
void text_put_hex(struct text *text, uint64_t number);
/* Seconds with one decimal, as in "12.0s". */
void text_put_seconds(struct text *text, uint64_t ns);

/* Reads an unsigned number (decimal, or hexadecimal after 0x) at *at and moves *at behind it. False if there
 * is none. */
bool text_number(const char **at, uint64_t *number);
bool text_equal(const char *a, const char *b);
/* strlcpy: copies what fits and terminates. */
void text_copy(char *into, size_t room, const char *from);

/* Writes a line "leakwatch: WORDS..." to stderr with one write(2). The last argument is NULL. */
void text_complain(const char *words, ...) __attribute__((sentinel));
