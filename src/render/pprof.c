/* pprof: gzipped protobuf, a sample for threads with the same stack and the same labels. For `go tool pprof`
 * and whatever else reads its profiles.
 *
 * A location is an address; what is asked for by name alone (the call that a thread sleeps in) has address 0.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "pprof.h"
#include "pprof_profile.h"
#include "shown_stack.h"

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
            profile_number(profile, &profile->by_location, key, profile->locations.count + 1, &fresh);
        profile_add_to_stack(profile, number);
        Pprof__Location *made =
            fresh ? profile_push(profile, &profile->locations, profile_new_location()) : NULL;
        if (made) {
            made->id = number;
            made->address = frame->address;
            made->mapping_id = mapping_of(profile, frame->address);
            profile->open = made;
        }
    }
    snprintf(unknown, sizeof unknown, "0x%" PRIx64, frame->address);
    if (profile->open)
        profile_add_line(profile, profile->open, frame->function ? frame->function : unknown, frame->file,
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
    uint64_t number =
        profile_number(profile, &profile->by_location, key, profile->locations.count + 1, &fresh);
    free(key);
    profile_add_to_stack(profile, number);
    Pprof__Location *made = fresh ? profile_push(profile, &profile->locations, profile_new_location()) : NULL;
    if (made) {
        made->id = number;
        profile_add_line(profile, made, name, NULL, 0);
    }
}

static void add_label(struct profile *profile, const char *key, const char *words) {
    Pprof__Sample *sample = profile->sample;
    Pprof__Label *label = words[0] ? profile_new_label() : NULL;
    if (!label || !profile_grow(&sample->label, sample->n_label, sizeof *sample->label)) {
        free(label);
        return;
    }
    label->key = profile_string(profile, key);
    label->str = profile_string(profile, words);
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
    uint64_t number = profile_number(profile, &profile->by_sample, key, profile->samples.count, &fresh);
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
    Pprof__Sample *sample = profile->sample = profile_push(profile, &profile->samples, profile_new_sample());
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
        Pprof__Mapping *mapping = profile_push(profile, &profile->mappings, profile_new_mapping());
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
        mapping->filename = profile_string(profile, snapshot_words(snapshot, module->path));
        mapping->build_id = profile_string(profile, build_id);
        mapping->has_functions = mapping->has_filenames = mapping->has_line_numbers =
            mapping->has_inline_frames = 1;
    }
}

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
    profile_string(&profile, "");
    add_mappings(&profile);
    if (base)
        add_threads(&profile, base, base_symbols, -1);
    add_threads(&profile, analysis, symbols, 1);
    if (base)
        drop_zeros(&profile.samples);
    if (!profile_write(out, &profile))
        fprintf(stderr, "leakwatch: the report cannot be written as a profile: no memory\n");
    profile_drop(&profile);
}

void render_pprof(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (render_has_content(analysis))
        pprof_put(out, analysis, symbols, NULL, NULL);
}
