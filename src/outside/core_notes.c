#include "core_notes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "shared/elf_notes.h"

/* A call that was interrupted for the core to be made leaves the number of it, and how it is to go on (kernel: include/linux/errno.h); those that
 * are not made again give EINTR. */
static bool was_interrupted(const struct user_regs_struct *from) {
    enum { EINTR_NUMBER = 4, RESTART_FIRST = 512, RESTART_LAST = 516, RESTART_UNUSED = 515 };
    int64_t result = (int64_t)(0 - from->rax);
    return (int64_t)from->orig_rax >= 0 &&
           (result == EINTR_NUMBER ||
            (result >= RESTART_FIRST && result <= RESTART_LAST && result != RESTART_UNUSED));
}

static void add_thread(struct core_notes *notes, const char *bytes, size_t size) {
    struct elf_prstatus status;
    struct user_regs_struct from;
    if (size < sizeof status)
        return;
    memcpy(&status, bytes, sizeof status);
    memcpy(&from, &status.pr_reg, sizeof from);
    if (notes->thread_count == notes->thread_room) {
        size_t room = 2 * notes->thread_room + 64;
        struct target_thread *larger = reallocarray(notes->threads, room, sizeof *larger);
        if (!larger)
            return;
        notes->threads = larger;
        notes->thread_room = room;
    }
    struct target_thread *thread = &notes->threads[notes->thread_count++];
    *thread = (struct target_thread){.tid = status.pr_pid,
                                     .seen_as = status.pr_pid,
                                     .state = '?',
                                     .name = "thread",
                                     .number = -1,
                                     .thread_block = from.fs_base,
                                     .blocked = status.pr_sighold};
    registers_of_user(&thread->registers, &from);
    thread->sleeps = was_interrupted(&from);
    if (!thread->sleeps)
        return;
    const uint64_t arguments[6] = {from.rdi, from.rsi, from.rdx, from.r10, from.r8, from.r9};
    thread->number = (int64_t)from.orig_rax;
    memcpy(thread->argument, arguments, sizeof arguments);
}

static void read_process(struct core_notes *notes, const char *bytes, size_t size) {
    enum { FORKED_ONLY = 0x40 }; /* PF_FORKNOEXEC, kernel: include/linux/sched.h */
    struct elf_prpsinfo info;
    if (size < sizeof info)
        return;
    memcpy(&info, bytes, sizeof info);
    notes->pid = info.pr_pid;
    notes->copied = info.pr_flag & FORKED_ONLY;
    memcpy(notes->name, info.pr_fname, 16);
    memcpy(notes->command, info.pr_psargs, sizeof info.pr_psargs);
}

static void read_auxiliary(struct core_notes *notes, const char *bytes, size_t size) {
    Elf64_auxv_t one;
    for (size_t at = 0; at + sizeof one <= size; at += sizeof one) {
        memcpy(&one, bytes + at, sizeof one);
        if (one.a_type == AT_ENTRY)
            notes->entry = one.a_un.a_val;
        if (one.a_type == AT_EXECFN)
            notes->executed = one.a_un.a_val;
    }
}

/* NT_FILE: how many, the size of a page, then START END OFFSET (in pages) of each, then their names. */
static void read_files(struct core_notes *notes, const char *bytes, size_t size) {
    uint64_t head[2], range[3];
    if (notes->files || size < sizeof head)
        return;
    memcpy(head, bytes, sizeof head);
    if (head[0] > (size - sizeof head) / sizeof range || head[1] == 0 || head[1] > 1 << 20)
        return;
    size_t words_at = sizeof head + head[0] * sizeof range, words_size = size - words_at;
    notes->words = calloc(1, words_size + 1);
    notes->files = calloc(head[0] + 1, sizeof *notes->files);
    if (!notes->words || !notes->files)
        return;
    memcpy(notes->words, bytes + words_at, words_size);
    const char *name = notes->words;
    for (size_t i = 0; i < head[0] && name < notes->words + words_size; i++, name += strlen(name) + 1) {
        memcpy(range, bytes + sizeof head + i * sizeof range, sizeof range);
        if (range[0] < range[1])
            notes->files[notes->file_count++] =
                (struct core_file){range[0], range[1], range[2] * head[1], name};
    }
}

static void read_note(struct core_notes *notes, uint32_t type, const char *bytes, size_t size) {
    if (type == NT_PRSTATUS)
        add_thread(notes, bytes, size);
    else if (type == NT_PRPSINFO)
        read_process(notes, bytes, size);
    else if (type == NT_AUXV)
        read_auxiliary(notes, bytes, size);
    else if (type == NT_FILE)
        read_files(notes, bytes, size);
}

static void read_segment(struct core_notes *notes, const char *bytes, size_t size) {
    struct elf_note note;
    for (size_t at = 0; elf_note_next(bytes, size, &at, &note);)
        if (note.owner_size == 5 && memcmp(note.owner, "CORE", 5) == 0)
            read_note(notes, note.type, note.content, note.size);
}

bool core_notes_read(struct core_notes *notes, const struct core_image *image) {
    enum { MOST = 1 << 30 };
    *notes = (struct core_notes){.copied = true};
    for (size_t i = 0; i < image->count; i++) {
        const Elf64_Phdr *header = &image->headers[i];
        if (header->p_type != PT_NOTE || header->p_offset >= image->size)
            continue;
        uint64_t there = image->size - header->p_offset;
        size_t size = header->p_filesz < there ? header->p_filesz : there;
        char *bytes = size <= MOST ? malloc(size + 1) : NULL;
        if (bytes)
            read_segment(notes, bytes, core_image_read(image, header->p_offset, bytes, size));
        free(bytes);
    }
    return notes->thread_count > 0;
}
