#include "text.h"

#include <stdarg.h>
#include <string.h>

#include "sys.h"

void text_put_n(struct text *text, const char *words, size_t count) {
    size_t left = text->room - 1 - text->length;
    if (count > left) {
        count = left;
        text->full = true;
    }
    memcpy(text->at + text->length, words, count);
    text->length += count;
    text->at[text->length] = '\0';
}

void text_put(struct text *text, const char *words) {
    text_put_n(text, words, strlen(words));
}

void text_put_char(struct text *text, char c) {
    text_put_n(text, &c, 1);
}

static void put_in_base(struct text *text, uint64_t number, unsigned base) {
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    text_put_n(text, digits + at, sizeof digits - at);
}

void text_put_number(struct text *text, int64_t number) {
    if (number < 0)
        text_put_char(text, '-');
    put_in_base(text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

void text_put_hex(struct text *text, uint64_t number) {
    text_put(text, "0x");
    put_in_base(text, number, 16);
}

void text_put_seconds(struct text *text, uint64_t ns) {
    uint64_t tenths = ns / 100000000u;
    put_in_base(text, tenths / 10, 10);
    text_put_char(text, '.');
    put_in_base(text, tenths % 10, 10);
    text_put_char(text, 's');
}

bool text_number(const char **at, uint64_t *number) {
    const char *p = *at;
    unsigned base = 10;
    if (p[0] == '0' && p[1] == 'x') {
        base = 16;
        p += 2;
    }
    const char *first = p;
    uint64_t value = 0;
    for (;; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (base == 16 && *p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    if (p == first)
        return false;
    *number = value;
    *at = p;
    return true;
}

bool text_equal(const char *a, const char *b) {
    /* not strcmp: a sanitizer in the program has its own, which is not ready when the constructor runs */
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

void text_copy(char *into, size_t room, const char *from) {
    struct text text = {.at = into, .room = room};
    into[0] = '\0';
    text_put(&text, from);
}

void text_complain(const char *words, ...) {
    char line[1024];
    struct text text = TEXT_IN(line);
    text_put(&text, "leakwatch: ");
    va_list rest;
    va_start(rest, words);
    for (const char *word = words; word; word = va_arg(rest, const char *))
        text_put(&text, word);
    va_end(rest);
    text_put_char(&text, '\n');
    sys_call(SYS_write, 2, text.at, text.length);
}
