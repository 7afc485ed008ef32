#include "core.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core_image.h"
#include "core_notes.h"
#include "judge_futex.h"
#include "shared/base_name.h"
#include "symbols/files.h"

/* A file that was mapped, for what the core has not got: its code is nearly never in it. */
struct backing {
    const char *path;
    int fd; /* -1: it is not there, or is another one */
    bool tried;
};

struct core {
    struct core_image image;
    struct core_notes notes;
    struct symbol_places places;
    const Elf64_Phdr **loads; /* by address */
    size_t load_count;
    struct backing *backings; /* one for each of the files in the notes */
    bool used_files;
};

static int by_address(const void *a, const void *b) {
    const Elf64_Phdr *x = *(const Elf64_Phdr *const *)a, *y = *(const Elf64_Phdr *const *)b;
    return (x->p_vaddr > y->p_vaddr) - (x->p_vaddr < y->p_vaddr);
}

static bool sort_loads(struct core *core) {
    core->loads = calloc(core->image.count + 1, sizeof *core->loads);
    for (size_t i = 0; core->loads && i < core->image.count; i++)
        if (core->image.headers[i].p_type == PT_LOAD && core->image.headers[i].p_memsz > 0 &&
            core->image.headers[i].p_vaddr + core->image.headers[i].p_memsz > core->image.headers[i].p_vaddr)
            core->loads[core->load_count++] = &core->image.headers[i];
    if (core->load_count > 1)
        qsort(core->loads, core->load_count, sizeof *core->loads, by_address);
    return core->loads;
}

static const Elf64_Phdr *load_at(const struct core *core, uint64_t at) {
    size_t low = 0, high = core->load_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->loads[middle]->p_vaddr + core->loads[middle]->p_memsz <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < core->load_count && core->loads[low]->p_vaddr <= at ? core->loads[low] : NULL;
}

static size_t read_load(const struct core *core, uint64_t at, void *into, size_t size) {
    const Elf64_Phdr *load = load_at(core, at);
    uint64_t inside = load ? at - load->p_vaddr : 0;
    if (!load || inside >= load->p_filesz)
        return 0;
    size_t there = load->p_filesz - inside < size ? load->p_filesz - inside : size;
    return core_image_read(&core->image, load->p_offset + inside, into, there);
}

static size_t file_index(const struct core *core, uint64_t at) {
    for (size_t i = 0; i < core->notes.file_count; i++)
        if (at >= core->notes.files[i].start && at < core->notes.files[i].end)
            return i;
    return core->notes.file_count;
}

/* The build-id that the core has in the first page of the file's mapping, in hexadecimal; NULL if it has none. Caller frees. */
static char *build_id_of(const struct core *core, const char *path) {
    char page[4096];
    for (size_t i = 0; i < core->notes.file_count; i++) {
        const struct core_file *file = &core->notes.files[i];
        if (file->offset != 0 || strcmp(file->path, path) != 0)
            continue;
        size_t size = read_load(core, file->start, page, sizeof page);
        for (size_t at = 0; at + 16 <= size; at += 4) { /* a note: 4, its length, NT_GNU_BUILD_ID, "GNU" */
            uint32_t head[3];
            memcpy(head, page + at, sizeof head);
            if (head[0] == 4 && head[2] == NT_GNU_BUILD_ID && memcmp(page + at + 12, "GNU", 4) == 0 &&
                head[1] <= 64 && head[1] <= size - at - 16)
                return files_hexadecimal((const uint8_t *)page + at + 16, head[1]);
        }
    }
    return NULL;
}

static int backing_of(struct core *core, size_t index) {
    struct backing *backing = &core->backings[index];
    const char *path = core->notes.files[index].path;
    for (size_t i = 0; i < index && !backing->tried; i++)
        if (core->backings[i].tried && strcmp(core->notes.files[i].path, path) == 0)
            *backing = core->backings[i];
    if (backing->tried)
        return backing->fd;
    char *other = NULL, *build_id = build_id_of(core, path);
    struct wanted_file wanted = {path, build_id,
                                 core->notes.entry >= core->notes.files[index].start &&
                                     core->notes.entry < core->notes.files[index].end};
    backing->tried = true;
    backing->fd =
        path[0] == '/' && strncmp(path, "/dev/", 5) != 0 ? files_open(&core->places, &wanted, &other) : -1;
    free(other);
    free(build_id);
    return backing->fd;
}

