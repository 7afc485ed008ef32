/* A process that nobody prepared: a running one, or what a core file kept of one. Both give the same: threads, memory, mappings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers by their DWARF numbers (System V ABI for AMD64, figure 3.36), as far as they are known: of a thread that runs on, the
 * kernel tells two of them. */
enum { REGISTER_RBX = 3, REGISTER_RBP = 6, REGISTER_RSP = 7, REGISTER_RA = 16, REGISTERS = 17 };

struct known_registers {
    uint64_t value[REGISTERS]; /* RA: where it stands */
    uint32_t known;            /* bit n: register n */
};

/* All that the kernel tells of a thread that is stopped, or in a core (sys/user.h). */
struct user_regs_struct;
void registers_of_user(struct known_registers *registers, const struct user_regs_struct *from);

static inline bool register_is_known(const struct known_registers *registers, unsigned number) {
    return number < REGISTERS && registers->known >> number & 1;
}

static inline void register_set(struct known_registers *registers, unsigned number, uint64_t value) {
    registers->value[number] = value;
    registers->known |= 1u << number;
}

struct target_thread {
    int tid;       /* as the process calls it */
    int seen_as;   /* as it is called here; of a core: the same */
    char name[16]; /* "" if that is not known */
    char state;    /* as in /proc/PID/stat; '?' if that is not known */
    bool sleeps;   /* in a system call */
    bool held_up;  /* or on its way out of that */
    int64_t number;
    uint64_t argument[6];
    struct known_registers registers;
    uint64_t thread_block; /* struct pthread; 0 if it is not known */
    uint64_t blocked;      /* signals; of a core alone */
    uint64_t cpu_ns;
    uint64_t turns;                 /* how often it has been given a processor; 0 if that is not known */
    uint64_t began_ns, last_ran_ns; /* CLOCK_MONOTONIC; 0 if that is not known */
};

struct mapping {
    uint64_t start, end, offset;
    bool writable, executable, shared;
    const char *path; /* "" for none */
};

struct core;

struct target {
    int pid;       /* as the process calls itself */
    int seen_as;   /* as it is called here; 0: a core */
    int through;   /* a thread of it that has not ended, by which it is read: the main thread may have */
    int tasks;     /* a descriptor of /proc/PID/task; -1: a core */
    bool renumber; /* it calls its threads otherwise: they are in another PID namespace */
    bool
        copied; /* by fork, and no other program was started since: its memory has locks of its parent's in it */
    bool refused; /* it may not be looked into */
    bool changes; /* it may be becoming another program: look once more */
    bool partial; /* there may have been more threads, and more of what is there */
    bool spoilt;  /* what is there may be wrong */
    bool handlers_known;
    uint64_t handlers; /* signals that the program has a handler for */
    struct target_thread *threads;
    size_t thread_count;
    struct mapping *mappings; /* by address */
    size_t mapping_count;
    char *mapping_words; /* their paths */
    char exe[1024];
    char program[64]; /* the name it was started by; "" if only its file is known */
    char note[512];   /* what stands in the way of a whole report; "" for nothing */
    uint64_t started_ns;
    size_t (*read)(const struct target *target, uint64_t at, void *into, size_t size);
    struct core *core;
};

/* How many bytes could be read, from the start on. */
static inline size_t target_read(const struct target *target, uint64_t at, void *into, size_t size) {
    return target->read(target, at, into, size);
}
static inline bool target_has(const struct target *target, uint64_t at, void *into, size_t size) {
    return target->read(target, at, into, size) == size;
}

/* The one that an address lies in; NULL if it is in none. */
const struct mapping *target_mapping(const struct target *target, uint64_t address);
/* The thread of this number, as the process calls it; NULL if there is none. */
const struct target_thread *target_thread(const struct target *target, int tid);
/* Puts the threads in order; before target_thread. */
void target_sort(struct target *target);
/* The number of a system call means what x86-64 means by it where its instruction (Intel SDM, SYSCALL) stands before the place where the thread is;
 * where another one does, as 32-bit code has it, what the thread does is not known: it does not count as asleep. */
void target_check_calls(struct target *target);
void target_check_call(const struct target *target, struct target_thread *thread);
/* Of a running process. */
void target_drop(struct target *target);
