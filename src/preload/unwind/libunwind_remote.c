#include "libunwind_remote.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "arch/unwind.h"
#include "listed_tables.h"
#include "rt/sys.h"
#include "shared/snapshot.h"
#include "signal_frames.h"

/* The functions used, by their names in the library for this processor. */
#define LIBUNWIND(X)                                                     \
    X(create_addr_space, unw_addr_space_t, (unw_accessors_t *, int))     \
    X(set_caching_policy, int, (unw_addr_space_t, unw_caching_policy_t)) \
    X(init_remote, int, (unw_cursor_t *, unw_addr_space_t, void *))      \
    X(step, int, (unw_cursor_t *))                                       \
    X(get_reg, int, (unw_cursor_t *, int, unw_word_t *))                 \
    X(get_save_loc, int, (unw_cursor_t *, int, unw_save_loc_t *))        \
    X(dwarf_search_unwind_table, int,                                    \
      (unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *))

static struct {
#define X(name, type, parameters) type(*name) parameters;
    LIBUNWIND(X)
#undef X
    unw_addr_space_t space;
    size_t words_before_table; /* in struct table_entry */
    uintptr_t vdso;
    bool ready;
} lib;

/* The libunwind that is loaded may be newer than the one that this was built with, and read fields that were added at the end since (libunwind-common.h:
 * three from 1.3 to 1.8): they are there, and 0. */
#define LATER_FIELDS void *later[16]

/* unw_dyn_info_t of a table, whose layout is that of the libunwind that is loaded, not of the header: since 1.3 a word, the module's load offset, was put
 * before what is told of the table (libunwind-dynamic.h). Which it is, is tried. */
struct table_entry {
    void *next, *previous;
    unw_word_t start, end, gp;
    int32_t format, padding;
    unw_word_t words[16];
};
enum { WORDS_BEFORE_TABLE_MAX = 1 };
enum { TABLE_NAME, TABLE_BASE, TABLE_WORDS, TABLE_DATA }; /* unw_dyn_remote_table_info_t */
_Static_assert(offsetof(unw_dyn_info_t, u) == offsetof(struct table_entry, words) ||
                   offsetof(unw_dyn_info_t, u) == offsetof(struct table_entry, words[WORDS_BEFORE_TABLE_MAX]),
               "a libunwind of a third layout");

/* What one question to libunwind is about; the accessors' argument. */
struct question {
    uintptr_t pc;
    const struct registers *registers; /* NULL: symbolic */
    struct stack_memory *memory;
    bool found;    /* an unwind entry, for the last address looked up */
    bool odd;      /* the row reads what a plain row does not */
    bool in_place; /* the module cannot go away: its tables may be read where they lie */
    uintptr_t module_start, module_end;
    uintptr_t return_slot;
};

/* Symbolic registers lie outside of user space, so that no address of a module is taken for one. */
#define SYMBOLIC_SP ((uintptr_t)0xfff1000000000000u)
#define SYMBOLIC_BP ((uintptr_t)0xfff2000000000000u)
#define SYMBOLIC    ((uintptr_t)0xfff0000000000000u)
enum { SYMBOLIC_REACH = 1 << 28 };

static bool is_symbolic(uintptr_t address) {
    return address >= SYMBOLIC;
}

static bool reaches(uintptr_t address, uintptr_t base) {
    intptr_t distance = (intptr_t)(address - base);
    return distance > -SYMBOLIC_REACH && distance < SYMBOLIC_REACH;
}

#if !defined(DLFO_STRUCT_HAS_EH_DBASE)
/* The header is of a glibc before 2.35, the one that is loaded may be newer, and may write what it has put into the reserve since. */
struct dl_find_object {
    unsigned long long flags;
    void *dlfo_map_start, *dlfo_map_end;
    struct link_map *dlfo_link_map;
    void *dlfo_eh_frame;
    unsigned long long reserved[8];
};
#endif
static int (*find_object)(void *, struct dl_find_object *);

