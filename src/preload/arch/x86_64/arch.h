/* The registers of x86-64, its stack, its counter, and what a signal's context tells. */
#pragma once

#include <cpuid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The registers that a call preserves, and where it is. A stack is unwound from these. */
struct registers {
    uintptr_t bx, bp, r12, r13, r14, r15, sp, pc;
};

/* Saves the caller's registers; the values belong together with the unwind table's row for `pc`. */
static inline __attribute__((always_inline)) void registers_save(struct registers *into) {
    uintptr_t pc;
    __asm__ volatile("movq %%rbx, 0(%1)\n\t"
                     "movq %%rbp, 8(%1)\n\t"
                     "movq %%r12, 16(%1)\n\t"
                     "movq %%r13, 24(%1)\n\t"
                     "movq %%r14, 32(%1)\n\t"
                     "movq %%r15, 40(%1)\n\t"
                     "movq %%rsp, 48(%1)\n\t"
                     "leaq 0(%%rip), %0\n\t"
                     "movq %0, 56(%1)"
                     : "=&r"(pc)
                     : "r"(into)
                     : "memory");
}

/* The proof by reachability knows this processor: its red zone, its thread block, its registers (src/reach, freeze). */
enum { FREEZES = 1 };

/* The time stamp counter. Steady: it counts at one rate whatever the processor does (Intel SDM vol. 3,
 * "Invariant TSC"). */
static inline __attribute__((always_inline)) uint64_t counter_read(void) {
    return __builtin_ia32_rdtsc();
}
static inline bool counter_is_steady(void) {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}

/* Between stores that another thread is to see in this order: the processor makes them in no other (Intel SDM vol. 3, "Memory
 * Ordering"). */
static inline __attribute__((always_inline)) void stores_in_order(void) {}

/* An address as the processor jumps to it: here return addresses are never signed. */
static inline uintptr_t code_address(uintptr_t address) {
    return address;
}

