/* What reports say, from the tables that they are made of, as lists for the documents (which a test compares). usage: facts_table
 * proofs | evidence */
#include <stdio.h>
#include <string.h>

#include "analysis/findings.h"
#include "render/evidence_words.h"
#include "render/proof_words.h"

static const struct {
    int bit;
    const char *keys;
} fields[] = {{E_WHO, "tid, name, ended"}, {E_AGO | E_SPAN, "seconds"}, {E_COUNT, "count"}, {E_OF, "of"},
              {E_SIGNALS, "signals"},      {E_TEXT, "process"},         {E_MORE, "in"}};

static void put_proofs(void) {
    puts("| `kind` | proved of | a report says |\n| --- | --- | --- |");
    for (int i = 0; i < DEADLOCK_KIND_COUNT; i++) {
        struct proof_form form = proof_form((enum deadlock_kind)i);
        printf("| `%s` | %s | %s<br>%s |\n", form.name, form.meaning, form.one, form.more);
    }
}

static void put_fields(int mask) {
    const char *before = "";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (mask & fields[i].bit) {
            printf("%s%s", before, fields[i].keys);
            before = ", ";
        }
}

static void put_evidence(void) {
    puts("| `fact` | with | a report says |\n| --- | --- | --- |");
    for (int i = 0; i < EVIDENCE_KIND_COUNT; i++) {
        struct evidence_form form = evidence_form((enum evidence_kind)i);
        printf("| `%s` | ", form.name);
        put_fields(form.fields);
        printf(" | %s |\n", form.words);
    }
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "proofs") == 0)
        put_proofs();
    else if (count == 2 && strcmp(arguments[1], "evidence") == 0)
        put_evidence();
    else
        return 2;
    return 0;
}
