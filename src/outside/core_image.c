#include "core_image.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

size_t core_image_read(const struct core_image *image, uint64_t offset, void *into, size_t size) {
    size_t done = 0;
    if (offset > INT64_MAX - size)
        return 0;
    while (done < size) {
        ssize_t read = pread(image->fd, (char *)into + done, size - done, (off_t)(offset + done));
        if (read <= 0)
            break;
        done += (size_t)read;
    }
    return done;
}

/* By the first bytes of a file: the program that unpacks it. */
static const char *packed_by(const struct core_image *image) {
    static const struct {
        const char *magic;
        size_t length;
        const char *program;
    } known[] = {{"\x28\xb5\x2f\xfd", 4, "zstd"},
                 {"\x04\x22\x4d\x18", 4, "lz4"},
                 {"\xfd"
                  "7zXZ",
                  5, "xz"},
                 {"\x1f\x8b", 2, "gzip"}};
    char start[8] = "";
    core_image_read(image, 0, start, sizeof start);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(start, known[i].magic, known[i].length) == 0)
            return known[i].program;
    return NULL;
}

int core_image_unnamed(void) {
    const char *directory = getenv("TMPDIR");
    int fd = open(directory && directory[0] ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* What unpacks has ended early, for want of room or of sense: is there room for more? */
static bool has_room(int fd) {
    static const char more[65536] = {1};
    off_t size = lseek(fd, 0, SEEK_END);
    bool written = pwrite(fd, more, sizeof more, size) == sizeof more;
    return ftruncate(fd, size) == 0 && written;
}

static bool unpack(struct core_image *image, const char *program, char why[256]) {
    char *arguments[] = {(char *)program, "-dc", NULL};
    posix_spawn_file_actions_t actions;
    int into = core_image_unnamed(), status = -1;
    pid_t child;
    if (into < 0) {
        snprintf(why, 256, "there is no room to unpack it: %s", strerror(errno));
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, image->fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, into, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        waitpid(child, &status, 0);
    close(image->fd);
    image->fd = into;
    if (error == ENOENT)
        snprintf(why, 256, "it is packed by %s, which is not installed", program);
    else if (error != 0)
        snprintf(why, 256, "%s cannot be started: %s", program, strerror(error));
    if (error != 0 || status == 0)
        return error == 0;
    /* a packed file that is cut gives what it has */
    image->spoilt_for = program;
    if (has_room(into))
        return true;
    snprintf(why, 256, "there is no room to unpack it: set TMPDIR to a directory that has");
    return false;
}

/* Of a machine (elf.h) whose order of bytes is this one's or the other. */
static const char *machine_name(const Elf64_Ehdr *header) {
    uint16_t machine = header->e_machine;
    if (header->e_ident[EI_DATA] == ELFDATA2MSB)
        machine = __builtin_bswap16(machine);
    switch (machine) {
    case EM_AARCH64:
        return "aarch64";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "POWER";
    case EM_S390:
        return "s390x";
    case EM_MIPS:
        return "MIPS";
    default:
        return "another kind";
    }
}

static bool check_header(const Elf64_Ehdr *header, char why[256]) {
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        snprintf(why, 256, "it is no core file");
    else if (header->e_ident[EI_CLASS] == ELFCLASS32)
        snprintf(why, 256, "it is of a 32-bit program: only 64-bit ones are read");
    else if (header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_X86_64)
        snprintf(why, 256, "it is of another processor, of %s: only cores of x86-64 are read",
                 machine_name(header));
    else if (header->e_type != ET_CORE)
        snprintf(why, 256, "it is an ELF file, but no core");
    else if (header->e_phentsize != sizeof(Elf64_Phdr))
        snprintf(why, 256, "its program headers have a size that is not known");
    else
        return true;
    return false;
}

/* elf(5): of more than 65534, the number is in the first section header. */
static size_t count_headers(const struct core_image *image, const Elf64_Ehdr *header) {
    Elf64_Shdr first;
    if (header->e_phnum != PN_XNUM)
        return header->e_phnum;
    return core_image_read(image, header->e_shoff, &first, sizeof first) == sizeof first ? first.sh_info : 0;
}

static bool read_headers(struct core_image *image, char why[256]) {
    enum { MOST = 1 << 20 };
    Elf64_Ehdr header = {0};
    struct stat status;
    size_t read = core_image_read(image, 0, &header, sizeof header);
    if (read < sizeof header && (read < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) == 0)) {
        snprintf(why, 256, read == 0 ? "it is empty" : "it ends within its first header");
        return false;
    }
    if (!check_header(&header, why))
        return false;
    size_t count = count_headers(image, &header);
    image->headers = count > 0 && count <= MOST ? calloc(count, sizeof *image->headers) : NULL;
    if (image->headers)
        image->count =
            core_image_read(image, header.e_phoff, image->headers, count * sizeof *image->headers) /
            sizeof *image->headers;
    if (image->count == 0) {
        snprintf(why, 256, "it ends before its program headers");
        return false;
    }
    image->size = fstat(image->fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    for (size_t i = 0; i < image->count; i++) {
        const Elf64_Phdr *one = &image->headers[i];
        uint64_t end;
        if (__builtin_add_overflow(one->p_offset, one->p_filesz, &end) || end <= image->size)
            continue;
        uint64_t lost = one->p_offset >= image->size ? one->p_filesz : end - image->size;
        image->missing = image->missing + lost >= lost ? image->missing + lost : UINT64_MAX;
    }
    return true;
}

bool core_image_open(struct core_image *image, const char *path, char why[256]) {
    struct stat status;
    *image = (struct core_image){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (image->fd < 0 || fstat(image->fd, &status) != 0) {
        snprintf(why, 256, "%s", strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        snprintf(why, 256, "it is no file");
        return false;
    }
    const char *program = packed_by(image);
    if (program && !unpack(image, program, why))
        return false;
    if (read_headers(image, why))
        return true;
    if (image->spoilt_for)
        snprintf(why, 256, "%s cannot unpack it: it is cut or damaged", program);
    return false;
}
