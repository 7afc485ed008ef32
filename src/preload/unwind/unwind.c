#include "unwind.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

#include "frame_pointer.h"
#include "libunwind_remote.h"
#include "record/thread.h"
#include "rows.h"
#include "rt/sys.h"
#include "rt/table.h"

/* libunwind is used under this gate only, with signals blocked: its address space has a lock of its own. */
static struct gate libunwind_gate GATE;

static void enter_libunwind(uint64_t *signals) {
    signals_block_all(signals);
    gate_enter(&libunwind_gate);
    libunwind_inside(true);
}
static void leave_libunwind(const uint64_t *signals) {
    libunwind_inside(false);
    gate_leave(&libunwind_gate);
    signals_restore(signals);
}

/* Where a row is looked up for a thread whose own stack may be small. Mapped when the first is: with what it keeps free around it,
 * it would be counted against RLIMIT_MEMLOCK by the mlockall of a program that has no threads. */
enum { OWN_STACK = 64 * 1024 };
static char *row_stack;

/* Under the gate, with signals blocked. False if there is no memory. */
static bool run_on_row_stack(void (*function)(void *), void *argument) {
    if (!row_stack)
        row_stack = memory_map_stack(OWN_STACK);
    if (row_stack)
        run_on_stack(function, argument, row_stack + OWN_STACK);
    return row_stack != NULL;
}

/* A stack ends where the shim's thread_main called the program's start routine. */
static bool is_thread_main(uintptr_t pc) {
    return pc >= (uintptr_t)thread_main && pc < (uintptr_t)thread_main + 256 &&
           libunwind_function_start(pc - 1, true) == (uintptr_t)thread_main;
}

bool unwind_setup(void) {
    return libunwind_load() && rows_setup();
}

struct row_question {
    uintptr_t pc;
    bool own;
    struct row row;
    bool ends_stack;
};

static void ask_row(void *argument) {
    struct row_question *question = argument;
    question->ends_stack = is_thread_main(question->pc);
    question->row =
        question->ends_stack ? (struct row){.kind = ROW_END} : libunwind_row(question->pc, question->own);
}

/* The row of a return address. own: it is on the caller's own stack, which may have little room. */
static struct row row_of(uintptr_t pc, bool own) {
    struct row row;
    if (rows_find(pc, &row))
        return row;
    struct row_question question = {.pc = pc, .own = own};
    uint64_t signals;
    enter_libunwind(&signals);
    if (!libunwind_ready())
        question.row.kind = ROW_NONE;
    else if (!own)
        ask_row(&question);
    else if (!run_on_row_stack(ask_row, &question))
        question.row.kind = ROW_NONE;
    rows_keep(pc, question.row);
    leave_libunwind(&signals);
    return question.row;
}

struct whole_question {
    const struct registers *from;
    struct stack_memory *memory;
    uintptr_t *frames;
    size_t room;
    bool own;
    struct unwound *result;
};

static void ask_whole(void *argument) {
    struct whole_question *question = argument;
    libunwind_whole(question->from, question->memory, question->frames, question->room, is_thread_main,
                    !question->own, question->result);
}

/* All of the stack by libunwind, from its beginning: for rows that are more than two registers. */
static void unwind_whole(struct whole_question *question) {
    uint64_t signals;
    enter_libunwind(&signals);
    if (!libunwind_ready())
        question->result->broken = true;
    else if (!question->own)
        ask_whole(question);
    else if (!run_on_row_stack(ask_whole, question))
        question->result->broken = true;
    leave_libunwind(&signals);
}

/* To the caller, whose stack pointer was cfa; bp: where its frame pointer was saved, from there. */
static bool climb(int32_t bp, uintptr_t cfa, struct place *place, struct stack_memory *memory) {
    /* Progress: a caller's frame lies above its callee's. */
    if (cfa <= place->sp || !memory->word(memory, cfa + (uintptr_t)(intptr_t)return_slot(bp), &place->pc) ||
        (bp != 0 && !memory->word(memory, cfa + (uintptr_t)(intptr_t)bp, &place->bp)))
        return false;
    place->pc = code_address(place->pc);
    place->sp = cfa;
    return true;
}

