/* A profile while it is put together: its tables, in which everything stands once and has a number. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <uthash.h>

#include "analysis/findings.h"
#include "profile.pb-c.h"
#include "symbols/symbols.h"

/* Something that has a number, found by what it is: a string, a function, a location. */
struct numbered {
    char *key;
    uint64_t number;
    UT_hash_handle hh;
};

struct list {
    void **items; /* what protobuf-c wants: pointers */
    size_t count, room;
};

struct profile {
    const struct analysis *analysis;
    struct symbols *symbols;
    struct list strings, functions, locations, samples, mappings;
    struct numbered *by_string, *by_function, *by_location, *by_sample;
    int sign;    /* of what is added: -1 for what is taken off */
    bool failed; /* no memory */
    /* the location being put together, and the sample whose stack it is in */
    Pprof__Location *open;
    Pprof__Sample *sample;
};

/* item, which may be NULL for want of memory, becomes the list's last; returns it, or NULL: then the profile has failed. */
void *profile_push(struct profile *profile, struct list *list, void *item);
/* The number of what has this key; *fresh if it had none, and is to be made with number `next`. */
uint64_t profile_number(struct profile *profile, struct numbered **table, const char *key, uint64_t next,
                        bool *fresh);
int64_t profile_string(struct profile *profile, const char *words);
/* Grows an array of protobuf-c's by one. */
bool profile_grow(void *array, size_t count, size_t size);
void profile_add_line(struct profile *profile, Pprof__Location *location, const char *name, const char *file,
                      int number);
/* To that of the sample that is put together. */
void profile_add_to_stack(struct profile *profile, uint64_t location);

/* With nothing in them; NULL without memory. */
Pprof__Location *profile_new_location(void);
Pprof__Sample *profile_new_sample(void);
Pprof__Label *profile_new_label(void);
Pprof__Mapping *profile_new_mapping(void);
Pprof__Function *profile_new_function(void);
Pprof__Line *profile_new_line(void);

/* False if something of it could not be had. */
bool profile_write(FILE *out, struct profile *profile);
void profile_drop(struct profile *profile);
