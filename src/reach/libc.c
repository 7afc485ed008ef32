#include "libc.h"

#include <string.h>

#include "peek.h"
#include "shared/base_name.h"

/* Until 2.33 the files are called libc-2.31.so and so on. */
static bool is_of_libc(const char *path) {
    static const char *const names[] = {"libc.so",       "libc-2.",  "libpthread.so",
                                        "libpthread-2.", "ld-linux", "ld-2."};
    const char *file = base_name(path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(file, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

uint64_t libc_find(const struct image *image, const struct snapshot *snapshot, libc_shape *is,
                   const void *wanted) {
    for (uint64_t i = 0; i < snapshot->header->modules.count; i++) {
        const struct lw_snapshot_module *module = &snapshot->modules[i];
        if (!is_of_libc(snapshot_words(snapshot, module->path)))
            continue;
        for (size_t k = 0; k < image->area_count; k++) {
            const struct area *area = &image->areas[k];
            if (area->kind != AREA_ROOT || area->start < module->start || area->start >= module->end)
                continue;
            for (uint64_t at = area->start; at + sizeof(uint64_t) <= area->end; at += sizeof(uint64_t))
                if (is(image, at, wanted))
                    return at;
        }
    }
    return 0;
}
