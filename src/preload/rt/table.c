#include "table.h"

#include <linux/futex.h>
#include <signal.h>

#include "sys.h"

static struct gate table_gate GATE;

/* sigset_t of the kernel: 64 bits (kernel: include/uapi/asm/signal.h), glibc's is larger. */
void signals_block_all(uint64_t *before) {
    uint64_t all = ~(uint64_t)0;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, before, sizeof all);
}

void signals_restore(const uint64_t *before) {
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, sizeof *before);
}

int gate_try(struct gate *gate) {
    int free = 0;
    return __atomic_compare_exchange_n(&gate->word, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Where the linker has put them all. */
extern const struct gate __start_leakwatch_gates[] __attribute__((visibility("hidden")));
extern const struct gate __stop_leakwatch_gates[] __attribute__((visibility("hidden")));

bool gate_is_at(uint64_t address) {
    return address >= (uintptr_t)__start_leakwatch_gates && address < (uintptr_t)__stop_leakwatch_gates;
}

/* The three-state mutex of Drepper's "Futexes are tricky". */
void gate_enter(struct gate *gate) {
    if (gate_try(gate))
        return;
    while (__atomic_exchange_n(&gate->word, 2, __ATOMIC_ACQUIRE) != 0)
        sys_call(SYS_futex, &gate->word, FUTEX_WAIT_PRIVATE, 2, NULL);
}

void gate_leave(struct gate *gate) {
    if (__atomic_exchange_n(&gate->word, 0, __ATOMIC_RELEASE) == 2)
        sys_call(SYS_futex, &gate->word, FUTEX_WAKE_PRIVATE, 1);
}

static __thread bool holding __attribute__((tls_model("initial-exec")));

bool table_lock(void) {
    if (holding)
        return false;
    holding = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    gate_enter(&table_gate);
    return true;
}

void table_unlock(void) {
    gate_leave(&table_gate);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    holding = false;
}

void table_lock_reset(void) {
    table_gate.word = 0;
    holding = false;
}
