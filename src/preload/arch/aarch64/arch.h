/* The registers of aarch64 (AAPCS64), its stack, its counter, and what a signal's context tells. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The registers that a call preserves, and where it is; the frame pointer, x29, is bp, so that what does not depend on the processor
 * has one name for it. A stack is unwound from these. */
struct registers {
    uintptr_t x[10], bp, lr, sp, pc; /* x19 to x28 */
};

/* Saves the caller's registers; the values belong together with the unwind table's row for `pc`. */
static inline __attribute__((always_inline)) void registers_save(struct registers *into) {
    uintptr_t pc;
    __asm__ volatile("stp x19, x20, [%1, #0]\n\t"
                     "stp x21, x22, [%1, #16]\n\t"
                     "stp x23, x24, [%1, #32]\n\t"
                     "stp x25, x26, [%1, #48]\n\t"
                     "stp x27, x28, [%1, #64]\n\t"
                     "stp x29, x30, [%1, #80]\n\t"
                     "mov %0, sp\n\t"
                     "str %0, [%1, #96]\n\t"
                     "adr %0, .\n\t"
                     "str %0, [%1, #104]"
                     : "=&r"(pc)
                     : "r"(into)
                     : "memory");
}

/* The proof by reachability does not know this processor yet. */
enum { FREEZES = 0 };

/* The generic timer's counter: one rate, the same on all processors (Arm ARM, "The Generic Timer in AArch64 state"). */
static inline __attribute__((always_inline)) uint64_t counter_read(void) {
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
}
static inline bool counter_is_steady(void) {
    return true;
}

/* Between stores that another thread is to see in this order; the processor may make them in any. */
static inline __attribute__((always_inline)) void stores_in_order(void) {
    __asm__ volatile("dmb ishst" ::: "memory");
}

/* An address as the processor jumps to it: without the signature that a function may have put into its upper bits. xpaclri, which has no
 * effect where there are no signatures (Arm ARM, XPACD, XPACI, XPACLRI), by its number, as assemblers of old know it. */
static inline uintptr_t code_address(uintptr_t address) {
    register uintptr_t x30 __asm__("x30") = address;
    __asm__("hint #7" : "+r"(x30));
    return x30;
}

/* Calls function(argument) on the stack that ends at top (16-byte aligned). A callee keeps but the lower halves of v8 to v15. */
static inline void run_on_stack(void (*function)(void *), void *argument, void *top) {
    register void *x0 __asm__("x0") = argument;
    __asm__ volatile("mov x19, sp\n\t"
                     "mov sp, %2\n\t"
                     "blr %1\n\t"
                     "mov sp, x19"
                     : "+r"(x0)
                     : "r"(function), "r"(top)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "x18", "x19", "x30", "memory", "cc", "v0", "v1", "v2",
                       "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
                       "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
                       "v28", "v29", "v30", "v31");
}

/* Defines the function `name`: jumps to `sleeper` if its first argument is a number below `count` for which
 * the byte in `table` is set, or if the row's real function is not known yet; else to the real function,
 * leaving registers and stack as they are. `aside` is a byte that says that none is looked at. x16 and x17 are what
 * a jump between modules may use (AAPCS64, "Use of IP0 and IP1"); hint 34 is bti c. */
#define DISPATCH_SYSCALL(name, table, count, aside, row, sleeper) \
    __asm__(".text\n"                                             \
            ".globl " name "\n"                                   \
            ".type " name ", %function\n"                         \
            ".p2align 2\n" name ":\n"                             \
            "\t.cfi_startproc\n"                                  \
            "\thint #34\n"                                        \
            "\tcmp x0, #" count "\n"                              \
            "\tb.hs 1f\n"                                         \
            "\tadrp x16, " aside "\n"                             \
            "\tldrb w16, [x16, #:lo12:" aside "]\n"               \
            "\tcbnz w16, 1f\n"                                    \
            "\tadrp x16, " table "\n"                             \
            "\tadd x16, x16, #:lo12:" table "\n"                  \
            "\tldrb w16, [x16, x0]\n"                             \
            "\tcbnz w16, 2f\n"                                    \
            "1:\tadrp x16, " row "\n"                             \
            "\tldr x16, [x16, #:lo12:" row "]\n"                  \
            "\tcbz x16, 2f\n"                                     \
            "\tbr x16\n"                                          \
            "2:\tb " sleeper "\n"                                 \
            "\t.cfi_endproc\n"                                    \
            ".size " name ", . - " name "\n");

/* Defines the signal handler `name`. It calls `decide` with its own arguments and jumps to the function that
 * this answers, on the stack and with the arguments that the kernel gave: as if the kernel had called that one.
 * Returns if the answer is NULL. */
#define SIGNAL_HANDLER(name, decide)        \
    __asm__(".text\n"                       \
            ".globl " name "\n"             \
            ".hidden " name "\n"            \
            ".type " name ", %function\n"   \
            ".p2align 2\n" name ":\n"       \
            "\t.cfi_startproc\n"            \
            "\thint #34\n"                  \
            "\tstp x29, x30, [sp, #-48]!\n" \
            "\t.cfi_def_cfa_offset 48\n"    \
            "\t.cfi_offset x29, -48\n"      \
            "\t.cfi_offset x30, -40\n"      \
            "\tmov x29, sp\n"               \
            "\tstp x0, x1, [sp, #16]\n"     \
            "\tstr x2, [sp, #32]\n"         \
            "\tbl " decide "\n"             \
            "\tmov x16, x0\n"               \
            "\tldp x0, x1, [sp, #16]\n"     \
            "\tldr x2, [sp, #32]\n"         \
            "\tldp x29, x30, [sp], #48\n"   \
            "\t.cfi_def_cfa_offset 0\n"     \
            "\t.cfi_restore x29\n"          \
            "\t.cfi_restore x30\n"          \
            "\tcbz x16, 1f\n"               \
            "\tbr x16\n"                    \
            "1:\tret\n"                     \
            "\t.cfi_endproc\n"              \
            ".size " name ", . - " name "\n");

