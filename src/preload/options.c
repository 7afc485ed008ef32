#include "options.h"

#include <signal.h>
#include <string.h>

#include "rt/sys.h"
#include "rt/text.h"
#include "shared/output_formats.h"
#include "unwind/unwind.h"

struct options options = {.signal = SIGUSR1,
                          .at_exit = true,
                          .at_term = true,
                          .grace = 500000000,
                          .depth = 64,
                          .threshold = 5,
                          .format = "text",
                          .program = "*"};

static bool unused; /* where the tool's own go */

static bool parse_bool(const char *value, void *into) {
    if (!text_equal(value, "0") && !text_equal(value, "1"))
        return false;
    *(bool *)into = value[0] == '1';
    return true;
}

/* "500ms", "2s", "1m", "100us"; a bare number is seconds, and 0 needs no unit. */
static bool parse_span(const char *value, void *into) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", 1000000000}, {"s", 1000000000},  {"ms", 1000000},     {"us", 1000},
                 {"ns", 1},        {"m", 60000000000}, {"h", 3600000000000}};
    uint64_t number;
    if (!text_number(&value, &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_equal(value, units[i].name))
            return !__builtin_mul_overflow(number, units[i].ns, (uint64_t *)into);
    return false;
}

static bool parse_within(const char *value, int low, int high, int *into) {
    uint64_t number;
    if (!text_number(&value, &number) || *value != '\0' || number < (uint64_t)low || number > (uint64_t)high)
        return false;
    *into = (int)number;
    return true;
}

static bool parse_exitcode(const char *value, void *into) {
    return parse_within(value, 0, 255, into);
}
static bool parse_threshold(const char *value, void *into) {
    return parse_within(value, 1, 1000000, into);
}
static bool parse_depth(const char *value, void *into) {
    return parse_within(value, 1, UNWIND_DEPTH_MAX, into);
}

static bool parse_signal(const char *value, void *into) {
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"none", 0},          {"USR1", SIGUSR1}, {"USR2", SIGUSR2},   {"HUP", SIGHUP},
                   {"QUIT", SIGQUIT},    {"URG", SIGURG},   {"WINCH", SIGWINCH}, {"IO", SIGIO},
                   {"PROF", SIGPROF},    {"PWR", SIGPWR},   {"XCPU", SIGXCPU},   {"VTALRM", SIGVTALRM},
                   {"STKFLT", SIGSTKFLT}};
    if (strncmp(value, "SIG", 3) == 0)
        value += 3;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (text_equal(value, signals[i].name)) {
            *(int *)into = signals[i].number;
            return true;
        }
    /* 32 and 33 are libc's own (nptl/pthreadP.h: SIGCANCEL, SIGSETXID) */
    return parse_within(value, 34, 64, into);
}

static bool parse_format(const char *value, void *into) {
#define X(name, binary)                                \
    if (text_equal(value, #name)) {                    \
        text_copy(into, sizeof options.format, value); \
        return true;                                   \
    }
    LW_OUTPUT_FORMATS(X)
#undef X
    return false;
}

static bool parse_log(const char *value, void *into) {
    if (strlen(value) >= sizeof options.log)
        return false;
    text_copy(into, sizeof options.log, text_equal(value, "stderr") ? "" : value);
    return true;
}

static bool parse_metrics(const char *value, void *into) {
    if (strlen(value) >= sizeof options.metrics || !value[0])
        return false;
    text_copy(into, sizeof options.metrics, value);
    return true;
}

static bool parse_program(const char *value, void *into) {
    if (strlen(value) >= sizeof options.program)
        return false;
    text_copy(into, sizeof options.program, value);
    return true;
}

/* For the tool (tool/cmd/render.c), which says what is wrong with it. */
static bool parse_later(const char *value, void *into) {
    (void)into;
    return value[0] != '\0';
}

static const struct {
    const char *key;
    bool (*parse)(const char *value, void *into);
    void *into;
    const char *wanted;
} keys[] = {
    {"signal", parse_signal, &options.signal,
     "a signal's name (USR1, USR2, ...), a number from 34 to 64, or none"},
    {"at_exit", parse_bool, &options.at_exit, "0 or 1"},
    {"at_term", parse_bool, &options.at_term, "0 or 1"},
    {"grace", parse_span, &options.grace, "a time such as 500ms or 2s"},
    {"min_wait", parse_span, &options.min_wait, "a time such as 500ms or 2s"},
    {"monitor", parse_span, &options.monitor, "a time such as 1s, or 0"},
    {"threshold", parse_threshold, &options.threshold, "1 to 1000000"},
    {"stall", parse_span, &options.stall, "a time such as 30s, or 0"},
    {"exitcode", parse_exitcode, &options.exitcode, "0 to 255"},
    {"depth", parse_depth, &options.depth, "1 to 256"},
    {"format", parse_format, options.format,
     "one of"
#define X(name, binary) " " #name
     LW_OUTPUT_FORMATS(X)
#undef X
    },
    {"log", parse_log, options.log, "stderr or a path of at most 1023 bytes"},
    {"metrics", parse_metrics, options.metrics, "a path of at most 1023 bytes"},
    {"suppressions", parse_later, NULL, "a file"},
    {"suppress", parse_later, NULL, "KIND=PATTERN"},
    {"default_suppressions", parse_bool, &unused, "0 or 1"},
    {"baseline", parse_later, NULL, "a file"},
    {"update_baseline", parse_bool, &unused, "0 or 1"},
    {"write_suppressions", parse_later, NULL, "a file"},
    {"program", parse_program, options.program, "a pattern of at most 255 bytes"},
};

static void set(const char *key, const char *value) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!text_equal(key, keys[i].key))
            continue;
        if (!keys[i].parse(value, keys[i].into))
            text_complain("option ", key, ": '", value, "' is not ", keys[i].wanted, "; keeping the default",
                          NULL);
        return;
    }
    char known[512];
    struct text list = TEXT_IN(known);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text_put(&list, i ? ", " : "");
        text_put(&list, keys[i].key);
    }
    text_complain("option '", key, "' is not known and is ignored; known are ", known, NULL);
}

void options_parse(const char *words) {
    if (sys_call(SYS_getcwd, options.directory, sizeof options.directory) < 0)
        options.directory[0] = '\0';
    text_copy(options.words, sizeof options.words, words ? words : "");
    char pair[2048];
    while (words && *words) {
        const char *end = strchr(words, ':');
        size_t length = end ? (size_t)(end - words) : strlen(words);
        if (length >= sizeof pair) {
            text_complain("an option of more than 2047 bytes is ignored", NULL);
        } else if (length > 0) {
            memcpy(pair, words, length);
            pair[length] = '\0';
            char *equals = strchr(pair, '=');
            if (equals) {
                *equals = '\0';
                set(pair, equals + 1);
            } else {
                text_complain("option '", pair, "' has no value: write ", pair, "=VALUE", NULL);
            }
        }
        words = end ? end + 1 : NULL;
    }
}