/* Calls function(argument) on the stack that ends at top (16-byte aligned). */
static inline void run_on_stack(void (*function)(void *), void *argument, void *top) {
    __asm__ volatile("movq %%rsp, %%rbx\n\t"
                     "movq %2, %%rsp\n\t"
                     "callq *%1\n\t"
                     "movq %%rbx, %%rsp"
                     : "+D"(argument)
                     : "r"(function), "r"(top)
                     : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",
                       "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

/* Defines the function `name`: jumps to `sleeper` if its first argument is a number below `count` for which
 * the byte in `table` is set, or if the row's real function is not known yet; else to the real function,
 * leaving registers and stack as they are. `aside` is a byte that says that none is looked at. */
#define DISPATCH_SYSCALL(name, table, count, aside, row, sleeper) \
    __asm__(".text\n"                                             \
            ".globl " name "\n"                                   \
            ".type " name ", @function\n" name ":\n"              \
            "\t.cfi_startproc\n"                                  \
            "\tcmpq $" count ", %rdi\n"                           \
            "\tjae 1f\n"                                          \
            "\tcmpb $0, " aside "(%rip)\n"                        \
            "\tjne 1f\n"                                          \
            "\tleaq " table "(%rip), %rax\n"                      \
            "\tcmpb $0, (%rax,%rdi)\n"                            \
            "\tjne " sleeper "\n"                                 \
            "1:\tmovq " row "(%rip), %rax\n"                      \
            "\ttestq %rax, %rax\n"                                \
            "\tje " sleeper "\n"                                  \
            "\tjmp *%rax\n"                                       \
            "\t.cfi_endproc\n"                                    \
            ".size " name ", . - " name "\n");

/* Defines the signal handler `name`. It calls `decide` with its own arguments and jumps to the function that
 * this answers, on the stack and with the arguments that the kernel gave: as if the kernel had called that one.
 * Returns if the answer is NULL. */
#define SIGNAL_HANDLER(name, decide)                 \
    __asm__(".text\n"                                \
            ".globl " name "\n"                      \
            ".hidden " name "\n"                     \
            ".type " name ", @function\n" name ":\n" \
            "\t.cfi_startproc\n"                     \
            "\tpushq %rdi\n"                         \
            "\t.cfi_adjust_cfa_offset 8\n"           \
            "\tpushq %rsi\n"                         \
            "\t.cfi_adjust_cfa_offset 8\n"           \
            "\tpushq %rdx\n"                         \
            "\t.cfi_adjust_cfa_offset 8\n"           \
            "\tcall " decide "\n"                    \
            "\tpopq %rdx\n"                          \
            "\t.cfi_adjust_cfa_offset -8\n"          \
            "\tpopq %rsi\n"                          \
            "\t.cfi_adjust_cfa_offset -8\n"          \
            "\tpopq %rdi\n"                          \
            "\t.cfi_adjust_cfa_offset -8\n"          \
            "\ttestq %rax, %rax\n"                   \
            "\tje 1f\n"                              \
            "\tmovq %rax, %r11\n"                    \
            "\txorl %eax, %eax\n"                    \
            "\tjmp *%r11\n"                          \
            "1:\tret\n"                              \
            "\t.cfi_endproc\n"                       \
            ".size " name ", . - " name "\n");

/* Data that a wrapper needs on its way lies together, in one page: a system call may have emptied the
 * processor's memory of pages, and each that a wrapper touches then costs as much as its instructions. */
#define HOT __attribute__((section("leakwatch_hot")))

/* What a handler returns to: rt_sigreturn(2), as glibc and the kernel's vDSO spell it (sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c),
 * which unwinders know it by. */
enum { SIGNAL_RETURN_CODE = 9, SIGNAL_RETURN_MISLEADS = 0 };
static inline bool code_returns_from_signal(const unsigned char code[SIGNAL_RETURN_CODE]) {
    static const unsigned char known[SIGNAL_RETURN_CODE] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    return __builtin_memcmp(code, known, sizeof known) == 0;
}
/* Where the number of the signal lies, from what a handler's return address was followed by: siginfo_t comes after the kernel's
 * ucontext (kernel: arch/x86/include/asm/sigframe.h, struct rt_sigframe). */
enum { SIGNAL_FRAME_NUMBER = 304 };

/* Of a function that keeps a frame pointer (System V psABI, "The Stack Frame"): what lies where that points to, and how much. The caller's stack
 * pointer is above that. */
enum { FRAME_SAVED = 0, FRAME_RETURN = 8, FRAME_SIZE = 16, FRAME_TELLS_SP = 1 };

/* Where a return address lies, from the CFA: where the call has put it. */
static inline int32_t return_slot(int32_t bp) {
    (void)bp;
    return -8;
}

/* Is the last thing in these bytes, which a return address follows, a call? E8 and a distance, or FF with 2 in its middle three bits
 * and an operand of up to 5 bytes more (Intel SDM, CALL). */
enum { CALL_CODE = 7 };
static inline bool code_ends_in_call(const unsigned char code[CALL_CODE]) {
    bool calls = code[CALL_CODE - 5] == 0xe8;
    for (int length = 2; length <= CALL_CODE; length++)
        calls |= code[CALL_CODE - length] == 0xff && (code[CALL_CODE - length + 1] >> 3 & 7) == 2;
    return calls;
}

/* The registers of the code that a signal interrupted. */
static inline void registers_of_context(const void *context, struct registers *into) {
    const greg_t *of = ((const ucontext_t *)context)->uc_mcontext.gregs;
    *into = (struct registers){.bx = (uintptr_t)of[REG_RBX],
                               .bp = (uintptr_t)of[REG_RBP],
                               .r12 = (uintptr_t)of[REG_R12],
                               .r13 = (uintptr_t)of[REG_R13],
                               .r14 = (uintptr_t)of[REG_R14],
                               .r15 = (uintptr_t)of[REG_R15],
                               .sp = (uintptr_t)of[REG_RSP],
                               .pc = (uintptr_t)of[REG_RIP]};
}

/* What the system call returns that a signal has interrupted: the kernel puts it into the saved registers before it
 * runs the handler (arch/x86/kernel/signal.c). Means nothing unless code_is_system_call(what lies at CONTEXT_CODE). */
static inline int64_t context_result(const void *context) {
    return ((const ucontext_t *)context)->uc_mcontext.gregs[REG_RAX];
}
enum { SYSTEM_CALL_CODE = 2 };
static inline bool code_is_system_call(const unsigned char code[SYSTEM_CALL_CODE]) {
    return code[0] == 0x0f && code[1] == 0x05;
}
/* The signals that are blocked again when the handler returns. */
static inline uint64_t context_signal_mask(const void *context) {
    return *(const uint64_t *)&((const ucontext_t *)context)->uc_sigmask;
}

/* Did the signal come while the code slept in a system call? Then that call fails with EINTR, or the kernel
 * has set the program counter back to the instruction, 0f 05, to make it again. code: what lies from
 * CONTEXT_CODE(context) on. */
#define CONTEXT_CODE(context) \
    ((uintptr_t)((const ucontext_t *)(context))->uc_mcontext.gregs[REG_RIP] - SYSTEM_CALL_CODE)
static inline bool context_shows_sleep(const void *context, const unsigned char code[2 * SYSTEM_CALL_CODE]) {
    long long result = ((const ucontext_t *)context)->uc_mcontext.gregs[REG_RAX];
    bool after = code_is_system_call(code), before = code_is_system_call(code + SYSTEM_CALL_CODE);
    return (after && result == -EINTR) || (before && result >= 0 && result < 512);
}
/* Which call that is, -1 if the registers do not tell any more, and its arguments, all of which they keep. */
enum { CONTEXT_KEEPS_FIRST = 1 };
static inline int64_t context_number(const void *context) {
    (void)context; /* its result has taken its place */
    return -1;
}
static inline int64_t context_call(const void *context, const unsigned char code[2 * SYSTEM_CALL_CODE],
                                   uint64_t argument[6]) {
    (void)code;
    static const int registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
    const greg_t *of = ((const ucontext_t *)context)->uc_mcontext.gregs;
    for (int i = 0; i < 6; i++)
        argument[i] = (uint64_t)of[registers[i]];
    return of[REG_RAX] >= 0 ? of[REG_RAX] : -1;
}
