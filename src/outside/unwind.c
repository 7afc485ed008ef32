#include "unwind.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "elf_marks.h"
#include "rows.h"
#include "shared/base_name.h"
#include "symbols/modules.h"

enum { WINDOW = 16 * 1024, RED_ZONE = 128 };

/* What is known of an address of code. */
struct place {
    uint64_t address;
    struct row row;
    struct code_name name;
    bool named;
    const void *notes[UNWINDER_NOTES];
    UT_hash_handle hh;
};

struct unwinder {
    struct target view; /* first: reads through the window */
    const struct target *target;
    struct modules modules;
    struct place *places;
    const struct module *go, *not_go; /* the one that was looked at last */
    unsigned glibc_minor;
    bool glibc_asked;
    uint64_t window_at;
    size_t window_size;
    char window[WINDOW];
};

static size_t read_window(const struct target *view, uint64_t at, void *into, size_t size) {
    const struct unwinder *unwinder = (const void *)view;
    if (at >= unwinder->window_at && size <= unwinder->window_size &&
        at - unwinder->window_at <= unwinder->window_size - size) {
        memcpy(into, unwinder->window + (at - unwinder->window_at), size);
        return size;
    }
    return target_read(unwinder->target, at, into, size);
}

static void move_window(struct unwinder *unwinder, uint64_t at) {
    unwinder->window_at = at;
    unwinder->window_size = target_read(unwinder->target, at, unwinder->window, WINDOW);
}

struct unwinder *unwinder_open(const struct target *target, const struct snapshot *modules,
                               const struct symbol_places *places) {
    struct unwinder *unwinder = calloc(1, sizeof *unwinder);
    if (!unwinder)
        return NULL;
    unwinder->target = target;
    unwinder->view = *target;
    unwinder->view.read = read_window;
    modules_open(&unwinder->modules, modules, places);
    return unwinder;
}

void unwinder_close(struct unwinder *unwinder) {
    struct place *place, *next;
    if (!unwinder)
        return;
    HASH_ITER (hh, unwinder->places, place, next) {
        HASH_DEL(unwinder->places, place);
        row_drop(&place->row);
        free(place);
    }
    modules_close(&unwinder->modules);
    free(unwinder);
}

/* Most is in .eh_frame; programs without exceptions may have it in .debug_frame only. */
static struct row read_row(struct unwinder *unwinder, uint64_t address) {
    struct module *module = modules_at(&unwinder->modules, address);
    Dwfl_Module *dwfl = module ? modules_debug_info(&unwinder->modules, module) : NULL;
    Dwarf_Addr bias;
    struct row row = {0};
    Dwarf_CFI *cfi = dwfl ? dwfl_module_eh_cfi(dwfl, &bias) : NULL;
    if (cfi)
        row = row_read(cfi, address - bias);
    if (!row.found && dwfl && (cfi = dwfl_module_dwarf_cfi(dwfl, &bias)))
        row = row_read(cfi, address - bias);
    return row;
}

static struct place *place_of(struct unwinder *unwinder, uint64_t address) {
    struct place *place;
    HASH_FIND(hh, unwinder->places, &address, sizeof address, place);
    if (place)
        return place;
    place = calloc(1, sizeof *place);
    if (!place)
        abort();
    place->address = address;
    place->row = read_row(unwinder, address);
    HASH_ADD(hh, unwinder->places, address, sizeof place->address, place);
    return place;
}

static bool is_code(const struct unwinder *unwinder, uint64_t address) {
    const struct mapping *mapping = target_mapping(unwinder->target, address);
    return mapping && mapping->executable;
}

/* %rbp names the place of the caller's, with the return address above it (System V ABI for AMD64, 3.2.2). */
static bool follow_frame_pointer(const struct unwinder *unwinder, const struct known_registers *from,
                                 struct known_registers *to) {
    uint64_t pair[2], base = from->value[REGISTER_RBP];
    *to = (struct known_registers){0};
    if (!register_is_known(from, REGISTER_RBP) || base < from->value[REGISTER_RSP] || base % 8 != 0 ||
        !target_has(&unwinder->view, base, pair, sizeof pair) || !is_code(unwinder, pair[1]))
        return false;
    register_set(to, REGISTER_RBP, pair[0]);
    register_set(to, REGISTER_RSP, base + sizeof pair);
    register_set(to, REGISTER_RA, pair[1]);
    return true;
}

