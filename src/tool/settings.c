#include "settings.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/suppressions.h"
#include "help.h"
#include "shared/option_value.h"
#include "symbols/progress.h"
#include "tool.h"

/* Where an option is used: keys of LEAKWATCH_OPTIONS are passed on by run. */
enum owner { OWNER_SHIM, OWNER_REPORT, OWNER_TOOL };

static const struct row {
    struct option_help told;
    enum option_form form;
    int64_t low, high;
    enum owner owner;
    size_t at; /* offset in struct settings, of what is the tool's */
} rows[] = {
#define X(name, field, form, low, high, initial, commands, value, help) \
    {{name, value, help, initial, commands}, OPTION_##form, low, high, OWNER_SHIM, 0},
    LW_SHIM_OPTIONS(X)
#undef X
#define ROW(name, field, form, low, high, initial, commands, value, help, owner) \
    {{name, value, help, initial, commands}, OPTION_##form, low, high, owner,    \
     offsetof(struct settings, field)},
#define X(...) ROW(__VA_ARGS__, OWNER_REPORT)
        LW_REPORT_OPTIONS(X)
#undef X
#define X(...) ROW(__VA_ARGS__, OWNER_TOOL)
            LW_TOOL_OPTIONS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows, HELP = ROWS + 1 };

static const struct {
    int command;
    const char *name, *initial;
} command_defaults[] = {
#define X(command, name, initial) {command, name, initial},
    LW_COMMAND_DEFAULTS(X)
#undef X
};

static const char *initial_of(const struct row *row, enum command command) {
    for (size_t i = 0; i < sizeof command_defaults / sizeof *command_defaults; i++)
        if (command_defaults[i].command == (int)command &&
            strcmp(command_defaults[i].name, row->told.name) == 0)
            return command_defaults[i].initial;
    return row->told.initial;
}

static void put_usage(FILE *out, const struct usage *usage) {
    fprintf(out, "usage: leakwatch %s %s\n%s", usage->name, usage->synopsis, usage->about);
    for (const struct row *row = rows; row < rows + ROWS; row++)
        if ((row->told.commands & (int)usage->command) && row->told.help)
            help_put(out, &row->told, row->form, initial_of(row, usage->command));
    fprintf(out, "exit status: %s\n", usage->statuses);
}

/* After a line that says what is wrong. */
static int usage_error(const struct usage *usage) {
    fprintf(stderr, "usage: leakwatch %s %s\nleakwatch %s --help lists the options\n", usage->name,
            usage->synopsis, usage->name);
    return TOOL_USAGE;
}

static void add(struct words *list, char *word) {
    list->words = needed(reallocarray(list->words, list->count + 1, sizeof *list->words));
    list->words[list->count++] = needed(word);
}

static char *path_from(const struct settings *settings, const char *path) {
    char *whole = NULL;
    if (path[0] == '/' || !settings->directory[0])
        return strdup(path);
    return asprintf(&whole, "%s/%s", settings->directory, path) < 0 ? NULL : whole;
}

/* run: KEY=VALUE, as LEAKWATCH_OPTIONS can hold it. In a suppression the first colon becomes the '=' behind its kind, the
 * others wildcards. False if it cannot be written, which has been said. */
static bool pass_on(struct settings *settings, const struct row *row, const char *option, const char *value) {
    char *pair = NULL;
    if (asprintf(&pair, "%s=%s", row->told.name, value) < 0)
        needed(NULL);
    char *written = pair + strlen(row->told.name) + 1;
    for (char *colon = strchr(written, ':'); row->form == OPTION_PATTERNS && colon;
         colon = strchr(colon, ':'))
        *colon = strchr(written, '=') ? '?' : '=';
    if (strchr(written, ':')) {
        complain("run: --%s: a value cannot have a ':' in it", option);
        free(pair);
        return false;
    }
    add(&settings->passed, pair);
    return true;
}

/* Sets a field of the tool's own. False if that is not possible. */
static bool set(struct settings *settings, const struct row *row, const char *value) {
    uint64_t number = 0;
    if (!option_value(row->form, row->low, row->high, value, &number))
        return false;
    void *field = (char *)settings + row->at;
    switch (row->form) {
    case OPTION_SWITCH:
    case OPTION_FLAG:
        *(bool *)field = number;
        break;
    case OPTION_TIME:
        *(uint64_t *)field = number;
        break;
    case OPTION_NUMBER:
        *(long *)field = (long)number;
        break;
    case OPTION_PID:
        *(int *)field = (int)number;
        break;
    case OPTION_FILE:
        free(*(char **)field);
        *(char **)field = needed(path_from(settings, value));
        break;
    case OPTION_FILES:
        add(field, path_from(settings, value));
        break;
    case OPTION_PATTERNS:
    case OPTION_TEXTS:
        add(field, strdup(value));
        break;
    case OPTION_DIRECTORY:
        if (access(value, X_OK) != 0)
            return false;
        *(const char **)field = value;
        break;
    default:
        *(const char **)field = value;
    }
    return true;
}

static void set_defaults(struct settings *settings, enum command command) {
    *settings = (struct settings){0};
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        const char *initial = initial_of(row, command);
        if (row->owner == OWNER_SHIM && command == IN_RUN && initial != row->told.initial)
            pass_on(settings, row, row->told.name, initial);
        else if (row->owner != OWNER_SHIM && (initial[0] || row->form == OPTION_TEXT))
            set(settings, row, initial);
    }
}

