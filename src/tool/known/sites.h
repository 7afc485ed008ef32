/* Threads by site: what they wait in, with the functions on their stacks and on those that created them.
 * Addresses and lines aside, so sites of two reports, or of two builds, are the same. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tool/work.h"

struct site {
    char *key;   /* what it is known by */
    char *kind;  /* of wait, else the state */
    char *place; /* the program's innermost function with file and line, and that of its creation */
    char *stack; /* lines for a person: the stack, and the one that created the threads */
    size_t count;
    bool polls;           /* some of its threads wake again and again from short sleeps */
    enum verdict verdict; /* the worst; VERDICT_NONE if not known */
    uint64_t longest;     /* ns */
};

struct sites {
    struct site *list; /* by key */
    size_t count;
    size_t threads; /* alive, main included */
    char *program;
    int pid;
    double uptime; /* s, of the shim in the program */
};

/* All but main. */
struct sites sites_of_work(const struct work *work);
/* Of a report as JSON. */
struct sites sites_of_json(const json_t *report);
void sites_drop(struct sites *sites);
/* What is to be said before its place: "polling: ", or nothing. */
static inline const char *site_remark(const struct site *site) {
    return site->polls && site->count > 0 ? "polling: " : "";
}

/* What one has; not itself. */
void site_drop(struct site *site);

/* The site with this key; NULL if there is none. */
const struct site *sites_find(const struct sites *sites, const char *key);