/* What the call that `site` is the end of has called: "call rel32" (Intel SDM, CALL). 0: there is none. */
static uint64_t called_function(const struct unwinder *unwinder, uint64_t site) {
    unsigned char code[5];
    int32_t distance;
    if (!is_code(unwinder, site - 1) || !target_has(unwinder->target, site - 5, code, sizeof code) ||
        code[0] != 0xe8)
        return 0;
    memcpy(&distance, code + 1, sizeof distance);
    return site + (uint64_t)(int64_t)distance;
}

/* 0: not known. */
static uint64_t function_start(struct unwinder *unwinder, uint64_t address) {
    struct module *module = modules_at(&unwinder->modules, address);
    Dwfl_Module *dwfl = module ? modules_debug_info(&unwinder->modules, module) : NULL;
    GElf_Off offset;
    GElf_Sym symbol;
    if (!dwfl || !dwfl_module_addrinfo(dwfl, address, &offset, &symbol, NULL, NULL, NULL))
        return 0;
    return address - offset;
}

/* Does a function end in another? "jmp rel32", and as a condition (Intel SDM, JMP and Jcc): a short one, like those in which musl's lead to
 * others. */
static bool jumps_to(struct unwinder *unwinder, uint64_t function, uint64_t start) {
    enum { SHORT = 160, JUMP = 5 };
    unsigned char code[SHORT];
    int32_t distance;
    size_t size =
        is_code(unwinder, function) ? target_read(unwinder->target, function, code, sizeof code) : 0;
    for (size_t i = 0; i + JUMP <= size && function_start(unwinder, function + i) == function; i++) {
        bool conditional = i > 0 && code[i - 1] == 0x0f && (code[i] & 0xf0) == 0x80;
        memcpy(&distance, code + i + 1, sizeof distance);
        if ((code[i] == 0xe9 || conditional) && function + i + JUMP + (uint64_t)(int64_t)distance == start)
            return true;
    }
    return false;
}

/* Where nothing tells how to leave a function (musl has no unwind information), and %rbp does not: its caller stands behind a call to this very function,
 * whose return address is the nearest such one on the stack. */
static bool search_call(struct unwinder *unwinder, const struct known_registers *from, bool is_return,
                        struct known_registers *to) {
    enum { SEARCHED = 4096 };
    uint64_t sp = from->value[REGISTER_RSP], site,
             start = function_start(unwinder, from->value[REGISTER_RA] - is_return);
    *to = (struct known_registers){0};
    for (uint64_t at = sp & ~7ull;
         start != 0 && at < sp + SEARCHED && target_has(&unwinder->view, at, &site, sizeof site); at += 8) {
        uint64_t called = called_function(unwinder, site);
        if (called == 0 || (called != start && !jumps_to(unwinder, called, start)))
            continue;
        register_set(to, REGISTER_RSP, at + sizeof site);
        register_set(to, REGISTER_RA, site);
        return true;
    }
    return false;
}

/* "call *%register", two or three bytes (Intel SDM, CALL). */
static bool calls_by_address(const struct unwinder *unwinder, uint64_t site) {
    enum { FORM = 0xf8, CALL_REGISTER = 0xd0, CALL_MEMORY = 0x50 };
    unsigned char code[3];
    if (!target_has(unwinder->target, site - sizeof code, code, sizeof code))
        return false;
    return (code[1] == 0xff && (code[2] & FORM) == CALL_REGISTER) ||
           (code[0] == 0xff && (code[1] & FORM) == CALL_MEMORY);
}

/* Whom libc calls by its address: main, what a thread begins with, a routine of pthread_once. What lies there could be left over from
 * an earlier call: the frame above must make sense too. */
static bool is_called_by_libc(struct unwinder *unwinder, uint64_t at, const uint64_t pair[2]) {
    struct module *module = is_code(unwinder, pair[1]) ? modules_at(&unwinder->modules, pair[1]) : NULL;
    if (!module || !module->libc || !calls_by_address(unwinder, pair[1]))
        return false;
    struct place *place = place_of(unwinder, pair[1] - 1);
    struct known_registers here = {0}, caller;
    register_set(&here, REGISTER_RBP, pair[0]);
    register_set(&here, REGISTER_RSP, at + 2 * sizeof *pair);
    register_set(&here, REGISTER_RA, pair[1]);
    if (!place->row.found || place->row.last)
        return place->row.found;
    return row_apply(&place->row, &unwinder->view, &here, &caller) &&
           is_code(unwinder, caller.value[REGISTER_RA]);
}

/* A frame that is found through %rbp, whose value the kernel does not tell: it is where a return address of a call to this very function lies,
 * with a saved %rbp below it that names a place further up. The nearest such place is taken. */
