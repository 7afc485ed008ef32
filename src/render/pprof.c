/* pprof: gzipped protobuf, a sample for threads with the same stack and the same labels. For `go tool pprof`
 * and whatever else reads its profiles.
 *
 * A location is an address; what is asked for by name alone (the call that a thread sleeps in) has address 0.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <zlib.h>

#include "formats.h"
#include "json_text.h"
#include "pprof.h"
#include "profile.pb-c.h"
#include "shown_stack.h"

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

static void *push(struct profile *profile, struct list *list, void *item) {
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

/* The number of what has this key; *fresh if it had none, and is to be made with number `next`. */
static uint64_t number_of(struct profile *profile, struct numbered **table, const char *key, uint64_t next,
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

static int64_t string(struct profile *profile, const char *words) {
    bool fresh;
    uint64_t number = number_of(profile, &profile->by_string, words, profile->strings.count, &fresh);
    if (fresh)
        push(profile, &profile->strings, utf8(words));
    return (int64_t)number;
}

#define MAKE(type, init)                   \
    static type *make_##init(void) {       \
        type *made = malloc(sizeof *made); \
        if (made)                          \
            pprof__##init##__init(made);   \
        return made;                       \
    }
MAKE(Pprof__Function, function)
MAKE(Pprof__Location, location)
MAKE(Pprof__Line, line)
MAKE(Pprof__Sample, sample)
MAKE(Pprof__Label, label)
MAKE(Pprof__Mapping, mapping)

static uint64_t function(struct profile *profile, const char *name, const char *file) {
    char *key;
    bool fresh;
    if (asprintf(&key, "%s\n%s", name, file ? file : "") < 0)
        return 0;
    uint64_t number = number_of(profile, &profile->by_function, key, profile->functions.count + 1, &fresh);
    free(key);
    Pprof__Function *made = fresh ? push(profile, &profile->functions, make_function()) : NULL;
    if (made) {
        made->id = number;
        made->name = made->system_name = string(profile, name);
        made->filename = string(profile, file ? file : "");
    }
    return number;
}

/* Grows an array of protobuf-c's by one. */
static bool grow(void *array, size_t count, size_t size) {
    void **at = array, *larger = reallocarray(*at, count + 1, size);
    if (larger)
        *at = larger;
    return larger;
}

static void add_line(struct profile *profile, Pprof__Location *location, const char *name, const char *file,
                     int number) {
    Pprof__Line *line = make_line();
    if (!line || !grow(&location->line, location->n_line, sizeof *location->line)) {
        free(line);
        profile->failed = true;
        return;
    }
    line->function_id = function(profile, name, file);
    line->line = number;
    location->line[location->n_line++] = line;
}

static void add_to_stack(struct profile *profile, uint64_t location) {
    Pprof__Sample *sample = profile->sample;
    if (grow(&sample->location_id, sample->n_location_id, sizeof *sample->location_id))
        sample->location_id[sample->n_location_id++] = location;
    else
        profile->failed = true;
}

/* Modules are mappings, in their order, from 1. */
static uint64_t mapping_of(const struct profile *profile, uint64_t address) {
    const struct snapshot *snapshot = profile->analysis->snapshot;
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++)
        if (address >= snapshot->modules[i].start && address < snapshot->modules[i].end)
            return i + 1;
    return 0;
}

static void add_frame(const struct symbol_frame *frame, void *context) {
    struct profile *profile = context;
    char key[32], unknown[64];
    bool fresh;
    snprintf(key, sizeof key, "%" PRIx64, frame->address);
    if (!profile->open) {
        uint64_t number =
            number_of(profile, &profile->by_location, key, profile->locations.count + 1, &fresh);
        add_to_stack(profile, number);
        Pprof__Location *made = fresh ? push(profile, &profile->locations, make_location()) : NULL;
        if (made) {
            made->id = number;
            made->address = frame->address;
            made->mapping_id = mapping_of(profile, frame->address);
            profile->open = made;
        }
    }
    snprintf(unknown, sizeof unknown, "0x%" PRIx64, frame->address);
    if (profile->open)
        add_line(profile, profile->open, frame->function ? frame->function : unknown, frame->file,
                 frame->line);
    if (!frame->inlined)
        profile->open = NULL;
}

