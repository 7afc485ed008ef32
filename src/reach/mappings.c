#include "mappings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "least.h"

enum { MAPS_FD = 5 /* as the shim opens it (preload/report/launch.c) */, PAGE = 4096 };
#define OWN_FILE "/memfd:leakwatch" /* what the shim has mapped of files */

/* One mapping of /proc/PID/smaps. */
struct mapping {
    uint64_t start, end;
    char rights[8];
    uint64_t inode;
    char path[4200];
};

static bool more_room(void **array, size_t count, size_t size) {
    if ((count & (count - 1)) != 0)
        return true;
    void *more = realloc(*array, (count ? 2 * count : 1) * size);
    if (more)
        *array = more;
    return more;
}

/* Private memory that touches what came before it is the same area. */
static bool add(struct image *image, struct area area) {
    if (area.kind == AREA_PRIVATE) {
        if (!more_room((void **)&image->starts, image->start_count, sizeof *image->starts))
            return false;
        image->starts[image->start_count++] = area.start;
    }
    struct area *last = image->area_count > 0 ? &image->areas[image->area_count - 1] : NULL;
    if (last && area.kind == AREA_PRIVATE && last->kind == AREA_PRIVATE && last->end == area.start &&
        last->heap == area.heap) {
        last->end = area.end;
        return true;
    }
    if (!more_room((void **)&image->areas, image->area_count, sizeof *image->areas))
        return false;
    image->areas[image->area_count++] = area;
    return true;
}

static uint64_t end_of_range(const struct lw_frozen_range *range) {
    return range->start + (range->size + PAGE - 1) / PAGE * PAGE;
}

/* What the shim has mapped is cut out: what it remembers, the program does not know. */
static bool add_but_the_shims(struct image *image, struct area area) {
    uint64_t start = area.start, end = area.end;
    for (size_t i = LEAST(image->frozen.range_count, k, end_of_range(&image->ranges[k]) > start);
         i < image->frozen.range_count && start < end; i++) {
        uint64_t from = image->ranges[i].start, to = end_of_range(&image->ranges[i]);
        if (from >= end)
            break;
        area.start = start;
        area.end = from;
        if (from > start && !add(image, area))
            return false;
        start = to;
    }
    area.start = start;
    area.end = end;
    return start >= end || add(image, area);
}

/* Where the data of the module that this lies in ends; 0: it lies in none that the snapshot knows. */
static uint64_t module_end(const struct snapshot *snapshot, const struct mapping *mapping) {
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        if (mapping->start >= module->start && mapping->start < module->end)
            return (module->end + PAGE - 1) / PAGE * PAGE;
    }
    return 0;
}