static bool search_frame(struct unwinder *unwinder, const struct row *row, struct known_registers *from) {
    enum { SEARCHED = 16 * 1024 };
    bool through_rbp =
        row->base.form == RULE_REGISTER && row->base.number == REGISTER_RBP && row->base.offset == 16;
    uint64_t start = through_rbp ? function_start(unwinder, from->value[REGISTER_RA]) : 0;
    uint64_t sp = from->value[REGISTER_RSP], pair[2];
    if (start == 0 || register_is_known(from, REGISTER_RBP))
        return false;
    for (uint64_t at = sp & ~7ull; at < sp + SEARCHED && target_has(&unwinder->view, at, pair, sizeof pair);
         at += 8) {
        bool called = called_function(unwinder, pair[1]) == start && pair[0] > at && pair[0] % 8 == 0;
        if (!called && !is_called_by_libc(unwinder, at, pair))
            continue;
        register_set(from, REGISTER_RBP, at);
        return true;
    }
    return false;
}

static bool step(struct unwinder *unwinder, struct known_registers *registers, bool is_return, bool *last,
                 bool *signal, bool *by_frame_pointer) {
    struct place *place = place_of(unwinder, registers->value[REGISTER_RA] - is_return);
    struct known_registers caller;
    *last = place->row.found && place->row.last;
    *signal = place->row.found && place->row.signal;
    if (*last)
        return false;
    bool found = place->row.found && row_apply(&place->row, &unwinder->view, registers, &caller);
    if (!found && place->row.found && search_frame(unwinder, &place->row, registers))
        found = *by_frame_pointer = row_apply(&place->row, &unwinder->view, registers, &caller);
    if (!found && !place->row.found)
        found = *by_frame_pointer = follow_frame_pointer(unwinder, registers, &caller) ||
                                    search_call(unwinder, registers, is_return, &caller);
    /* A stack only grows towards its end; a handler may have a stack of its own, and the innermost function may keep its return address in a
     * register (glibc: vfork). */
    uint64_t least = registers->value[REGISTER_RSP] + is_return;
    if (!found || (caller.value[REGISTER_RSP] < least && !*signal))
        return false;
    *registers = caller;
    return true;
}

/* Which signal's handler it is. The kernel's frame: a ucontext of 304 bytes, where its handler returns to, then a siginfo, which begins with
 * the number (kernel: arch/x86/include/asm/sigframe.h, struct rt_sigframe); it is written only for a handler with SA_SIGINFO, else there is
 * what was there before. Where a program handles one signal, it is that. 0: not known. */
static int signal_at(const struct unwinder *unwinder, uint64_t sp) {
    enum { CONTEXT = 304, SIGNALS = 64 };
    const struct target *target = unwinder->target;
    int32_t said[2]; /* si_signo, si_errno */
    if (target->handlers_known && __builtin_popcountll(target->handlers) == 1)
        return 1 + __builtin_ctzll(target->handlers);
    if (!target_has(&unwinder->view, sp + CONTEXT, said, sizeof said) || said[0] < 1 || said[0] > SIGNALS ||
        said[1] != 0)
        return 0;
    bool handled = !target->handlers_known || target->handlers >> (said[0] - 1) & 1;
    return handled ? said[0] : 0;
}

/* A program with Go's table of functions in it. */
static bool is_go(struct unwinder *unwinder, uint64_t address) {
    struct module *module = modules_at(&unwinder->modules, address);
    if (!module || module == unwinder->not_go)
        return false;
    if (module == unwinder->go)
        return true;
    Elf *elf = modules_elf(&unwinder->modules, module);
    bool found = elf && elf_has_section(elf, ".gopclntab");
    *(found ? &unwinder->go : &unwinder->not_go) = module;
    return found;
}

/* Where a stack begins, and nothing says so: Go's runtime changes the stack there, by its own account the end of a traceback (runtime/traceback.go,
 * topofstack); musl has no unwind information for what calls a thread's function and main (src/thread/pthread_create.c, src/env/__libc_start_main.c). */
static bool is_bottom(struct unwinder *unwinder, uint64_t address) {
    static const char *const names[] = {"runtime.mcall",  "runtime.systemstack",   "runtime.mstart",
                                        "runtime.goexit", "runtime.rt0_go",        "start",
                                        "start_c11",      "libc_start_main_stage2"};
    bool looks = !place_of(unwinder, address)->row.found || is_go(unwinder, address);
    const char *name = looks ? unwinder_name(unwinder, address, false).name : NULL;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(names[i], name, length) == 0 && (name[length] == '\0' || name[length] == '.'))
            return true;
    }
    return false;
}

