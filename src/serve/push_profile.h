/* A profile on its way to servers. */
#pragma once

#include <jansson.h>

/* Of a process. Kept for as long as anybody has hold of it; the pushing thread's alone. */
struct push_profile {
    int holders;
    json_t *labels; /* {NAME: VALUE} */
    char *pprof;
    size_t size;
    char id[37]; /* a UUID */
    int pid;
    char program[64];
};

/* Takes pprof, from malloc, and the labels. NULL without memory: then they are gone as well. */
struct push_profile *push_profile_make(char *pprof, size_t size, json_t *labels, int pid,
                                       const char *program);
struct push_profile *push_profile_keep(struct push_profile *profile);
void push_profile_drop(struct push_profile *profile);

/* A list of {"name", "value"}: the name of what was measured, then the labels. */
json_t *push_profile_labels(const json_t *labels);
/* What it holds, as JSON has bytes. */
json_t *push_profile_bytes(const struct push_profile *profile);

/* How a kind of server takes profiles. */
struct push_kind {
    const char *name;   /* before the '=' of --push */
    const char *path;   /* behind the URL */
    const char *header; /* one more; NULL: none */
    /* NULL without memory. */
    json_t *(*body)(const struct push_profile *profile);
};
extern const struct push_kind push_pyroscope, push_parca;
