/* Code without unwind information calls read: the stack is told as far as it can be followed, and that it ends there.
 * Another thread's whole stack is one frame.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: on SIGUSR1
 * CHECK-DAG: #0 read
 * CHECK-DAG: #1 without_tables broken_stack
 * CHECK-DAG: ... a frame without usable unwind information
 * CHECK-DAG: #0 pause
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static int ends[2];

/* No .cfi_startproc: the assembler writes no unwind table for it. */
__asm__(".text\n"
        ".globl without_tables\n"
        ".type without_tables, %function\n"
        "without_tables:\n"
#if defined(__x86_64__)
        "    subq $40, %rsp\n"
        "    call read@PLT\n"
        "    addq $40, %rsp\n"
        "    ret\n"
#else
        "    str x30, [sp, #-48]!\n" /* and no frame record */
        "    mov x29, #8\n"
        "    bl read\n"
        "    ldr x30, [sp], #48\n"
        "    ret\n"
#endif
        ".size without_tables, . - without_tables\n");
extern ssize_t without_tables(int fd, void *buffer, size_t size);

static void *reads(void *unused) {
    char byte;
    return without_tables(ends[0], &byte, 1) == 1 ? NULL : unused;
}

int main(void) {
    pthread_t thread, whole;
    if (pipe(ends) != 0 || pthread_create(&thread, NULL, reads, NULL) != 0 ||
        pthread_create(&whole, NULL, (void *(*)(void *))(void *)pause, NULL) != 0)
        return 1;
    settle();
    raise(SIGUSR1);
    return 0;
}