void unwind(struct unwinder *unwinder, const struct known_registers *from, struct unwound *unwound) {
    struct known_registers registers = *from;
    bool is_return = false, last = false, signal = false, by_frame_pointer = false;
    *unwound = (struct unwound){.end = UNWOUND_BROKEN};
    if (!register_is_known(from, REGISTER_RA) || !register_is_known(from, REGISTER_RSP))
        return;
    move_window(unwinder, from->value[REGISTER_RSP] - RED_ZONE);
    while (unwound->count < UNWOUND_DEPTH) {
        unwound->frame[unwound->count] = registers.value[REGISTER_RA];
        unwound->base[unwound->count++] = registers.value[REGISTER_RSP];
        size_t here = unwound->count - 1;
        uint64_t sp = registers.value[REGISTER_RSP];
        if (is_bottom(unwinder, registers.value[REGISTER_RA] - is_return)) {
            unwound->end = UNWOUND_WHOLE;
            return;
        }
        bool stepped = step(unwinder, &registers, is_return, &last, &signal, &by_frame_pointer);
        unwound->by_frame_pointer |= by_frame_pointer && stepped;
        by_frame_pointer = false;
        if (signal)
            unwound->signal[here] = (uint8_t)(1 + signal_at(unwinder, sp));
        /* clone's child has no caller: where that is not told, its return address is 0 */
        if (!stepped || registers.value[REGISTER_RA] == 0) {
            unwound->end = last || stepped ? UNWOUND_WHOLE : UNWOUND_BROKEN;
            return;
        }
        is_return = !signal;
    }
    unwound->end = UNWOUND_CUT;
}

struct code_name unwinder_name(struct unwinder *unwinder, uint64_t address, bool is_return) {
    struct place *place = place_of(unwinder, is_return ? address - 1 : address);
    if (place->named)
        return place->name;
    struct module *module = modules_at(&unwinder->modules, place->address);
    Dwfl_Module *dwfl = module ? modules_debug_info(&unwinder->modules, module) : NULL;
    GElf_Off offset;
    GElf_Sym symbol;
    place->named = true;
    if (dwfl)
        place->name.name = dwfl_module_addrinfo(dwfl, place->address, &offset, &symbol, NULL, NULL, NULL);
    place->name.libc = module && (module->libc || module->shim);
    return place->name;
}

const void **unwinder_notes(struct unwinder *unwinder, uint64_t address) {
    return place_of(unwinder, address)->notes;
}

uint64_t unwinder_symbol(struct unwinder *unwinder, const char *file, const char *symbol, uint64_t *size) {
    for (size_t i = 0; i < unwinder->modules.count; i++) {
        struct module *module = &unwinder->modules.all[i];
        Dwfl_Module *dwfl =
            strstr(module->path, file) ? modules_debug_info(&unwinder->modules, module) : NULL;
        int count = dwfl ? dwfl_module_getsymtab(dwfl) : 0;
        for (int k = 1; k < count; k++) {
            GElf_Sym found;
            GElf_Addr address;
            const char *name = dwfl_module_getsym_info(dwfl, k, &found, &address, NULL, NULL, NULL);
            size_t length = strlen(symbol);
            if (name && found.st_shndx != SHN_UNDEF && strncmp(name, symbol, length) == 0 &&
                (name[length] == '\0' || name[length] == '@')) {
                *size = found.st_size;
                return address;
            }
        }
    }
    return 0;
}

const struct target *unwinder_target(const struct unwinder *unwinder) {
    return &unwinder->view;
}

bool unwinder_has_libc(const struct unwinder *unwinder) {
    for (size_t i = 0; i < unwinder->modules.count; i++)
        if (unwinder->modules.all[i].libc)
            return true;
    return false;
}

unsigned unwinder_glibc_minor(struct unwinder *unwinder) {
    if (unwinder->glibc_asked)
        return unwinder->glibc_minor;
    unwinder->glibc_asked = true;
    for (size_t i = 0; i < unwinder->modules.count && unwinder->glibc_minor == 0; i++) {
        struct module *module = &unwinder->modules.all[i];
        const char *name = base_name(module->path);
        if (strncmp(name, "libc.so.6", 9) != 0 && strncmp(name, "libc-2.", 7) != 0)
            continue;
        Elf *elf = modules_elf(&unwinder->modules, module);
        if (elf)
            unwinder->glibc_minor = glibc_minor_of(elf);
    }
    return unwinder->glibc_minor;
}
