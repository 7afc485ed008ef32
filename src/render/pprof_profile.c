#include "pprof_profile.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

void *profile_push(struct profile *profile, struct list *list, void *item) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        void **items = reallocarray(list->items, room, sizeof *items);
        if (!items) {
            profile->failed = true;
            return NULL;
        }
        list->items = items;
        list->room = room;
    }
    if (!item)
        profile->failed = true;
    else
        list->items[list->count++] = item;
    return item;
}

static void drop(struct list *list, void (*item)(void *)) {
    for (size_t i = 0; i < list->count; i++)
        item(list->items[i]);
    free(list->items);
}

uint64_t profile_number(struct profile *profile, struct numbered **table, const char *key, uint64_t next,
                        bool *fresh) {
    struct numbered *entry;
    HASH_FIND_STR(*table, key, entry);
    *fresh = !entry;
    if (entry)
        return entry->number;
    entry = calloc(1, sizeof *entry);
    if (!entry || !(entry->key = strdup(key))) {
        free(entry);
        profile->failed = true;
        return 0;
    }
    entry->number = next;
    HASH_ADD_KEYPTR(hh, *table, entry->key, strlen(entry->key), entry);
    return next;
}

static void drop_table(struct numbered **table) {
    struct numbered *entry, *next;
    HASH_ITER (hh, *table, entry, next) {
        HASH_DEL(*table, entry);
        free(entry->key);
        free(entry);
    }
}

/* Strings of a profile are UTF-8 (protobuf's language guide); readers that are strict refuse it else. */
static char *utf8(const char *words) {
    json_t *text = json_text(words);
    char *copy = text ? strdup(json_string_value(text)) : NULL;
    json_decref(text);
    return copy;
}

int64_t profile_string(struct profile *profile, const char *words) {
    bool fresh;
    uint64_t number = profile_number(profile, &profile->by_string, words, profile->strings.count, &fresh);
    if (fresh)
        profile_push(profile, &profile->strings, utf8(words));
    return (int64_t)number;
}

#define MAKE(type, init)                   \
    type *profile_new_##init(void) {       \
        type *made = malloc(sizeof *made); \
        if (made)                          \
            pprof__##init##__init(made);   \
        return made;                       \
    }
MAKE(Pprof__Location, location)
MAKE(Pprof__Sample, sample)
MAKE(Pprof__Label, label)
MAKE(Pprof__Mapping, mapping)
MAKE(Pprof__Function, function)
MAKE(Pprof__Line, line)

static uint64_t function(struct profile *profile, const char *name, const char *file) {
    char *key;
    bool fresh;
    if (asprintf(&key, "%s\n%s", name, file ? file : "") < 0)
        return 0;
    uint64_t number =
        profile_number(profile, &profile->by_function, key, profile->functions.count + 1, &fresh);
    free(key);
    Pprof__Function *made = fresh ? profile_push(profile, &profile->functions, profile_new_function()) : NULL;
    if (made) {
        made->id = number;
        made->name = made->system_name = profile_string(profile, name);
        made->filename = profile_string(profile, file ? file : "");
    }
    return number;
}

bool profile_grow(void *array, size_t count, size_t size) {
    void **at = array, *larger = reallocarray(*at, count + 1, size);
    if (larger)
        *at = larger;
    return larger;
}

void profile_add_line(struct profile *profile, Pprof__Location *location, const char *name, const char *file,
                      int number) {
    Pprof__Line *line = profile_new_line();
    if (!line || !profile_grow(&location->line, location->n_line, sizeof *location->line)) {
        free(line);
        profile->failed = true;
        return;
    }
    line->function_id = function(profile, name, file);
    line->line = number;
    location->line[location->n_line++] = line;
}

void profile_add_to_stack(struct profile *profile, uint64_t location) {
    Pprof__Sample *sample = profile->sample;
    if (profile_grow(&sample->location_id, sample->n_location_id, sizeof *sample->location_id))
        sample->location_id[sample->n_location_id++] = location;
    else
        profile->failed = true;
}

#define FREES(name, type)                                   \
    static void free_##name(void *item) {                   \
        pprof__##name##__free_unpacked((type *)item, NULL); \
    }
FREES(function, Pprof__Function)
FREES(location, Pprof__Location)
FREES(sample, Pprof__Sample)
FREES(mapping, Pprof__Mapping)

void profile_drop(struct profile *profile) {
    drop(&profile->strings, free);
    drop(&profile->functions, free_function);
    drop(&profile->locations, free_location);
    drop(&profile->samples, free_sample);
    drop(&profile->mappings, free_mapping);
    drop_table(&profile->by_string);
    drop_table(&profile->by_function);
    drop_table(&profile->by_location);
    drop_table(&profile->by_sample);
}
