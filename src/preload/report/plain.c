#include "plain.h"

#include <string.h>

#include "rt/own_descriptors.h"
#include "rt/sys.h"
#include "rt/text.h"
#include "shared/snapshot.h"

struct listing {
    int fd;
    const char *base;
    const struct lw_snapshot_header *header;
    struct text text;
    char words[4096];
};

static const char *const kinds[] = {
#define X(id, words, traits) words,
    LW_WAIT_KINDS(X)
#undef X
};
static const char *const states[] = {
#define X(id, words) words,
    LW_STATES(X)
#undef X
};

static void flush(struct listing *listing) {
    sys_call(SYS_write, listing->fd, listing->text.at, listing->text.length);
    listing->text = TEXT_IN(listing->words);
}

static const char *string(const struct listing *listing, uint32_t offset) {
    return listing->base + listing->header->strings.offset + offset;
}

static void put_frame(struct listing *listing, uint64_t address) {
    const struct lw_snapshot_module *module = (const void *)(listing->base + listing->header->modules.offset);
    struct text *text = &listing->text;
    text_put(text, "    ");
    if (lw_frame_is_signal(address)) {
        text_put(text, "<signal ");
        text_put_number(text, (int64_t)(address - LW_FRAME_SIGNAL));
        text_put(text, ">\n");
        return;
    }
    for (uint64_t i = 0; i < listing->header->modules.count; i++, module++) {
        if (address < module->start || address >= module->end)
            continue;
        text_put(text, string(listing, module->path));
        text_put_char(text, '+');
        text_put_hex(text, address - module->bias);
        text_put_char(text, '\n');
        return;
    }
    text_put_hex(text, address);
    text_put_char(text, '\n');
}

static void put_frames(struct listing *listing, uint64_t first, uint32_t count) {
    const uint64_t *frames = (const void *)(listing->base + listing->header->frames.offset);
    for (uint32_t i = 0; i < count; i++) {
        if (listing->text.room - listing->text.length < 1200)
            flush(listing);
        put_frame(listing, frames[first + i]);
    }
}

static void put_thread(struct listing *listing, const struct lw_snapshot_thread *thread) {
    struct text *text = &listing->text;
    const char *kind = kinds[thread->kind];
    text_put(text, "  ");
    text_put(text, string(listing, thread->name));
    text_put(text, " (");
    text_put_number(text, thread->tid);
    text_put(text, ")  ");
    text_put(text, states[thread->state]);
    if (thread->kind != LW_WAIT_NONE) {
        text_put(text, "  [");
        text_put(text, kind);
        if (thread->wait_started != 0) {
            text_put(text, ", ");
            text_put_seconds(text, listing->header->monotonic - thread->wait_started);
        }
        text_put(text, "]");
    }
    if (thread->object != 0) {
        text_put(text, "  on ");
        text_put_hex(text, thread->object);
    }
    if (thread->fd >= 0) {
        text_put(text, "  on ");
        text_put_number(text, thread->fd);
        text_put_char(text, ' ');
        text_put(text, string(listing, thread->target));
    }
    text_put_char(text, '\n');
    put_frames(listing, thread->stack_first, thread->stack_count);
    if (thread->creation_count > 0) {
        text_put(text, "   created at\n");
        put_frames(listing, thread->creation_first, thread->creation_count);
    }
    flush(listing);
}

int plain_list(const void *snapshot, const char *log, const char *why) {
    struct listing listing = {.fd = 2, .base = snapshot, .header = snapshot};
    const struct lw_snapshot_header *header = listing.header;
    bool judges = lw_trigger_judges(header->trigger);
    listing.text = TEXT_IN(listing.words);
    if (log[0] != '\0') {
        long fd = sys_call(SYS_openat, AT_FDCWD, log, O_CREAT | O_APPEND | OWN_WRITTEN_FLAGS, 0600);
        if (fd < 0)
            text_complain("cannot write ", log, "; the report follows here", NULL);
        else
            listing.fd = (int)fd;
    }
    const struct lw_snapshot_thread *thread = (const void *)(listing.base + header->threads.offset);
    uint64_t shown = 0;
    for (uint64_t i = 0; i < header->threads.count; i++)
        shown += !judges || !(thread[i].flags & (LW_THREAD_MAIN | LW_THREAD_CALLER));
    if (shown > 0) {
        text_put(&listing.text, "leakwatch: ");
        text_put_number(&listing.text, (int64_t)shown);
        text_put(&listing.text, shown == 1 ? " thread in " : " threads in ");
        text_put(&listing.text, string(&listing, header->program));
        text_put(&listing.text, " (pid ");
        text_put_number(&listing.text, header->pid);
        text_put(&listing.text, "); addresses only: ");
        text_put(&listing.text, why);
        text_put_char(&listing.text, '\n');
        flush(&listing);
        for (uint64_t i = 0; i < header->threads.count; i++)
            if (!judges || !(thread[i].flags & (LW_THREAD_MAIN | LW_THREAD_CALLER)))
                put_thread(&listing, &thread[i]);
    }
    if (listing.fd != 2)
        sys_call(SYS_close, listing.fd);
    return judges && shown > 0;
}
