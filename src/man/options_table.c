/* Fills what is told of options into a template: the man pages, docs/options.md and the completion of the shell have their lists
 * from the same table as the parsers (shared/options.def). usage: options_table [TEMPLATE] >FILE
 *
 * A line "@options WHAT@" becomes a list:
 *   keys       mdoc, the keys of LEAKWATCH_OPTIONS         formats    mdoc, the formats of a report
 *   run        mdoc, the options of run                    commands   mdoc, the options of the other commands
 *   table      markdown, all of them                       formats-table   markdown
 *   completion bash, a case for each form of value */
#include <stdio.h>
#include <string.h>

#include "shared/formats.def"
#include "shared/option_value.h"
#include "tool/help.h"
#include "tool/settings.h"

static const struct {
    struct option_help told;
    enum option_form form;
    bool is_key;
} rows[] = {
#define X(name, field, form, low, high, initial, commands, value, help) \
    {{name, value, help, initial, commands}, OPTION_##form, true},
    LW_SHIM_OPTIONS(X) LW_REPORT_OPTIONS(X)
#undef X
#define X(name, field, form, low, high, initial, commands, value, help) \
    {{name, value, help, initial, commands}, OPTION_##form, false},
        LW_TOOL_OPTIONS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct {
    int bit;
    const char *name;
} commands[] = {{IN_RUN, "run"},     {IN_STACK, "stack"},  {IN_CORE, "core"},   {IN_PS, "ps"},
                {IN_STATS, "stats"}, {IN_TREE, "tree"},    {IN_WATCH, "watch"}, {IN_DIFF, "diff"},
                {IN_SERVE, "serve"}, {IN_RENDER, "render"}};

static const struct {
    int command;
    const char *name, *initial;
} command_defaults[] = {
#define X(command, name, initial) {command, name, initial},
    LW_COMMAND_DEFAULTS(X)
#undef X
};

static const char *command_name(int bit) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].bit == bit)
            return commands[i].name;
    return "";
}

static void put_commands(int mask, const char *between) {
    const char *before = "";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (mask & commands[i].bit) {
            printf("%s%s", before, commands[i].name);
            before = between;
        }
}

/* "500ms", or "5s, with serve 700ms"; nothing of what has none. */
static bool put_default(int row, bool is_tool, const char *before) {
    const struct option_help *told = &rows[row].told;
    bool any = told->initial[0] && rows[row].form != OPTION_FLAG;
    if (any)
        printf("%s%s", before, told->initial);
    for (size_t i = 0; i < sizeof command_defaults / sizeof *command_defaults; i++)
        if (strcmp(command_defaults[i].name, told->name) == 0 &&
            (told->commands & command_defaults[i].command) &&
            (is_tool || command_defaults[i].command == IN_RUN)) {
            printf("%swith %s %s", any ? ", " : before, command_name(command_defaults[i].command),
                   command_defaults[i].initial);
            any = true;
        }
    return any;
}

static void put_mdoc_keys(void) {
    puts(".Bl -tag -width Ds");
    for (int i = 0; i < ROWS; i++)
        if (rows[i].is_key) {
            printf(".It Cm %s Ns = Ns Ar %s\n%s", rows[i].told.name,
                   rows[i].told.value ? rows[i].told.value : "0|1", rows[i].told.help);
            put_default(i, false, "; default ");
            puts(".");
        }
    puts(".El");
}

static void put_mdoc_options(bool run) {
    char spelled[32];
    puts(".Bl -tag -width Ds");
    for (int i = 0; i < ROWS; i++) {
        const struct option_help *told = &rows[i].told;
        if (!told->help || !(told->commands & (run ? IN_RUN : ~IN_RUN)))
            continue;
        printf(".It Fl -%s", option_spelled(told->name, spelled));
        if (told->value)
            printf(" Ar %s", told->value);
        if (!run) {
            printf("\n.Pq Cm ");
            put_commands(told->commands & ~IN_RUN, " , ");
        }
        printf("\n%s", told->help);
        put_default(i, !run, "; default ");
        puts(".");
    }
    puts(".El");
}

static void put_mdoc_formats(void) {
    puts(".Bl -tag -width profile");
#define X(name, binary, help) puts(".It Cm " #name "\n" help ".");
    LW_FORMATS(X)
#undef X
    puts(".El");
}

static void put_cell(const char *text) {
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void put_markdown(void) {
    char spelled[32];
    puts("| key of `LEAKWATCH_OPTIONS` | option | of | default | meaning |\n| --- | --- | --- | --- | --- |");
    for (int i = 0; i < ROWS; i++) {
        const struct option_help *told = &rows[i].told;
        if (!told->help)
            continue;
        if (rows[i].is_key)
            printf("| `%s` ", told->name);
        else
            printf("| ");
        printf("| `--%s", option_spelled(told->name, spelled));
        if (told->value) {
            printf(" ");
            put_cell(told->value);
        }
        printf("` | ");
        put_commands(told->commands, ", ");
        printf(" | ");
        put_default(i, true, "");
        printf(" | ");
        put_cell(told->help);
        printf(" |\n");
    }
}

static void put_markdown_formats(void) {
    puts("| format | what it is |\n| --- | --- |");
#define X(name, binary, help) puts("| `" #name "` | " help " |");
    LW_FORMATS(X)
#undef X
}

/* A name that an earlier row has too: the option of another command. */
static bool is_repeated(int row) {
    for (int i = 0; i < row; i++)
        if (strcmp(rows[i].told.name, rows[row].told.name) == 0)
            return true;
    return false;
}

static void put_completion(void) {
    static const char *const completions[] = {
#define X(form, wanted, completion) completion,
        LW_OPTION_FORMS(X)
#undef X
    };
    char spelled[32];
    printf("    local formats=\"");
#define X(name, binary, help) printf("%s ", #name);
    LW_FORMATS(X)
#undef X
    printf("\" signals=\"none ");
#define X(name) printf("%s ", #name);
    LW_OPTION_SIGNALS(X)
#undef X
    printf("\"\n    case $before in\n");
    for (int i = 0; i < ROWS; i++)
        if (rows[i].told.value && rows[i].told.help && completions[rows[i].form][0] && !is_repeated(i))
            printf("    --%s) _leakwatch_%s; return ;;\n", option_spelled(rows[i].told.name, spelled),
                   completions[rows[i].form]);
    puts("    esac");
}

int main(int argc, char **argv) {
    if (argc > 1 && !freopen(argv[1], "r", stdin)) {
        perror(argv[1]);
        return 1;
    }
    static const struct {
        const char *what;
        void (*put)(void);
    } lists[] = {{"keys", put_mdoc_keys},
                 {"formats", put_mdoc_formats},
                 {"table", put_markdown},
                 {"formats-table", put_markdown_formats},
                 {"completion", put_completion}};
    char line[4096], what[32];
    while (fgets(line, sizeof line, stdin)) {
        bool known = false;
        if (sscanf(line, "@options %31[a-z-]@", what) != 1) {
            fputs(line, stdout);
            continue;
        }
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
            if (strcmp(lists[i].what, what) == 0) {
                lists[i].put();
                known = true;
            }
        if (strcmp(what, "run") == 0 || strcmp(what, "commands") == 0) {
            put_mdoc_options(what[0] == 'r');
            known = true;
        }
        if (!known) {
            fprintf(stderr, "options_table: there is no list '%s'\n", what);
            return 1;
        }
    }
    return 0;
}