bool libunwind_asks_kernel(void) {
    return !find_object;
}

/* Address of .eh_frame_hdr of the module around pc, 0 if there is none. */
static uintptr_t unwind_table_of(uintptr_t pc, struct question *question) {
    struct dl_find_object object = {0};
    if (find_object) {
        if (find_object((void *)pc, &object) != 0)
            return 0;
        question->module_start = (uintptr_t)object.dlfo_map_start;
        question->module_end = (uintptr_t)object.dlfo_map_end;
        return (uintptr_t)object.dlfo_eh_frame;
    }
    return listed_table_of(pc);
}

/* Reads of a module's tables; through the kernel, which cannot fault, unless the module is known to stay. */
static bool read_table(const struct question *question, uintptr_t address, void *into, size_t size) {
    if (question->in_place && address >= question->module_start && address + size <= question->module_end) {
        memcpy(into, (const void *)address, size);
        return true;
    }
    return sys_peek(address, into, size) == size;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t pc, unw_proc_info_t *info, int need_details,
                          void *argument) {
    struct question *question = argument;
    uintptr_t header = unwind_table_of(pc, question);
    uint8_t bytes[12];
    question->found = false;
    /* Version 1, eh_frame_ptr of 4 bytes pc-relative, count of 4 bytes, table of 4+4 bytes relative to the
     * header: what every linker writes (LSB, "The .eh_frame_hdr section"). */
    if (header == 0 || !read_table(question, header, bytes, sizeof bytes) || bytes[0] != 1 ||
        bytes[2] != 0x03 || bytes[3] != 0x3b)
        return -UNW_ENOINFO;
    uint32_t entries;
    memcpy(&entries, bytes + 8, sizeof entries);
    struct table_entry entry = {.end = UINTPTR_MAX, .format = UNW_INFO_FORMAT_REMOTE_TABLE};
    unw_word_t *table = entry.words + lib.words_before_table;
    table[TABLE_BASE] = header;
    table[TABLE_DATA] = header + 12;
    table[TABLE_WORDS] = (unw_word_t)entries * 8 / sizeof(unw_word_t);
    int result =
        lib.dwarf_search_unwind_table(space, pc, (unw_dyn_info_t *)&entry, info, need_details, argument);
    question->found = result == 0;
    return result;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {
    /* The pool it came from is libunwind's and is not exported; with need_details it is a copy of the CIE
     * in a pool that libunwind itself recycles through its own put for local tables. */
    (void)space, (void)info, (void)argument;
}

/* A return address without its signature; libunwind also reads instructions, which must stay as they are. */
static uintptr_t as_code(const struct stack_memory *memory, uintptr_t word) {
    uintptr_t address = code_address(word);
    return address != word && memory->is_code && memory->is_code(address) ? address : word;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                      void *argument) {
    struct question *question = argument;
    (void)space;
    if (write)
        return -UNW_EINVAL;
    if (question->registers) {
        if (question->memory->word(question->memory, address, value)) {
            *value = as_code(question->memory, *value);
            return 0;
        }
    } else if (address - question->pc < SIGNAL_RETURN_CODE) {
        /* Libunwind looks for what a handler returns to, which is not at one less than an address. */
        *value = 0;
        return 0;
    } else if (is_symbolic(address)) {
        /* A plain row reads one word: the return address. */
        if (question->return_slot != 0 && question->return_slot != address)
            question->odd = true;
        question->return_slot = address;
        *value = 1;
        return 0;
    }
    return read_table(question, address, value, sizeof *value) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                      void *argument) {
    struct question *question = argument;
    const struct registers *registers = question->registers;
    (void)space;
    if (write)
        return -UNW_EREADONLYREG;
    if (registers)
        return unwind_register(registers, number, value) ? 0 : -UNW_EBADREG;
    if (number == LIBUNWIND_PC) {
        *value = question->pc;
    } else if (number == LIBUNWIND_SP) {
        *value = SYMBOLIC_SP;
    } else if (number == LIBUNWIND_BP) {
        *value = SYMBOLIC_BP;
    } else {
        question->odd = true;
        *value = SYMBOLIC;
    }
    return 0;
}

static int no_list(unw_addr_space_t space, unw_word_t *address, void *argument) {
    (void)space, (void)address, (void)argument;
    return -UNW_ENOINFO;
}
static int no_fpreg(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                    void *argument) {
    (void)space, (void)number, (void)value, (void)write, (void)argument;
    return -UNW_EINVAL;
}
static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) {
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}
static int no_name(unw_addr_space_t space, unw_word_t address, char *name, size_t size, unw_word_t *offset,
                   void *argument) {
    (void)space, (void)address, (void)name, (void)size, (void)offset, (void)argument;
    return -UNW_ENOINFO;
}

