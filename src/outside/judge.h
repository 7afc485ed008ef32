/* What a thread waits for, judged from its system call, its innermost frames, and the memory that they name. */
#pragma once

#include "shared/snapshot_writer.h"
#include "unwind.h"

struct judge {
    const struct target *target;
    struct unwinder *unwinder;
    struct snapshot_writer *writer;
    bool
        is_glibc; /* its objects are laid out as glibc's; in a static program csu/static-reloc.c is always linked in */
    bool is_static;   /* no libc is loaded: it is in the program, if it has one */
    uint64_t tid_at;  /* in struct pthread: the thread's number */
    uint64_t streams; /* where the first of libc's streams is named (_IO_list_all); 0: not known */
    uint64_t loader, loader_size; /* _rtld_global */
    struct file_cache *files;
};

bool judge_begin(struct judge *judge, const struct target *target, struct unwinder *unwinder,
                 struct snapshot_writer *writer);
void judge_end(struct judge *judge);

/* Fills in the wait and the stack of a thread that sleeps. Is the wait one that may be for another thread of the process? */
bool judge_wait(struct judge *judge, const struct target_thread *from, const struct unwound *stack,
                struct lw_snapshot_thread *thread);

/* Reads again what is waited for. False: it is not as it was, so that nothing can be proved. */
bool judge_is_same(const struct judge *judge, const struct lw_snapshot_thread *thread);