static size_t read_file(struct core *core, uint64_t at, void *into, size_t size) {
    size_t index = file_index(core, at);
    const Elf64_Phdr *load = load_at(core, at);
    if (index == core->notes.file_count ||
        (load && (load->p_flags & PF_W))) /* what was written is not in the file */
        return 0;
    const struct core_file *file = &core->notes.files[index];
    int fd = backing_of(core, index);
    size_t there = file->end - at < size ? file->end - at : size;
    ssize_t read = fd < 0 ? -1 : pread(fd, into, there, (off_t)(file->offset + (at - file->start)));
    core->used_files |= read > 0;
    return read > 0 ? (size_t)read : 0;
}

static size_t read_memory(const struct target *target, uint64_t at, void *into, size_t size) {
    size_t done = 0, read = 1;
    while (done < size && read > 0) {
        read = read_load(target->core, at + done, (char *)into + done, size - done);
        if (read == 0)
            read = read_file(target->core, at + done, (char *)into + done, size - done);
        done += read;
    }
    return done;
}

static int by_start(const void *a, const void *b) {
    const struct mapping *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The kernel lists all mappings; gdb only those that it has kept, and the files besides. */
static bool list_mappings(struct target *target) {
    const struct core *core = target->core;
    target->mappings = calloc(core->load_count + core->notes.file_count + 1, sizeof *target->mappings);
    for (size_t i = 0; target->mappings && i < core->load_count; i++) {
        const Elf64_Phdr *load = core->loads[i];
        size_t index = file_index(core, load->p_vaddr);
        const struct core_file *file = index < core->notes.file_count ? &core->notes.files[index] : NULL;
        target->mappings[target->mapping_count++] =
            (struct mapping){.start = load->p_vaddr,
                             .end = load->p_vaddr + load->p_memsz,
                             .offset = file ? file->offset + (load->p_vaddr - file->start) : 0,
                             .writable = load->p_flags & PF_W,
                             .executable = load->p_flags & PF_X,
                             .path = file ? file->path : ""};
    }
    for (size_t i = 0; target->mappings && i < core->notes.file_count; i++) {
        const struct core_file *file = &core->notes.files[i];
        if (!load_at(core, file->start))
            target->mappings[target->mapping_count++] = (struct mapping){.start = file->start,
                                                                         .end = file->end,
                                                                         .offset = file->offset,
                                                                         .executable = true,
                                                                         .path = file->path};
    }
    if (target->mapping_count > 1)
        qsort(target->mappings, target->mapping_count, sizeof *target->mappings, by_start);
    return target->mapping_count > 0;
}

static bool is_code_of(const struct target *target, const char *path) {
    for (size_t i = 0; i < target->mapping_count; i++)
        if (target->mappings[i].executable && strcmp(target->mappings[i].path, path) == 0)
            return true;
    return false;
}

/* Which mappings other processes have too is not told: data of a file that no code comes from may be. */
static void mark_shared(struct target *target) {
    for (size_t i = 0; i < target->mapping_count; i++) {
        struct mapping *mapping = &target->mappings[i];
        mapping->shared = mapping->writable && mapping->path[0] != '\0' && !is_code_of(target, mapping->path);
    }
}

/* Whoever made the core may call the threads otherwise than they do: in another PID namespace. glibc notes a thread's own number in its block,
 * which begins with its own address, twice (nptl/descr.h, tcbhead_t). */
static void renumber(struct target *target) {
    enum { SELF_AT = 0x10 };
    int main_thread = target->pid;
    for (size_t i = 0; i < target->thread_count; i++) {
        struct target_thread *thread = &target->threads[i];
        uint64_t self = 0;
        int32_t number = 0;
        if (!target_has(target, thread->thread_block + SELF_AT, &self, sizeof self) ||
            self != thread->thread_block ||
            !target_has(target, thread->thread_block + PTHREAD_TID_AT, &number, sizeof number) || number <= 0)
            continue;
        if (thread->seen_as == main_thread)
            target->pid = number;
        target->renumber |= number != thread->seen_as;
        thread->tid = number;
    }
    target_sort(target);
}

static void note_what_is_missing(struct target *target) {
    const struct core *core = target->core;
    if (core->image.spoilt_for)
        snprintf(
            target->note, sizeof target->note,
            "%s could not unpack the core to its end: it is cut or damaged, %llu bytes of it are missing, "
            "and what is there may be wrong: nothing is proved",
            core->image.spoilt_for, (unsigned long long)core->image.missing);
    else if (core->image.missing > 0)
        snprintf(target->note, sizeof target->note, "the core is cut: %llu bytes of it are missing",
                 (unsigned long long)core->image.missing);
    else if (core->notes.file_count == 0)
        snprintf(target->note, sizeof target->note,
                 "the core does not tell which files were mapped: there are no names");
}

/* The name that the program was started by: its file may be called otherwise. Of a script the path is the script's, and the interpreter is what it was called with
 * first. */
static void name_as_started(struct target *target) {
    const struct core_notes *notes = &target->core->notes;
    char path[1024] = "", command[sizeof notes->command];
    size_t length = notes->executed != 0 ? target_read(target, notes->executed, path, sizeof path - 1) : 0;
    path[length] = '\0';
    snprintf(command, sizeof command, "%.*s", (int)strcspn(notes->command, " "), notes->command);
    if (path[0] != '\0' && strncmp(path, "/proc/", 6) != 0 &&
        strcmp(base_name(path), base_name(command)) == 0)
        snprintf(target->program, sizeof target->program, "%.60s", base_name(path));
}

static void name_program(struct target *target) {
    const struct core *core = target->core;
    size_t index = file_index(core, core->notes.entry);
    snprintf(target->exe, sizeof target->exe, "%s",
             index < core->notes.file_count ? core->notes.files[index].path : core->notes.name);
    for (size_t i = 0; i < target->thread_count; i++)
        if (target->threads[i].seen_as == core->notes.pid)
            snprintf(target->threads[i].name, sizeof target->threads[i].name, "%.15s", core->notes.name);
}

static void say_no_threads(const struct core_image *image, char why[256]) {
    if (image->spoilt_for)
        snprintf(
            why, 256,
            "%s could not unpack it to its end: it is cut or damaged, and what is there has no threads in it",
            image->spoilt_for);
    else
        snprintf(why, 256, image->missing ? "it is cut: it has no threads in it" : "it has no threads in it");
}

bool core_open(struct target *target, const char *path, const char *exe, const struct symbol_places *places,
               char why[256]) {
    struct core *core = calloc(1, sizeof *core);
    *target = (struct target){.tasks = -1, .read = read_memory, .core = core};
    if (!core || !core_image_open(&core->image, path, why))
        return false;
    if (!core_notes_read(&core->notes, &core->image)) {
        say_no_threads(&core->image, why);
        return false;
    }
    core->places = *places;
    core->places.exe = exe ? exe : places->exe;
    core->backings = calloc(core->notes.file_count + 1, sizeof *core->backings);
    target->threads = core->notes.threads;
    target->thread_count = core->notes.thread_count;
    target->pid = core->notes.pid != 0 ? core->notes.pid : target->threads[0].tid;
    target->copied = core->notes.copied;
    if (!core->backings || !sort_loads(core)) {
        snprintf(why, 256, "there is no memory for it");
        return false;
    }
    if (!list_mappings(target))
        snprintf(target->note, sizeof target->note, "the core has none of the process's memory");
    target->spoilt = core->image.spoilt_for;
    target->partial = core->image.missing > 0 || target->spoilt;
    mark_shared(target);
    name_program(target);
    name_as_started(target);
    renumber(target);
    target_check_calls(target);
    note_what_is_missing(target);
    return true;
}
