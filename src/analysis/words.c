/* Names of enumerations as every report spells them. */
#include <stdio.h>

#include "findings.h"
#include "syscall_names.h"

static const char *const kinds[] = {
#define X(id, words, traits) words,
    LW_WAIT_KINDS(X)
#undef X
};
static const char *const states[] = {
#define X(id, words) words,
    LW_STATES(X)
#undef X
};
static const char *const triggers[] = {
#define X(id, name, judges, words) words,
    LW_TRIGGERS(X)
#undef X
};

const char *verdict_words(enum verdict verdict) {
    static const char *const verdicts[] = {"none", "idle", "suspect", "stranded", "deadlock"};
    return verdicts[verdict];
}

const char *state_words(enum lw_state state) {
    return states[state];
}
const char *trigger_name(enum lw_trigger trigger) {
    static const char *const names[] = {
#define X(id, name, judges, words) name,
        LW_TRIGGERS(X)
#undef X
    };
    return names[trigger];
}
const char *trigger_words(enum lw_trigger trigger) {
    return triggers[trigger];
}

const char *kind_words(enum lw_wait_kind kind) {
    return kinds[kind];
}

const char *wait_words(const struct lw_snapshot_thread *thread) {
    static char words[64];
    if (thread->kind != LW_WAIT_SYSCALL)
        return kinds[thread->kind];
    const char *name = syscall_name(thread->syscall_number);
    if (thread->syscall_number < 0)
        return "page fault";
    if (name)
        snprintf(words, sizeof words, "syscall %s", name);
    else
        snprintf(words, sizeof words, "syscall %lld", (long long)thread->syscall_number);
    return words;
}