/* Data that a wrapper needs on its way lies together, in one page: a system call may have emptied the
 * processor's memory of pages, and each that a wrapper touches then costs as much as its instructions. */
#define HOT __attribute__((section("leakwatch_hot")))

/* One instruction, in the byte order of instructions (little, whatever that of data). */
static inline uint32_t code_word(const unsigned char *code) {
    return code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
}

/* What a handler returns to: the vDSO's mov x8, #139 (rt_sigreturn) and svc #0 (kernel: arch/arm64/kernel/vdso/sigreturn.S). Its unwind table
 * follows the frame record that the kernel has made, which passes by the function that was interrupted. */
enum { SIGNAL_RETURN_CODE = 8, SIGNAL_RETURN_MISLEADS = 1 };
static inline bool code_returns_from_signal(const unsigned char code[SIGNAL_RETURN_CODE]) {
    return code_word(code) == 0xd2801168 && code_word(code + 4) == 0xd4000001;
}
/* Where the number of the signal lies, from the stack pointer that the handler returns with: the frame begins with siginfo_t (kernel:
 * arch/arm64/kernel/signal.c, struct rt_sigframe). */
enum { SIGNAL_FRAME_NUMBER = 0 };

/* A function's frame record (AAPCS64, "The Frame Pointer"): what lies where x29 points to. Where in its frame a function has that is its
 * own choice: who goes by it knows that the caller's stack pointer is at least FRAME_SIZE above, not where it is. */
enum { FRAME_SAVED = 0, FRAME_RETURN = 8, FRAME_SIZE = 16, FRAME_TELLS_SP = 0 };

/* Where a plain function keeps its return address: behind the saved frame pointer, in its frame record. bp: where that is, from
 * the CFA; 0 if it is not saved: then the address has not left its register either. */
static inline int32_t return_slot(int32_t bp) {
    return bp == 0 ? 0 : bp + 8;
}

/* Is the instruction before a return address a call? BL, or BLR and its kin that check a signature (Arm ARM, "Unconditional
 * branch (register)"). */
enum { CALL_CODE = 4 };
static inline bool code_ends_in_call(const unsigned char code[CALL_CODE]) {
    uint32_t word = code_word(code);
    return (word & 0xfc000000) == 0x94000000 || (word & 0xfffffc1f) == 0xd63f0000 ||
           (word & 0xfefff800) == 0xd63f0800;
}

/* The registers of the code that a signal interrupted. */
static inline void registers_of_context(const void *context, struct registers *into) {
    const mcontext_t *of = &((const ucontext_t *)context)->uc_mcontext;
    for (int i = 0; i < 10; i++)
        into->x[i] = of->regs[19 + i];
    into->bp = of->regs[29];
    into->lr = of->regs[30];
    into->sp = of->sp;
    into->pc = of->pc;
}

/* svc #0 */
enum { SYSTEM_CALL_CODE = 4 };
static inline bool code_is_system_call(const unsigned char code[SYSTEM_CALL_CODE]) {
    return code_word(code) == 0xd4000001;
}
/* What the system call returns that a signal has interrupted: the kernel puts it into the saved registers before it
 * runs the handler (arch/arm64/kernel/signal.c, do_signal). Means nothing unless code_is_system_call(what lies at CONTEXT_CODE). */
static inline int64_t context_result(const void *context) {
    return (int64_t)((const ucontext_t *)context)->uc_mcontext.regs[0];
}
/* The signals that are blocked again when the handler returns. */
static inline uint64_t context_signal_mask(const void *context) {
    return *(const uint64_t *)&((const ucontext_t *)context)->uc_sigmask;
}

/* Did the signal come while the code slept in a system call? Then that call fails with EINTR, or the kernel
 * has set the program counter back to the instruction, to make it again. code: what lies from
 * CONTEXT_CODE(context) on. */
#define CONTEXT_CODE(context) ((uintptr_t)((const ucontext_t *)(context))->uc_mcontext.pc - SYSTEM_CALL_CODE)
static inline bool context_shows_sleep(const void *context, const unsigned char code[2 * SYSTEM_CALL_CODE]) {
    bool after = code_is_system_call(code), before = code_is_system_call(code + SYSTEM_CALL_CODE);
    return before || (after && context_result(context) == -EINTR);
}
/* Which call that is, -1 if it is over, and its arguments. The result of one that is over has taken the place of the first argument, which
 * then is nothing that could be one. */
enum { CONTEXT_KEEPS_FIRST = 0 };
static inline int64_t context_number(const void *context) {
    return (int64_t)((const ucontext_t *)context)->uc_mcontext.regs[8];
}
static inline int64_t context_call(const void *context, const unsigned char code[2 * SYSTEM_CALL_CODE],
                                   uint64_t argument[6]) {
    const mcontext_t *of = &((const ucontext_t *)context)->uc_mcontext;
    bool over = !code_is_system_call(code + SYSTEM_CALL_CODE);
    for (int i = 0; i < 6; i++)
        argument[i] = of->regs[i];
    if (over)
        argument[0] = UINT64_MAX;
    return over ? -1 : (int64_t)of->regs[8];
}
