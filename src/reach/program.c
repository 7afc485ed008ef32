#include "program.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "shared/base_name.h"

/* These keep addresses in forms of their own: compressed, tagged, or as offsets. */
static bool has_own_addresses(const char *file) {
    static const char *const names[] = {"libjvm.so", "libnode.so", "libv8",   "node",      "java",
                                        "chrome",    "chromium",   "libmono", "libcoreclr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        bool is_program = strncmp(names[i], "lib", 3) != 0;
        if (strncmp(file, names[i], length) == 0 && (!is_program || file[length] == '\0'))
            return true;
    }
    return false;
}

enum use {
    USE_CANCEL = 1 << 0,
    USE_JUMP = 1 << 1,    /* out of a handler, to where glibc has put a mark */
    USE_SWITCH = 1 << 11, /* to anywhere */
    USE_CONTEXT = 1 << 2, /* other stacks, perhaps within a thread's own */
    USE_HANDLER = 1 << 3,
    USE_SEND = 1 << 4,  /* a signal to one thread */
    USE_QUEUE = 1 << 5, /* System V messages */
    USE_UNSHARE = 1 << 6,
    USE_CLONE = 1 << 7,        /* a process in this one's memory, and perhaps not its child */
    USE_ANYWHERE = 1 << 8,     /* to cancel a thread where it is no cancellation point */
    USE_END = 1 << 9,          /* the thread itself */
    USE_SEND_NUMBER = 1 << 10, /* a signal to one thread, by its number */
    USE_PROTECT = 1 << 12,     /* memory that is written to may be code later */
};

static const struct {
    const char *name;
    unsigned uses;
} functions[] = {
    {"pthread_cancel", USE_CANCEL},
    {"pthread_setcanceltype", USE_ANYWHERE},
    {"pthread_exit", USE_END},
    {"thrd_exit", USE_END},
    {"siglongjmp", USE_JUMP},
    {"longjmp", USE_JUMP},
    {"_longjmp", USE_JUMP},
    {"__longjmp_chk", USE_JUMP},
    {"setcontext", USE_SWITCH | USE_CONTEXT},
    {"swapcontext", USE_SWITCH | USE_CONTEXT},
    {"makecontext", USE_CONTEXT},
    {"sigaction", USE_HANDLER},
    {"signal", USE_HANDLER},
    {"bsd_signal", USE_HANDLER},
    {"sysv_signal", USE_HANDLER},
    {"__sysv_signal", USE_HANDLER},
    {"ssignal", USE_HANDLER},
    {"sigset", USE_HANDLER},
    {"pthread_kill", USE_SEND},
    {"pthread_sigqueue", USE_SEND},
    {"tgkill", USE_SEND | USE_SEND_NUMBER},
    {"msgrcv", USE_QUEUE},
    {"unshare", USE_UNSHARE},
    {"mprotect", USE_PROTECT},
    {"pkey_mprotect", USE_PROTECT},
    {"clone", USE_CLONE},
    {"__clone", USE_CLONE},
};

struct imports {
    unsigned uses; /* enum use */
    bool is_go;
};

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct imports *imports) {
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) && symbol.st_shndx == SHN_UNDEF
                               ? elf_strptr(elf, header->sh_link, symbol.st_name)
                               : NULL;
        for (size_t k = 0; name && k < sizeof functions / sizeof *functions; k++)
            if (strcmp(name, functions[k].name) == 0)
                imports->uses |= functions[k].uses;
    }
}

/* OpenSSL's jumps are between fibres of its own (crypto/async), not out of handlers, and what it protects are secrets (crypto/mem_sec.c). What glibc's librt cancels, where it is a library of its own (until
 * 2.33), is a thread that it has just made itself (sysdeps/unix/sysv/linux/mq_notify.c). */
static unsigned uses_left_out(const char *file) {
    if (strncmp(file, "librt-2.", 8) == 0 || strcmp(file, "librt.so.1") == 0)
        return USE_CANCEL;
    return strncmp(file, "libcrypto.so", 12) == 0 ? USE_JUMP | USE_SWITCH | USE_PROTECT : 0;
}

static void read_imports(const char *path, const char *file, struct imports *of_program) {
    struct imports of_file = {0}, *imports = &of_file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd >= 0 && elf_version(EV_CURRENT) != EV_NONE ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    size_t names;
    for (Elf_Scn *section = NULL;
         elf && elf_getshdrstrndx(elf, &names) == 0 && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        imports->is_go |= name && strcmp(name, ".go.buildinfo") == 0;
        if (header.sh_type == SHT_DYNSYM)
            read_symbols(elf, section, &header, imports);
    }
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
    of_program->uses |= of_file.uses & ~uses_left_out(file);
    of_program->is_go |= of_file.is_go;
}

static enum lw_frozen_refusal refusal_for(const struct imports *imports, bool handles,
                                          const struct lw_frozen *frozen) {
    if (imports->is_go)
        return LW_FROZEN_GENERATED;
    if (handles && (imports->uses & USE_SWITCH))
        return LW_FROZEN_JUMPS;
    if (imports->uses & USE_QUEUE)
        return LW_FROZEN_QUEUES;
    if (imports->uses & USE_CLONE)
        return LW_FROZEN_SHARED;
    return frozen->files_unknown && (imports->uses & USE_UNSHARE) ? LW_FROZEN_FILES : LW_FROZEN_NONE;
}

struct program program_look(const struct snapshot *snapshot, const struct lw_frozen *frozen) {
    struct imports imports = {0};
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const char *path = snapshot_words(snapshot, snapshot->modules[i].path), *file = base_name(path);
        if (has_own_addresses(file))
            return (struct program){.refusal = LW_FROZEN_GENERATED};
        bool is_libc = strncmp(file, "libc.so", 7) == 0 || strncmp(file, "libc-2.", 7) == 0 ||
                       strncmp(file, "libpthread", 10) == 0;
        if (path[0] == '/' && !is_libc && strncmp(file, "libleakwatch", 12) != 0)
            read_imports(path, file, &imports);
    }
    unsigned uses = imports.uses, sends = USE_SEND | USE_HANDLER,
             sends_numbers = USE_SEND_NUMBER | USE_HANDLER;
    bool signals = (uses & sends) == sends, handles = lw_waking_signals(snapshot->header->handlers) != 0;
    return (struct program){.refusal = refusal_for(&imports, handles || signals, frozen),
                            .keeps_frames = handles || (uses & USE_CONTEXT),
                            .signals_threads = signals,
                            .signals_by_number = (uses & sends_numbers) == sends_numbers,
                            .cancels = uses & USE_CANCEL,
                            .cancels_anywhere = uses & USE_ANYWHERE,
                            .ends_threads = uses & (USE_CANCEL | USE_END),
                            .jumps = uses & USE_JUMP,
                            .makes_code = uses & USE_PROTECT};
}
