#include "wakes.h"

#include <string.h>

#include "thread_records.h"

static struct wake table[WAKES];
static uint64_t lost;
static uint64_t
    touched; /* bit n: the n-th part of the table. A child of fork clears no others: each page would be copied for it */

enum { PROBES = 4, PART = WAKES / 64 };

static struct wake *entry_of(uintptr_t address) {
    size_t home = (address * 0x9e3779b97f4a7c15u) >> 52;
    struct wake *oldest = NULL;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        struct wake *entry = &table[(home + probe) % WAKES];
        uintptr_t there = __atomic_load_n(&entry->address, __ATOMIC_RELAXED);
        if (there == address)
            return entry;
        if (there == 0 && __atomic_compare_exchange_n(&entry->address, &there, address, false,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            __atomic_fetch_or(&touched, 1ull << (entry - table) / PART, __ATOMIC_RELAXED);
            return entry;
        }
        if (there == address)
            return entry;
        if (!oldest || entry->last < oldest->last)
            oldest = entry;
    }
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&oldest->address, address, __ATOMIC_RELAXED);
    oldest->count = oldest->no_waiter = 0;
    return oldest;
}

static void add(struct wake *entry, const struct wake_note *note, const struct thread *by) {
    __atomic_fetch_add(&entry->count, note->count, __ATOMIC_RELAXED);
    __atomic_fetch_add(&entry->no_waiter, note->no_waiter, __ATOMIC_RELAXED);
    if (note->last < entry->last)
        return;
    entry->last = note->last;
    entry->site = note->site;
    entry->last_tid = by->tid;
    memcpy(entry->last_name, by->name, sizeof entry->last_name);
}

static void keep(struct wake_note *note, const struct thread *by) {
    if (note->object != 0)
        add(entry_of(note->object), note, by);
    __atomic_store_n(&note->object, 0, __ATOMIC_RELEASE);
    note->count = note->no_waiter = 0;
}

static void keep_all(struct thread *self) {
    for (unsigned i = 0; i < WAKE_NOTES; i++)
        keep(&self->notes[i], self);
}

void wakes_setup(void) {
    records_on_reuse = keep_all;
}

struct wake_note *wake_note_begins(const void *object) {
    struct thread *self = thread_self();
    struct wake *entry = entry_of((uintptr_t)object);
    /* One that is past its end shares a record with all that are. */
    if (!self || !(self->flags & THREAD_USED)) {
        __atomic_fetch_add(&entry->count, 1, __ATOMIC_RELAXED);
        entry->last = clock_ns(CLOCK_MONOTONIC_COARSE);
        return NULL;
    }
    struct wake_note *note = &self->notes[((uintptr_t)object * 0x9e3779b97f4a7c15u) >> 63];
    keep(note, self);
    __atomic_store_n(&note->object, (uintptr_t)object, __ATOMIC_RELEASE);
    return note;
}

/* What threads have noted and not yet put into the table, by the table's index. */
static struct wake gathered[WAKES];

void wakes_gather(void) {
    for (struct thread *record = thread_first(); record; record = record->next)
        for (unsigned i = 0; i < WAKE_NOTES; i++) {
            struct wake_note note = record->notes[i];
            if (note.object == 0 || note.count == 0)
                continue;
            struct wake *entry = &gathered[entry_of(note.object) - table];
            if (entry->address != note.object)
                *entry = (struct wake){.address = note.object};
            add(entry, &note, record);
        }
}

bool wake_read(size_t index, struct wake *entry) {
    struct wake *noted = &gathered[index];
    *entry = table[index];
    if (entry->address != 0 && noted->address == entry->address) {
        entry->count += noted->count;
        entry->no_waiter += noted->no_waiter;
        if (noted->last >= entry->last) {
            entry->last = noted->last;
            entry->site = noted->site;
            entry->last_tid = noted->last_tid;
            memcpy(entry->last_name, noted->last_name, sizeof entry->last_name);
        }
    }
    if (noted->address != 0)
        *noted = (struct wake){0};
    entry->last_name[sizeof entry->last_name - 1] = '\0';
    return entry->address != 0 && entry->count != 0;
}

uint64_t wakes_lost(void) {
    return lost;
}

void wakes_forked(void) {
    for (struct thread *record = thread_first(); record; record = record->next)
        memset(record->notes, 0, sizeof record->notes);
    for (size_t part = 0; part < WAKES / PART; part++)
        if (touched >> part & 1)
            memset(&table[part * PART], 0, PART * sizeof *table);
    touched = lost = 0;
}
