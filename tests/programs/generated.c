/* Threads that wait, or run, below code that was made at run time and has no unwind information: with frame pointers, and with a rbp
 * that is something else. Argument: "named" writes the file that tells profilers its names. */
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scenarios.h"

typedef void generated(const void *call, const void *a, const void *b, const void *c);

/* Calls its first argument with the others, from a frame. */
static const unsigned char framed[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7,
                                       0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0xff, 0xd0, 0x5d, 0xc3};
/* Calls its first argument with its second, its third in rbp. */
static const unsigned char odd[] = {0x55, 0x48, 0x89, 0xd5, 0x48, 0x89, 0xf8,
                                    0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
/* Runs for ever, in a frame. */
static const unsigned char running[] = {0x55, 0x48, 0x89, 0xe5, 0xeb, 0xfe};

static sem_t never;
static generated *outer, *inner, *strange, *loop;

static generated *make(unsigned char *page, unsigned slot, const unsigned char *code, size_t size) {
    memcpy(page + 64 * slot, code, size);
    return (generated *)(uintptr_t)(page + 64 * slot);
}

static void make_all(bool named) {
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    outer = make(page, 0, framed, sizeof framed);
    inner = make(page, 1, framed, sizeof framed);
    strange = make(page, 2, odd, sizeof odd);
    loop = make(page, 3, running, sizeof running);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    FILE *map = named ? fopen(path, "w") : NULL;
    if (!map)
        return;
    fprintf(map, "%lx %zx LazyCompile:~outer app.js:12\n", (unsigned long)(uintptr_t)outer, sizeof framed);
    fprintf(map, "%lx %zx inner\n", (unsigned long)(uintptr_t)inner, sizeof framed);
    fclose(map);
}

static void *below_frames(void *unused) {
    (void)unused;
    outer((void *)inner, (void *)sem_wait, &never, NULL);
    return NULL;
}

static void *in_loop(void *unused) {
    (void)unused;
    outer((void *)loop, NULL, NULL, NULL);
    return NULL;
}

static void *no_pointer(void *unused) {
    (void)unused;
    strange((void *)sem_wait, &never, (void *)1, NULL);
    return NULL;
}

/* What lies there looks like a frame, but its return address is not behind a call. */
static void *no_return(void *unused) {
    uintptr_t decoy[2] = {0, (uintptr_t)below_frames};
    (void)unused;
    strange((void *)sem_wait, &never, decoy, NULL);
    return NULL;
}

/* Its return address is no code. */
static void *no_code(void *unused) {
    uintptr_t decoy[4] = {(uintptr_t)(decoy + 2), (uintptr_t)&never, 0, 0};
    (void)unused;
    strange((void *)sem_wait, &never, decoy, NULL);
    return NULL;
}

/* It points below the stack pointer, into memory of another kind. */
static void *no_stack(void *unused) {
    static uintptr_t decoy[2];
    decoy[1] = (uintptr_t)__builtin_return_address(0);
    (void)unused;
    strange((void *)sem_wait, &never, decoy, NULL);
    return NULL;
}

int main(int count, char **arguments) {
    make_all(count > 1 && strcmp(arguments[1], "named") == 0);
    start("frames", below_frames, NULL);
    start("loop", in_loop, NULL);
    start("no pointer", no_pointer, NULL);
    start("no return", no_return, NULL);
    start("no code", no_code, NULL);
    start("no stack", no_stack, NULL);
    say_ready();
    stay();
}