static __thread bool inside __attribute__((tls_model("initial-exec")));

bool libunwind_is_inside(void) {
    return inside;
}
void libunwind_inside(bool now) {
    inside = now;
}

/* A function of the shim's own is found with the right layout only: with the other, what libunwind takes for the table lies where nothing can be read. */
static bool find_layout(void) {
    uintptr_t known = (uintptr_t)libunwind_load;
    for (size_t words = 0; words <= WORDS_BEFORE_TABLE_MAX; words++) {
        lib.words_before_table = words;
        if (libunwind_function_start(known, true) == known)
            return true;
    }
    return false;
}

static bool load(void) {
    void *library = dlopen(LIBUNWIND_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        dlerror();
        return false;
    }
#define X(name, type, parameters)                                          \
    lib.name = (type(*) parameters)dlsym(library, LIBUNWIND_PREFIX #name); \
    if (!lib.name)                                                         \
        return false;
    LIBUNWIND(X)
#undef X
    find_object = (int (*)(void *, struct dl_find_object *))dlsym(RTLD_DEFAULT, "_dl_find_object");
    dlerror();
    static struct {
        unw_accessors_t known;
        LATER_FIELDS;
    } accessors = {.known = {
                       .find_proc_info = find_proc_info,
                       .put_unwind_info = put_unwind_info,
                       .get_dyn_info_list_addr = no_list,
                       .access_mem = access_mem,
                       .access_reg = access_reg,
                       .access_fpreg = no_fpreg,
                       .resume = no_resume,
                       .get_proc_name = no_name,
                   }};
    lib.space = lib.create_addr_space(&accessors.known, 0);
    if (!lib.space)
        return false;
    lib.vdso = getauxval(AT_SYSINFO_EHDR);
    lib.set_caching_policy(lib.space, UNW_CACHE_NONE); /* rows are our cache */
    lib.ready = find_layout();
    return lib.ready;
}

bool libunwind_load(void) {
    inside = true;
    bool loaded = load();
    inside = false;
    return loaded;
}

bool libunwind_ready(void) {
    return lib.ready;
}
void libunwind_give_up(void) {
    lib.ready = false;
}

/* Of the modules only the vDSO has what a handler returns to: the code of others is not asked for, which could take the kernel, and the
 * program may have set itself a filter. */
static bool returns_from_signal(uintptr_t pc, bool in_place) {
    struct question question = {.pc = pc, .in_place = in_place};
    if (in_place)
        unwind_table_of(pc, &question);
    return (question.module_start == 0 || question.module_start == lib.vdso) && is_signal_frame(pc);
}

struct row libunwind_row(uintptr_t pc, bool in_place) {
    struct row none = {.kind = ROW_NONE}, complex = {.kind = ROW_COMPLEX};
    struct question question = {.pc = pc - 1, .in_place = in_place};
    unw_cursor_t cursor;
    if (SIGNAL_RETURN_MISLEADS && returns_from_signal(pc, in_place))
        return complex;
    if (lib.init_remote(&cursor, lib.space, &question) < 0)
        return none;
    question.odd = false; /* what init reads is no part of the row */
    int stepped = lib.step(&cursor);
    if (!question.found)
        return none;
    if (stepped == 0)
        return (struct row){.kind = ROW_END}; /* return address undefined: _start, clone */
    unw_word_t cfa;
    unw_save_loc_t bp;
    if (stepped < 0 || question.odd || lib.get_reg(&cursor, LIBUNWIND_SP, &cfa) < 0 ||
        lib.get_save_loc(&cursor, LIBUNWIND_BP, &bp) < 0)
        return complex;
    struct row row = {.kind = ROW_COMPLEX};
    if (reaches(cfa, SYMBOLIC_SP))
        row = (struct row){.kind = ROW_SP, .cfa = (int32_t)(cfa - SYMBOLIC_SP)};
    else if (reaches(cfa, SYMBOLIC_BP))
        row = (struct row){.kind = ROW_BP, .cfa = (int32_t)(cfa - SYMBOLIC_BP)};
    else
        return complex;
    if (bp.type == UNW_SLT_MEMORY && reaches(bp.u.addr, cfa) && bp.u.addr != cfa)
        row.bp = (int32_t)(bp.u.addr - cfa);
    else if (bp.type == UNW_SLT_MEMORY)
        return complex;
    if (question.return_slot != cfa + (uintptr_t)(intptr_t)return_slot(row.bp))
        return complex;
    return row;
}

/* What is kept of a frame that the kernel made to call a handler, whose address or return address is `called`: the signal. It is
 * known by what the handler returns to; libunwind tells of a frame only that it was interrupted. */
static uintptr_t signal_frame(unw_cursor_t *cursor, struct stack_memory *memory, uintptr_t called) {
    unw_word_t sp;
    uintptr_t word;
    if (lib.get_reg(cursor, LIBUNWIND_SP, &sp) < 0 || !memory->word(memory, sp + SIGNAL_FRAME_NUMBER, &word))
        word = 0;
    return LW_FRAME_SIGNAL +
           (uintptr_t)signal_of_handler(libunwind_function_start(called, false), (uint32_t)word);
}

void libunwind_whole(const struct registers *from, struct stack_memory *memory, uintptr_t *frames,
                     size_t room, bool (*ends_at)(uintptr_t pc), bool asks, struct unwound *result) {
    struct question question = {.pc = from->pc, .registers = from, .memory = memory};
    unw_cursor_t cursor;
    *result = (struct unwound){.broken = true};
    if (lib.init_remote(&cursor, lib.space, &question) < 0)
        return;
    for (;;) {
        int stepped = lib.step(&cursor);
        unw_word_t pc;
        if (!question.found || stepped < 0)
            return;
        bool interrupted = result->count > 0 && lw_frame_is_signal(frames[result->count - 1]);
        if (stepped == 0 || lib.get_reg(&cursor, interrupted ? LIBUNWIND_PC : LIBUNWIND_RETURN, &pc) < 0 ||
            pc == 0 || ends_at(pc)) {
            result->broken = false;
            return;
        }
        if (result->count == room) {
            result->cut = true;
            result->broken = false;
            return;
        }
        uintptr_t called = result->count > 0 ? frames[result->count - 1] - 1 : from->pc;
        if (is_signal_frame(pc))
            pc = asks ? signal_frame(&cursor, memory, called) : LW_FRAME_SIGNAL;
        frames[result->count++] = pc;
    }
}

uintptr_t libunwind_function_start(uintptr_t pc, bool in_place) {
    struct question question = {.pc = pc, .in_place = in_place};
    unw_proc_info_t info = {0};
    if (find_proc_info(lib.space, pc, &info, 0, &question) != 0)
        return 0;
    return info.start_ip;
}
