#include "options.h"

#include <stddef.h>
#include <string.h>

#include "rt/sys.h"
#include "rt/text.h"
#include "shared/option_value.h"

struct options options;

static const struct key {
    const char *name;
    enum option_form form;
    int64_t low, high;
    const char *initial;
    size_t at;  /* offset in struct options */
    bool later; /* for the tool (tool/settings.c): checked here, used there */
} keys[] = {
#define X(name, field, form, low, high, initial, commands, value, help) \
    {name, OPTION_##form, low, high, initial, offsetof(struct options, field), false},
    LW_SHIM_OPTIONS(X)
#undef X
#define X(name, field, form, low, high, initial, commands, value, help) \
    {name, OPTION_##form, low, high, initial, 0, true},
        LW_REPORT_OPTIONS(X)
#undef X
};

/* False if the value is not of the key's form. */
static bool set(const struct key *key, const char *value) {
    uint64_t number;
    if (!option_value(key->form, key->low, key->high, value, &number))
        return false;
    if (key->later)
        return true;
    void *field = (char *)&options + key->at;
    switch (key->form) {
    case OPTION_SWITCH:
        *(bool *)field = number;
        break;
    case OPTION_TIME:
        *(uint64_t *)field = number;
        break;
    case OPTION_SIGNAL:
    case OPTION_NUMBER:
        *(int *)field = (int)number;
        break;
    default:
        text_copy(field, (size_t)key->high, value);
    }
    return true;
}

static void complain_of_value(const struct key *key, const char *value) {
    char bounds[64];
    struct text words = TEXT_IN(bounds);
    bounds[0] = '\0';
    if (key->form == OPTION_NUMBER) {
        text_put(&words, " from ");
        text_put_number(&words, key->low);
        text_put(&words, " to ");
        text_put_number(&words, key->high);
    } else if (key->form == OPTION_PATH || key->form == OPTION_TEXT) {
        text_put(&words, " of at most ");
        text_put_number(&words, key->high - 1);
        text_put(&words, " bytes");
    }
    text_complain("option ", key->name, ": '", value, "' is not ", option_wanted(key->form), bounds,
                  "; keeping the default", NULL);
}

static void complain_of_key(const char *name) {
    char known[512];
    struct text list = TEXT_IN(known);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text_put(&list, i ? ", " : "");
        text_put(&list, keys[i].name);
    }
    text_complain("option '", name, "' is not known and is ignored; known are ", known, NULL);
}

/* One KEY=VALUE, which is cut in two. */
static void parse_pair(char *pair) {
    char *equals = strchr(pair, '=');
    if (!equals) {
        text_complain("option '", pair, "' has no value: write ", pair, "=VALUE", NULL);
        return;
    }
    *equals = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_equal(pair, keys[i].name)) {
            if (!set(&keys[i], equals + 1))
                complain_of_value(&keys[i], equals + 1);
            else if (keys[i].form == OPTION_SIGNAL)
                options.signal_named = true;
            return;
        }
    complain_of_key(pair);
}

void options_parse(const char *words) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        set(&keys[i], keys[i].initial);
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
            parse_pair(pair);
        }
        words = end ? end + 1 : NULL;
    }
    if (text_equal(options.log, "stderr"))
        options.log[0] = '\0';
}
