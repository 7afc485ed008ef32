#include "target.h"

#include <stdlib.h>
#include <sys/user.h>
#include <unistd.h>

const struct mapping *target_mapping(const struct target *target, uint64_t address) {
    size_t low = 0, high = target->mapping_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (target->mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool inside = low < target->mapping_count && target->mappings[low].start <= address;
    return inside ? &target->mappings[low] : NULL;
}

static int by_tid(const void *a, const void *b) {
    const struct target_thread *x = a, *y = b;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

void target_sort(struct target *target) {
    if (target->thread_count > 0)
        qsort(target->threads, target->thread_count, sizeof *target->threads, by_tid);
}

const struct target_thread *target_thread(const struct target *target, int tid) {
    struct target_thread wanted = {.tid = tid};
    return target->thread_count > 0
               ? bsearch(&wanted, target->threads, target->thread_count, sizeof wanted, by_tid)
               : NULL;
}

void target_drop(struct target *target) {
    if (target->tasks >= 0)
        close(target->tasks);
    free(target->threads);
    free(target->mappings);
    free(target->mapping_words);
    *target = (struct target){.tasks = -1};
}

void registers_of_user(struct known_registers *registers, const struct user_regs_struct *from) {
    /* in the order in which DWARF numbers them */
    const uint64_t values[REGISTERS] = {from->rax, from->rdx, from->rcx, from->rbx, from->rsi, from->rdi,
                                        from->rbp, from->rsp, from->r8,  from->r9,  from->r10, from->r11,
                                        from->r12, from->r13, from->r14, from->r15, from->rip};
    for (unsigned i = 0; i < REGISTERS; i++)
        register_set(registers, i, values[i]);
}

void target_check_call(const struct target *target, struct target_thread *thread) {
    unsigned char code[2] = {0};
    uint64_t at = thread->registers.value[REGISTER_RA];
    if (thread->sleeps && target_has(target, at - sizeof code, code, sizeof code) &&
        (code[0] != 0x0f || code[1] != 0x05))
        thread->sleeps = false;
}

void target_check_calls(struct target *target) {
    uint64_t known = 0;
    for (size_t i = 0; i < target->thread_count; i++) {
        struct target_thread *thread = &target->threads[i];
        uint64_t at = thread->registers.value[REGISTER_RA];
        if (!thread->sleeps || at == known)
            continue;
        target_check_call(target, thread);
        if (thread->sleeps)
            known = at; /* many sleep in one place */
    }
}
