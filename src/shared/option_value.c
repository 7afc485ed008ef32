#include "option_value.h"

#include <signal.h>
#include <string.h>

#include "formats.def"

/* Not strcmp: a sanitizer in the program has its own, which is not ready when the shim's constructor runs. */
static bool same(const char *a, const char *b) {
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

/* Decimal digits; false if there are none or they are too many for 64 bits. */
static bool digits(const char **text, uint64_t *value) {
    const char *at = *text;
    for (*value = 0; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
            return false;
    bool any = at != *text;
    *text = at;
    return any;
}

/* "500ms", "0.5s", "2m"; a bare number is seconds. */
static bool time_value(const char *text, uint64_t *ns) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"", 1000000000}, {"s", 1000000000}, {"ms", 1000000}, {"m", 60000000000}, {"h", 3600000000000}};
    uint64_t whole, part = 0, of = 1;
    if (!digits(&text, &whole))
        return false;
    if (*text == '.') {
        const char *first = ++text;
        if (!digits(&text, &part) || text - first > 9)
            return false;
        for (; first < text; first++)
            of *= 10;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (same(text, units[i].name))
            return !__builtin_mul_overflow(whole, units[i].ns, ns) &&
                   !__builtin_add_overflow(*ns, (uint64_t)((unsigned __int128)part * units[i].ns / of), ns);
    return false;
}

static bool number_value(const char *text, int64_t low, int64_t high, uint64_t *value) {
    return digits(&text, value) && *text == '\0' && *value >= (uint64_t)low && *value <= (uint64_t)high;
}

static bool signal_value(const char *text, uint64_t *value) {
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"none", 0},
#define X(name) {#name, SIG##name},
                   LW_OPTION_SIGNALS(X)
#undef X
    };
    if (text[0] == 'S' && text[1] == 'I' && text[2] == 'G')
        text += 3;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (same(text, signals[i].name)) {
            *value = (uint64_t)signals[i].number;
            return true;
        }
    /* 32 and 33 are libc's own (nptl/pthreadP.h: SIGCANCEL, SIGSETXID) */
    return number_value(text, 34, 64, value);
}

static bool is_format(const char *text) {
#define X(name, binary, help) \
    if (same(text, #name))    \
        return true;
    LW_FORMATS(X)
#undef X
    return false;
}

/* What is in front of the last colon is for the system to resolve. */
static bool is_address(const char *text) {
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (strncmp(text, "unix:", 5) == 0)
        return text[5] != '\0';
    return colon && number_value(colon + 1, 0, 65535, &port);
}

bool option_value(enum option_form form, int64_t low, int64_t high, const char *text, uint64_t *value) {
    switch (form) {
    case OPTION_SWITCH:
    case OPTION_FLAG:
        return number_value(text, 0, 1, value);
    case OPTION_TIME:
        return time_value(text, value) && (*value > 0 || low == 0);
    case OPTION_NUMBER:
        return number_value(text, low, high, value);
    case OPTION_PID:
        return number_value(text, 1, INT32_MAX, value);
    case OPTION_SIGNAL:
        return signal_value(text, value);
    case OPTION_FORMAT:
        return is_format(text);
    case OPTION_COLOR:
        return same(text, "auto") || same(text, "always") || same(text, "never");
    case OPTION_ADDRESS:
        return is_address(text);
    case OPTION_TEXT:
    case OPTION_PATH:
        return high == 0 || strlen(text) < (size_t)high;
    default:
        return text[0] != '\0';
    }
}

const char *option_wanted(enum option_form form) {
    static const char *const wanted[] = {
#define X(form, wanted, completion) wanted,
        LW_OPTION_FORMS(X)
#undef X
    };
    if (form == OPTION_FORMAT)
        return "one of"
#define X(name, binary, help) " " #name
            LW_FORMATS(X)
#undef X
                ;
    return wanted[form];
}