/* "key=value:key=value" of the watched program: what is the tool's. The shim has said what is wrong with it. */
static void set_inherited(struct settings *settings) {
    char *copy = needed(strdup(settings->inherited)), *rest = copy, *pair;
    while ((pair = strsep(&rest, ":"))) {
        char *equals = strchr(pair, '=');
        if (!equals)
            continue;
        *equals = '\0';
        for (const struct row *row = rows; row < rows + ROWS; row++)
            if (row->owner == OWNER_REPORT && strcmp(row->told.name, pair) == 0)
                set(settings, row, equals + 1);
    }
    free(copy);
}

int settings_pid(const char *command, const char *words) {
    uint64_t pid;
    if (option_value(OPTION_PID, 0, 0, words, &pid))
        return (int)pid;
    complain("%s: '%s' is not %s", command, words, option_wanted(OPTION_PID));
    return 0;
}

bool settings_color(const struct settings *settings, int descriptor) {
    if (strcmp(settings->color, "auto") != 0)
        return strcmp(settings->color, "always") == 0;
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(none && none[0]) && terminal && strcmp(terminal, "dumb") != 0 && isatty(descriptor);
}

static int refuse(const struct usage *usage, const struct row *row, const char *option, const char *value) {
    if (row->form == OPTION_NUMBER)
        complain("%s: --%s: '%s' is not %s from %" PRId64 " to %" PRId64, usage->name, option, value,
                 option_wanted(row->form), row->low, row->high);
    else
        complain("%s: --%s: '%s' is not %s", usage->name, option, value, option_wanted(row->form));
    return TOOL_USAGE;
}

static bool is_suppression(const char *words) {
    struct suppressions scratch = {0};
    char room[512];
    bool good = !suppressions_add(&scratch, words, "", false, room) && scratch.count == 1;
    suppressions_drop(&scratch);
    return good;
}

/* A value in brackets may be left out, and is 1 then: "--reach", "--reach=2", "--reach 2". */
static int argument_of(const struct row *row) {
    return !row->told.value ? no_argument : row->told.value[0] == '[' ? optional_argument : required_argument;
}

/* -1, or the status to end with. */
static int parse_options(struct settings *settings, const struct usage *usage, int count, char **arguments) {
    struct option options[ROWS + 2] = {0};
    char spelled[ROWS][32];
    size_t used = 0;
    for (int i = 0; i < ROWS; i++)
        if (rows[i].told.commands & (int)usage->command)
            options[used++] = (struct option){option_spelled(rows[i].told.name, spelled[i]),
                                              argument_of(&rows[i]), NULL, i + 1};
    options[used] = (struct option){"help", no_argument, NULL, HELP};
    /* behind the program's name all is the program's */
    const char *order = usage->command == IN_RUN ? "+" : "";
    char name[32]; /* what getopt begins its messages with */
    snprintf(name, sizeof name, "leakwatch: %s", usage->name);
    arguments[0] = name;
    for (int option; (option = getopt_long(count, arguments, order, options, NULL)) != -1;) {
        if (option < 1 || option > HELP)
            return usage_error(usage);
        if (option == HELP) {
            put_usage(stdout, usage);
            return TOOL_OK;
        }
        const struct row *row = &rows[option - 1];
        uint64_t unused;
        bool follows = !optarg && argument_of(row) == optional_argument && optind < count &&
                       option_value(row->form, row->low, row->high, arguments[optind], &unused);
        const char *value = optarg ? optarg : follows ? arguments[optind++] : "1";
        if (usage->command == IN_RUN && row->owner != OWNER_TOOL) {
            if (!option_value(row->form, row->low, row->high, value, &unused) ||
                (row->form == OPTION_PATTERNS && !is_suppression(value)))
                return refuse(usage, row, spelled[option - 1], value);
            if (!pass_on(settings, row, spelled[option - 1], value))
                return TOOL_USAGE;
        } else if (!set(settings, row, value)) {
            return refuse(usage, row, spelled[option - 1], value);
        }
    }
    return -1;
}

int settings_parse(struct settings *settings, const struct usage *usage, int count, char **arguments) {
    set_defaults(settings, usage->command);
    int status = parse_options(settings, usage, count, arguments);
    if (status >= 0)
        return status;
    set_inherited(settings);
    settings->answers = settings->answer_only ? ANSWERS_ONLY : settings->answer ? ANSWERS_TOO : ANSWERS_NOT;
    /* Not beside a screen of its own, nor among the words of a program that is watched. */
    progress_use(!settings->watched && !(usage->command & (IN_WATCH | IN_SERVE)) && isatty(STDERR_FILENO));
    settings->arguments = arguments + optind;
    settings->count = count - optind;
    int least = settings->live ? 0 : usage->least, most = settings->live ? 0 : usage->most;
    if (settings->count >= least && settings->count <= most)
        return -1;
    if (settings->count > most)
        complain("%s: unexpected argument '%s'", usage->name, settings->arguments[most]);
    else
        complain("%s: missing %s", usage->name, usage->wanted);
    return usage_error(usage);
}

static void drop(struct words *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->words[i]);
    free(list->words);
}

void settings_drop(struct settings *settings) {
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        void *field = (char *)settings + row->at;
        if (row->form == OPTION_FILE && row->owner != OWNER_SHIM)
            free(*(char **)field);
        else if ((row->form == OPTION_FILES || row->form == OPTION_PATTERNS || row->form == OPTION_TEXTS) &&
                 row->owner != OWNER_SHIM)
            drop(field);
    }
    drop(&settings->passed);
}