/* The call that a thread sleeps in, or what it does if it sleeps in none: names without an address. */
static void add_name(struct profile *profile, const char *name) {
    bool fresh;
    char *key;
    if (asprintf(&key, "name %s", name) < 0)
        return;
    uint64_t number = number_of(profile, &profile->by_location, key, profile->locations.count + 1, &fresh);
    free(key);
    add_to_stack(profile, number);
    Pprof__Location *made = fresh ? push(profile, &profile->locations, make_location()) : NULL;
    if (made) {
        made->id = number;
        add_line(profile, made, name, NULL, 0);
    }
}

static void add_label(struct profile *profile, const char *key, const char *words) {
    Pprof__Sample *sample = profile->sample;
    Pprof__Label *label = words[0] ? make_label() : NULL;
    if (!label || !grow(&sample->label, sample->n_label, sizeof *sample->label)) {
        free(label);
        return;
    }
    label->key = string(profile, key);
    label->str = string(profile, words);
    sample->label[sample->n_label++] = label;
}

/* One of several samples that are alike but for their values keeps those of all. The newest is the last. */
static void merge_newest(struct profile *profile) {
    Pprof__Sample *newest = profile->samples.items[profile->samples.count - 1];
    char *key = NULL;
    size_t size;
    bool fresh;
    FILE *out = open_memstream(&key, &size);
    if (!out) {
        profile->failed = true;
        return;
    }
    for (size_t i = 0; i < newest->n_location_id; i++)
        fprintf(out, "%" PRIu64 " ", newest->location_id[i]);
    for (size_t i = 0; i < newest->n_label; i++)
        fprintf(out, "|%" PRId64 "=%" PRId64, newest->label[i]->key, newest->label[i]->str);
    fclose(out);
    uint64_t number = number_of(profile, &profile->by_sample, key, profile->samples.count, &fresh);
    free(key);
    if (fresh || number == 0)
        return;
    Pprof__Sample *kept = profile->samples.items[number - 1];
    for (size_t i = 0; i < kept->n_value; i++)
        kept->value[i] += newest->value[i];
    pprof__sample__free_unpacked(newest, NULL);
    profile->samples.count--;
}

static void add_thread(struct profile *profile, const struct thread_finding *finding) {
    const struct analysis *analysis = profile->analysis;
    const struct lw_snapshot_thread *thread = finding->thread;
    const char *call = snapshot_words(analysis->snapshot, thread->call);
    Pprof__Sample *sample = profile->sample = push(profile, &profile->samples, make_sample());
    if (!sample || !(sample->value = calloc(2, sizeof *sample->value)))
        return;
    sample->n_value = 2;
    sample->value[0] = profile->sign;
    sample->value[1] = profile->sign * (int64_t)finding_duration(analysis, finding);
    const char *state = state_words((enum lw_state)thread->state);
    if (call[0] && !(thread->flags & LW_THREAD_FROM_PROC))
        add_name(profile, call);
    else if (thread->stack_count == 0)
        add_name(profile, state);
    stack_each(profile->symbols, analysis->snapshot->frames + thread->stack_first, thread->stack_count,
               thread->flags & LW_THREAD_EXACT, add_frame, profile);
    profile->open = NULL;
    add_label(profile, "state", state);
    add_label(profile, "wait", thread->kind != LW_WAIT_NONE ? wait_words(thread) : "");
    add_label(profile, "thread", snapshot_words(analysis->snapshot, thread->name));
    add_label(profile, "verdict", verdict_words(finding->verdict));
    merge_newest(profile);
}

static void add_mappings(struct profile *profile) {
    const struct snapshot *snapshot = profile->analysis->snapshot;
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        Pprof__Mapping *mapping = push(profile, &profile->mappings, make_mapping());
        char build_id[2 * sizeof module->build_id + 1] = "";
        for (uint32_t k = 0; k < module->build_id_size; k++)
            sprintf(build_id + 2 * k, "%02x", module->build_id[k]);
        if (!mapping)
            return;
        mapping->id = i + 1;
        struct symbol_code code = symbols_code(profile->symbols, i);
        mapping->memory_start = code.start;
        mapping->memory_limit = code.end;
        mapping->file_offset = code.offset;
        mapping->filename = string(profile, snapshot_words(snapshot, module->path));
        mapping->build_id = string(profile, build_id);
        mapping->has_functions = mapping->has_filenames = mapping->has_line_numbers =
            mapping->has_inline_frames = 1;
    }
}

