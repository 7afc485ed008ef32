/* Places that threads have: registers, stacks, what runs at the end. */
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "places.h"

static jmp_buf jump;
/* glibc mangles the frame pointer in it, a register like any other. */
static __attribute__((noinline)) void hide_in_a_jump(struct box *box) {
    __asm__ volatile("movq %0, %%rbx\n\tmovq %0, %%r12" ::"r"(box) : "rbx", "r12");
    if (setjmp(jump) != 0)
        exit(3);
    __asm__ volatile("" ::: "rbx", "r12");
}
static struct box *from_the_jump(void) {
    struct box *box;
    memcpy(&box, jump, sizeof box); /* rbx is its first word (sysdeps/x86_64/jmpbuf-offsets.h) */
    return box;
}

static void at_the_end(int status, void *of) {
    (void)status;
    box_open(of);
    usleep(200000);
}
static void hide_at_the_end(struct box *box) {
    on_exit(at_the_end, box);
}
static struct box *from_the_end(void) {
    exit(0);
}

/* A thread that runs has it in a register only, and gives it back when it is told to. */
static volatile bool give;
static struct box *volatile given;
static struct box *second_box;
static void *holds_in_a_register(void *box) {
    __asm__ volatile("movq %0, %%r13\n\t"
                     "1:\tcmpb $0, (%1)\n\t"
                     "pause\n\t"
                     "je 1b\n\t"
                     "movq %%r13, (%2)"
                     :
                     : "r"(box), "r"(&give), "r"(&given)
                     : "r13", "memory");
    return NULL;
}
static void *holds_in_a_vector(void *box) {
    __asm__ volatile("movq %0, %%xmm9\n\t"
                     "xorl %k0, %k0\n\t"
                     "1:\tcmpb $0, (%1)\n\t"
                     "pause\n\t"
                     "je 1b\n\t"
                     "movq %%xmm9, (%2)"
                     : "+r"(box)
                     : "r"(&give), "r"(&given)
                     : "xmm9", "memory");
    return NULL;
}
static void hide_with(void *(*holds)(void *), struct box *box) {
    pthread_t thread;
    pthread_create(&thread, NULL, holds, box);
    pthread_detach(thread);
    usleep(50000);
}
static void hide_in_a_register(struct box *box) {
    hide_with(holds_in_a_register, box);
}
static void hide_in_a_vector(struct box *box) {
    hide_with(holds_in_a_vector, box);
}
static struct box *from_the_register(void) {
    give = true;
    while (!given)
        usleep(1000);
    return given;
}

/* One that sleeps has it in a register that its call preserves. */
static int pause_pipe[2];
static void *sleeps_with_it(void *box) {
    register void *kept __asm__("r14") = box;
    __asm__ volatile("" : "+r"(kept));
    char byte;
    if (read(pause_pipe[0], &byte, 1) != 1)
        exit(3);
    __asm__ volatile("" : "+r"(kept));
    given = kept;
    return NULL;
}
static void hide_with_a_sleeper(struct box *box) {
    if (pipe(pause_pipe) != 0)
        exit(3);
    hide_with(sleeps_with_it, box);
}
static struct box *from_the_sleeper(void) {
    if (write(pause_pipe[1], "x", 1) != 1)
        exit(3);
    return from_the_register();
}

/* One block with a thread's stack and what belongs to the thread; only its beginning is kept. */
struct worker {
    char stack[256 << 10];
    struct box *box;
} __attribute__((aligned(4096)));
static struct worker *worker;
static void hide_beside_a_stack(struct box *box) {
    pthread_attr_t attributes;
    pthread_t thread;
    worker = aligned_alloc(_Alignof(struct worker), sizeof *worker);
    worker->box = box;
    if (pipe(pause_pipe) != 0)
        exit(3);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, worker->stack, sizeof worker->stack);
    pthread_create(&thread, &attributes, sleeps_with_it, NULL);
    memset(&attributes, 0, sizeof attributes);
}
static struct box *from_beside_the_stack(void) {
    return worker->box;
}