static bool is_kernels(const struct mapping *mapping) {
    static const char *const names[] = {"[vvar]", "[vdso]", "[vsyscall]", "[vvar_vclock]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(mapping->path, names[i]) == 0)
            return true;
    return strncmp(mapping->path, OWN_FILE, sizeof OWN_FILE - 1) == 0;
}

static bool is_shims(const struct image *image, const struct mapping *mapping) {
    for (uint64_t i = 0; i < image->frozen.range_count; i++)
        if (image->ranges[i].start == mapping->start)
            return true;
    return false;
}

/* Memory behind a file's mapping may be the rest of a module's data: of one that the snapshot knows, or of another (dlmopen(3)).
 * data_end: where that ends. */
static bool add_anonymous(struct image *image, const struct mapping *mapping, uint64_t data_end) {
    uint64_t cut = data_end < mapping->start ? mapping->start
                   : data_end < mapping->end ? data_end
                                             : mapping->end;
    struct area data = {.start = mapping->start, .end = cut, .kind = AREA_ROOT};
    if (cut > mapping->start && !add_but_the_shims(image, data))
        return false;
    if (strcmp(mapping->path, "[stack]") == 0) {
        image->stack_start = mapping->start;
        image->stack_end = mapping->end;
    }
    struct area rest = {.start = cut,
                        .end = mapping->end,
                        .kind = AREA_PRIVATE,
                        .heap = strcmp(mapping->path, "[heap]") == 0};
    return add_but_the_shims(image, rest);
}

/* strange_end: where the last file's mapping ended that is of no module. */
static bool add_mapping(struct image *image, const struct mapping *mapping, uint64_t module_end,
                        uint64_t *strange_end) {
    bool is_file = mapping->inode != 0, is_shared = mapping->rights[3] == 's';
    bool is_code = mapping->rights[2] == 'x';
    bool follows = module_end == 0 && mapping->start == *strange_end && mapping->path[0] != '[';
    *strange_end = 0;
    if (is_kernels(mapping))
        return true;
    if (is_file && module_end == 0) {
        image->has_strange_code |= is_code;
        *strange_end = is_shared ? 0 : mapping->end;
    }
    if (is_shared)
        return true;
    if (!is_file && !is_code)
        return add_anonymous(image, mapping, follows ? mapping->end : module_end);
    return add_but_the_shims(
        image,
        (struct area){.start = mapping->start, .end = mapping->end, .kind = AREA_ROOT, .code = is_code});
}

static bool parse_head(const char *line, struct mapping *mapping) {
    int path = 0;
    uint64_t start, end, inode;
    char rights[sizeof mapping->rights];
    bool is_field = line[0] >= 'A' && line[0] <= 'Z'; /* as most lines are */
    if (is_field || sscanf(line, "%lx-%lx %7s %*x %*s %lu %n", &start, &end, rights, &inode, &path) < 4 ||
        path == 0)
        return false;
    mapping->start = start;
    mapping->end = end;
    mapping->inode = inode;
    memcpy(mapping->rights, rights, sizeof rights);
    snprintf(mapping->path, sizeof mapping->path, "%s", line + path);
    mapping->path[strcspn(mapping->path, "\n")] = '\0';
    return true;
}

/* Whose it is can be told once all has been read (random_state.h). */
static bool note_dropped(struct image *image, const struct mapping *mapping) {
    if (image->dropped_count == sizeof image->dropped / sizeof *image->dropped)
        return false;
    image->dropped[image->dropped_count++] = (struct dropped){mapping->start, mapping->end};
    return true;
}

/* VmFlags: wf is MADV_WIPEONFORK, dp what the kernel may empty at any moment, io and pf what a device has mapped; sh and mw what others may write to while it is read, and may
 * have in a register what has been there. */
static enum lw_frozen_refusal refused_for(struct image *image, const struct mapping *mapping,
                                          const char *flags) {
    if (is_kernels(mapping) || is_shims(image, mapping))
        return LW_FROZEN_NONE;
    if (strstr(flags, " sh") && strstr(flags, " mw"))
        return LW_FROZEN_SHARED_MEMORY;
    if (strstr(flags, " wf") && strstr(flags, " dp"))
        return note_dropped(image, mapping) ? LW_FROZEN_NONE : LW_FROZEN_NO_FORK;
    bool strange = strstr(flags, " wf") || strstr(flags, " io") || strstr(flags, " pf");
    return strange && mapping->rights[0] != '-' ? LW_FROZEN_NO_FORK : LW_FROZEN_NONE;
}

enum lw_frozen_refusal mappings_read(struct image *image, const struct snapshot *snapshot) {
    FILE *file = fdopen(dup(MAPS_FD), "r");
    char *line = NULL;
    size_t room = 0;
    struct mapping mapping = {0};
    uint64_t strange_end = 0;
    enum lw_frozen_refusal refusal = file ? LW_FROZEN_NONE : LW_FROZEN_NO_SYSTEM;
    while (refusal == LW_FROZEN_NONE && getline(&line, &room, file) > 0) {
        if (strncmp(line, "VmFlags:", 8) == 0)
            refusal = refused_for(image, &mapping, line);
        else if (!parse_head(line, &mapping))
            continue;
        else if (strncmp(mapping.path, "/[aio]", 6) == 0)
            refusal = LW_FROZEN_QUEUES;
        else if (!add_mapping(image, &mapping, module_end(snapshot, &mapping), &strange_end))
            refusal = LW_FROZEN_MEMORY;
    }
    free(line);
    if (file)
        fclose(file);
    return refusal == LW_FROZEN_NONE && image->area_count == 0 ? LW_FROZEN_NO_SYSTEM : refusal;
}