/* gzip of what protobuf-c packs. */
static bool write_packed(FILE *out, const Pprof__Profile *whole) {
    size_t size = pprof__profile__get_packed_size(whole);
    uint8_t *packed = malloc(size + 1);
    z_stream stream = {0};
    enum { GZIP = 15 + 16, MEMORY = 8 };
    bool made = packed && deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, MEMORY,
                                       Z_DEFAULT_STRATEGY) == Z_OK;
    uLong room = made ? deflateBound(&stream, size) : 0;
    uint8_t *zipped = made ? malloc(room) : NULL;
    if (zipped) {
        pprof__profile__pack(whole, packed);
        stream.next_in = packed;
        stream.avail_in = (uInt)size;
        stream.next_out = zipped;
        stream.avail_out = (uInt)room;
        made = deflate(&stream, Z_FINISH) == Z_STREAM_END &&
               fwrite(zipped, 1, stream.total_out, out) == stream.total_out;
    }
    if (packed && room)
        deflateEnd(&stream);
    free(zipped);
    free(packed);
    return made && zipped;
}

static bool write_profile(FILE *out, struct profile *profile) {
    const struct lw_snapshot_header *header = profile->analysis->snapshot->header;
    Pprof__ValueType threads = PPROF__VALUE_TYPE__INIT, wait = PPROF__VALUE_TYPE__INIT;
    Pprof__ValueType *types[] = {&threads, &wait};
    Pprof__Profile whole = PPROF__PROFILE__INIT;
    threads.type = whole.default_sample_type = string(profile, "threads");
    threads.unit = string(profile, "count");
    wait.type = string(profile, "wait");
    wait.unit = string(profile, "nanoseconds");
    whole.n_sample_type = 2;
    whole.sample_type = types;
    whole.period_type = &threads;
    whole.period = 1;
    whole.time_nanos = (int64_t)header->realtime;
    whole.n_sample = profile->samples.count;
    whole.sample = (Pprof__Sample **)profile->samples.items;
    whole.n_mapping = profile->mappings.count;
    whole.mapping = (Pprof__Mapping **)profile->mappings.items;
    whole.n_location = profile->locations.count;
    whole.location = (Pprof__Location **)profile->locations.items;
    whole.n_function = profile->functions.count;
    whole.function = (Pprof__Function **)profile->functions.items;
    whole.n_string_table = profile->strings.count;
    whole.string_table = (char **)profile->strings.items;
    return !profile->failed && write_packed(out, &whole);
}

#define FREES(name, type)                                   \
    static void free_##name(void *item) {                   \
        pprof__##name##__free_unpacked((type *)item, NULL); \
    }
FREES(function, Pprof__Function)
FREES(location, Pprof__Location)
FREES(sample, Pprof__Sample)
FREES(mapping, Pprof__Mapping)

static void add_threads(struct profile *profile, const struct analysis *analysis, struct symbols *symbols,
                        int sign) {
    profile->analysis = analysis;
    profile->symbols = symbols;
    profile->sign = sign;
    for (size_t i = 0; i < analysis->finding_count; i++)
        if (finding_is_shown(analysis, &analysis->findings[i]))
            add_thread(profile, &analysis->findings[i]);
}

/* What is the same in both reports is no difference. */
static void drop_zeros(struct list *samples) {
    size_t kept = 0;
    for (size_t i = 0; i < samples->count; i++) {
        Pprof__Sample *sample = samples->items[i];
        if (sample->n_value == 2 && sample->value[0] == 0)
            pprof__sample__free_unpacked(sample, NULL);
        else
            samples->items[kept++] = sample;
    }
    samples->count = kept;
}

void pprof_put(FILE *out, const struct analysis *analysis, struct symbols *symbols,
               const struct analysis *base, struct symbols *base_symbols) {
    struct profile profile = {.analysis = analysis, .symbols = symbols};
    string(&profile, "");
    add_mappings(&profile);
    if (base)
        add_threads(&profile, base, base_symbols, -1);
    add_threads(&profile, analysis, symbols, 1);
    if (base)
        drop_zeros(&profile.samples);
    if (!write_profile(out, &profile))
        fprintf(stderr, "leakwatch: the report cannot be written as a profile: no memory\n");
    drop(&profile.strings, free);
    drop(&profile.functions, free_function);
    drop(&profile.locations, free_location);
    drop(&profile.samples, free_sample);
    drop(&profile.mappings, free_mapping);
    drop_table(&profile.by_string);
    drop_table(&profile.by_function);
    drop_table(&profile.by_location);
    drop_table(&profile.by_sample);
}

void render_pprof(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (render_has_content(analysis))
        pprof_put(out, analysis, symbols, NULL, NULL);
}