static struct unwound unwind_rows(const struct registers *from, bool bp_known, struct stack_memory *memory,
                                  uintptr_t *frames, size_t room, bool own) {
    struct unwound result = {0};
    uintptr_t pc = from->pc, sp = from->sp, bp = from->bp;
    bool sp_known = true; /* else it is no more than the least that it can be */
    /* The first address is exact, later ones are behind a call: one less is inside it. */
    for (bool exact = true;; exact = false) {
        struct row row = row_of(exact ? pc + 1 : pc, own);
        struct place place = {pc, sp, bp};
        uintptr_t cfa;
        if (row.kind == ROW_END) {
            if (result.count > 0)
                result.count--; /* the frame of thread_main itself, or of the routine that starts all */
            return result;
        }
        if (row.kind == ROW_NONE && bp_known && frame_pointer_step(&place, memory)) {
            result.by_frame_pointer = true;
            sp_known = FRAME_TELLS_SP;
            cfa = 0;
        } else if (row.kind == ROW_SP && sp_known) {
            cfa = sp + (uintptr_t)(intptr_t)row.cfa;
        } else if (row.kind == ROW_SP && bp_known && row.bp != 0) {
            cfa = bp - (uintptr_t)(intptr_t)
                           row.bp; /* it points to where the caller's was saved (arch.h, FRAME_TELLS_SP) */
        } else if (row.kind == ROW_BP && bp_known) {
            cfa = bp + (uintptr_t)(intptr_t)row.cfa;
        } else if (row.kind == ROW_COMPLEX && bp_known) {
            unwind_whole(&(struct whole_question){from, memory, frames, room, own, &result});
            return result;
        } else {
            result.broken = true;
            return result;
        }
        if (cfa != 0) {
            if (!climb(row.bp, cfa, &place, memory)) {
                result.broken = true;
                return result;
            }
            bp_known |= row.bp != 0;
            sp_known = true;
        }
        pc = place.pc, sp = place.sp, bp = place.bp;
        if (pc == 0)
            return result;
        if (result.count == room) {
            result.cut = true;
            return result;
        }
        frames[result.count++] = pc;
    }
}

struct unwound unwind(const struct registers *from, bool bp_known, struct stack_memory *memory,
                      uintptr_t *frames, size_t room) {
    return unwind_rows(from, bp_known, memory, frames, room, false);
}

/* The caller's own stack is read in place, where its bounds are known; elsewhere (coroutines, alternate
 * stacks) through the kernel, which cannot fault. */
struct own_stack {
    struct stack_memory memory;
    uintptr_t low, high;
};

static bool own_word(struct stack_memory *memory, uintptr_t address, uintptr_t *value) {
    struct own_stack *own = (struct own_stack *)memory;
    if (address >= own->low && address < own->high) {
        *value = *(uintptr_t *)address;
        return true;
    }
    return sys_peek(address, value, sizeof *value) == sizeof *value;
}

extern void *__libc_stack_end __attribute__((weak));

struct unwound unwind_own(const struct registers *from, uintptr_t *frames, size_t room) {
    struct own_stack own = {.memory = {.word = own_word}, .low = from->sp, .high = from->sp};
    const struct thread *self = thread_current;
    /* glibc puts the thread block, which a handle points to, above the frames (nptl/allocatestack.c). */
    uintptr_t block = (uintptr_t)pthread_self();
    if (self && !(self->flags & (THREAD_MAIN | THREAD_ADOPTED)) && from->sp < block &&
        block - from->sp <= self->stack_size)
        own.high = block;
    else if (self && (self->flags & THREAD_MAIN) && &__libc_stack_end &&
             from->sp < (uintptr_t)__libc_stack_end && (uintptr_t)__libc_stack_end - from->sp < 8u << 20)
        own.high = (uintptr_t)__libc_stack_end;
    return unwind_rows(from, true, &own.memory, frames, room, true);
}

uintptr_t unwind_function_start(uintptr_t pc) {
    uint64_t signals;
    enter_libunwind(&signals);
    uintptr_t start = libunwind_ready() ? libunwind_function_start(pc, false) : 0;
    leave_libunwind(&signals);
    return start;
}

void unwind_forget(void) {
    uint64_t signals;
    enter_libunwind(&signals);
    rows_clear();
    leave_libunwind(&signals);
}

void unwind_forked(void) {
    /* If another thread of the parent was inside libunwind, its state cannot be trusted here. */
    if (libunwind_gate.word != 0)
        libunwind_give_up();
    libunwind_gate.word = 0;
}
