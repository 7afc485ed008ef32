/* System calls as the processor makes them (syscall(2)). */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>

static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* clone(2) as a function call on another stack. glibc's clone() is not used: it is a cancellation-free plain
 * call, but older ones reset the thread's cached pid. */
static inline long clone_on(int (*function)(void *), void *argument, char *top, unsigned long flags) {
    long result;
    void **frame = (void **)(((uintptr_t)top & ~(uintptr_t)15) - 16);
    frame[0] = (void *)function;
    frame[1] = argument;
    __asm__ volatile("xorl %%r10d, %%r10d\n\t"
                     "xorl %%r8d, %%r8d\n\t"
                     "movl $0, %%edx\n\t"
                     "syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "popq %%rax\n\t"
                     "popq %%rdi\n\t"
                     "callq *%%rax\n\t"
                     "hlt\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(frame)
                     : "rcx", "rdx", "r8", "r10", "r11", "memory");
    return result;
}