/* A thread has it in a pipe that it has alone. */
static void *has_own_files(void *box) {
    int own[2];
    if (unshare(CLONE_FILES) != 0 || pipe(own) != 0 || write(own[1], &box, sizeof box) != sizeof box)
        exit(3);
    box = NULL;
    forget();
    while (!give)
        usleep(1000);
    if (read(own[0], (void *)&given, sizeof given) != sizeof given)
        exit(3);
    return NULL;
}
static void hide_with_own_files(struct box *box) {
    hide_with(has_own_files, box);
}

/* A thread that has ended had it on its stack, which libc keeps: nobody will take it from there. */
static void *left_it(void *box) {
    void *volatile kept[64];
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        kept[i] = box;
    return NULL;
}
static void hide_on_a_kept_stack(struct box *box) {
    pthread_t thread;
    pthread_create(&thread, NULL, left_it, box);
    pthread_join(thread, NULL);
}

/* Where a thread's stack lies, as for checks that it does not overflow, is none of what lies on it. */
static void *bounds[2];
static void hide_between_bounds(struct box *box) {
    (void)box;
    pthread_attr_t attributes;
    size_t size;
    pthread_t thread = start("taken", waits, box_new());
    pthread_getattr_np(thread, &attributes);
    pthread_attr_getstack(&attributes, &bounds[0], &size);
    bounds[1] = (char *)bounds[0] + 4096;
    memset(&attributes, 0, sizeof attributes);
}

/* A list of what threads have of their own leads to that, and not to what lies on their stacks. */
static __thread struct box *own;
static struct box **registered;
static void *registers_its_own(void *of) {
    struct box *mine = box_new();
    own = of;
    of = NULL;
    registered = &own;
    return waits(mine);
}
static void hide_in_anothers_storage(struct box *box) {
    start("taken", registers_its_own, box);
    usleep(50000);
}
static struct box *from_anothers_storage(void) {
    return *registered;
}

/* Known to one that waits for a word of which the kernel alone knows: it wakes who waits there when a thread ends. */
struct awaits {
    int word;
    struct box *box;
};
static void *awaits_the_kernel(void *of) {
    struct awaits *awaits = of;
    while (__atomic_load_n(&awaits->word, __ATOMIC_ACQUIRE) != 0)
        syscall(SYS_futex, &awaits->word, FUTEX_WAIT, 1, NULL, NULL, 0);
    given = awaits->box;
    return NULL;
}
static __attribute__((noinline)) void arrange(struct box *box) {
    struct awaits *awaits = calloc(1, sizeof *awaits);
    *awaits = (struct awaits){.word = 1, .box = box};
    syscall(SYS_set_tid_address, &awaits->word);
    start("awaits", awaits_the_kernel, awaits);
}
static void *ends_later(void *box) {
    arrange(box);
    box = NULL;
    forget();
    while (!give)
        usleep(1000);
    syscall(SYS_exit, 0);
    return NULL;
}
static void hide_for_the_kernel_to_wake(struct box *box) {
    hide_with(ends_later, box);
}

/* Another thread that is stuck knows it, but who waits for that one is not. */
static void *knows(void *box) {
    struct box *second = box_new();
    second_box = second;
    waits(second);
    given = box;
    return NULL;
}
static void hide_with_a_waiter(struct box *box) {
    hide_with(knows, box);
}
static struct box *from_the_waiter(void) {
    box_open(second_box);
    return from_the_register();
}

const struct place thread_places[] = {
    {"in_a_jump", hide_in_a_jump, from_the_jump},
    {"at_the_end", hide_at_the_end, from_the_end},
    {"in_a_register", hide_in_a_register, from_the_register},
    {"in_a_vector", hide_in_a_vector, from_the_register},
    {"with_a_sleeper", hide_with_a_sleeper, from_the_sleeper},
    {"beside_a_stack", hide_beside_a_stack, from_beside_the_stack},
    {"with_own_files", hide_with_own_files, from_the_register},
    {"for_the_kernel_to_wake", hide_for_the_kernel_to_wake, from_the_register},
    {"in_anothers_storage", hide_in_anothers_storage, from_anothers_storage},
    {"between_bounds", hide_between_bounds, NULL},
    {"on_a_kept_stack", hide_on_a_kept_stack, NULL},
    {"with_a_waiter", hide_with_a_waiter, from_the_waiter},
    {NULL, NULL, NULL},
};
