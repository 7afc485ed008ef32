/* The seam: what the writer writes the reader reads, and a damaged file is answered with one clear line,
 * whatever byte is damaged and wherever it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "shared/snapshot_reader.h"
#include "shared/snapshot_writer.h"

static const struct snapshot_capacity room = {
    .threads = 3, .frames = 20, .modules = 2, .wakes = 2, .strings = 200};

/* A small whole snapshot; *size is set to what was used. */
static void *sample(size_t *size) {
    struct snapshot_writer writer;
    void *base = calloc(1, snapshot_size(&room));
    uint64_t frames[] = {0x1010, 0x1020, 0x1030};
    snapshot_begin(&writer, base, &room);
    writer.header->pid = 42;
    writer.header->exe = snapshot_string(&writer, "/bin/sample");
    writer.header->program = snapshot_string(&writer, "sample");
    for (int i = 0; i < 2; i++) {
        struct lw_snapshot_thread *thread = snapshot_thread(&writer);
        thread->tid = 42 + i;
        thread->fd = -1;
        thread->state = LW_STATE_BLOCKED;
        thread->kind = LW_WAIT_COND;
        thread->name = snapshot_string(&writer, "worker");
        thread->call = snapshot_string(&writer, "pthread_cond_wait");
        thread->stack_count = 3;
        thread->stack_first = snapshot_frames(&writer, frames, &thread->stack_count);
        thread->flags = i == 0 ? LW_THREAD_MAIN : 0;
    }
    struct lw_snapshot_module *module = snapshot_module(&writer);
    module->start = 0x1000;
    module->end = 0x2000;
    module->path = snapshot_string(&writer, "/bin/sample");
    snapshot_wake(&writer)->address = 0x5000;
    *size = snapshot_used(&writer);
    return base;
}

static void round_trip(void **state) {
    (void)state;
    size_t size;
    struct snapshot read;
    char words[256];
    void *bytes = sample(&size);
    assert_null(snapshot_check(&read, bytes, size, words));
    assert_int_equal(read.header->threads.count, 2);
    assert_string_equal(snapshot_words(&read, read.threads[1].call), "pthread_cond_wait");
    assert_int_equal(read.frames[read.threads[1].stack_first + 2], 0x1030);
    free(bytes);
}

/* Cut anywhere, it is refused in words, and nothing past the cut is read (the copy ends there: a sanitizer or
 * a guard would see). */
static void truncated(void **state) {
    (void)state;
    size_t size;
    char *bytes = sample(&size);
    for (size_t cut = 0; cut < size; cut++) {
        struct snapshot read;
        char words[256];
        char *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        const char *wrong = snapshot_check(&read, copy, cut, words);
        assert_non_null(wrong);
        assert_null(strchr(wrong, '\n'));
        free(copy);
    }
    free(bytes);
}

/* Every byte flipped in three ways: refused, or harmless, in that everything in it can be used. */
static void flipped(void **state) {
    (void)state;
    size_t size, refused = 0;
    char *bytes = sample(&size);
    const unsigned char flips[] = {0xff, 0x80, 0x01};
    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof flips; i++) {
            struct snapshot read;
            char words[256];
            bytes[at] = (char)(bytes[at] ^ flips[i]);
            if (snapshot_check(&read, bytes, size, words)) {
                refused++;
            } else {
                struct facts facts = {0};
                struct analysis *analysis = analyse(&read, &facts);
                assert_non_null(analysis);
                analysis_free(analysis);
            }
            bytes[at] = (char)(bytes[at] ^ flips[i]);
        }
    }
    assert_true(refused > 100);
    free(bytes);
}

/* What points outside is refused, field by field. */
static void out_of_bounds(void **state) {
    (void)state;
    size_t size;
    struct snapshot read;
    char words[256], *bytes = sample(&size);
    struct lw_snapshot_header *header = (void *)bytes;
    struct lw_snapshot_thread *thread = (void *)(bytes + header->threads.offset);
    struct lw_snapshot_module *module = (void *)(bytes + header->modules.offset);
    struct lw_snapshot_wake *wake = (void *)(bytes + header->wakes.offset);
    uint32_t *strings[] = {&header->exe,    &header->program,      &thread->name, &thread->call,
                           &thread->target, &thread->creator_name, &module->path, &wake->last_name};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        uint32_t before = *strings[i];
        *strings[i] = (uint32_t)header->strings.count;
        assert_non_null(snapshot_check(&read, bytes, size, words));
        *strings[i] = before;
    }
    struct {
        uint64_t *first;
        uint32_t *count;
    } stacks[] = {{&thread->stack_first, &thread->stack_count},
                  {&thread->creation_first, &thread->creation_count},
                  {&wake->site, &wake->site_count}};
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        uint64_t first = *stacks[i].first, total = header->frames.count;
        uint32_t count = *stacks[i].count;
        *stacks[i].count = (uint32_t)(total - first) + 1;
        assert_non_null(snapshot_check(&read, bytes, size, words));
        *stacks[i].first = total + 1;
        *stacks[i].count = 1;
        assert_non_null(snapshot_check(&read, bytes, size, words));
        *stacks[i].first = first;
        *stacks[i].count = count;
    }
    assert_null(snapshot_check(&read, bytes, size, words));
    free(bytes);
}

static void says_what_is_wrong(void **state) {
    (void)state;
    size_t size;
    struct snapshot read;
    char words[256];
    char *bytes = sample(&size);
    struct lw_snapshot_header *header = (void *)bytes;
    header->version = LW_SNAPSHOT_VERSION + 1;
    assert_string_equal(snapshot_check(&read, bytes, size, words),
                        "a snapshot of version 5; this leakwatch reads versions 3 to 4");
    header->version = LW_SNAPSHOT_OLDEST - 1;
    assert_string_equal(snapshot_check(&read, bytes, size, words),
                        "a snapshot of version 2; this leakwatch reads versions 3 to 4");
    for (header->version = LW_SNAPSHOT_OLDEST; header->version < LW_SNAPSHOT_VERSION; header->version++)
        assert_null(snapshot_check(&read, bytes, size, words));
    header->threads.count = UINT64_MAX / 2;
    assert_non_null(strstr(snapshot_check(&read, bytes, size, words), "its threads reach past its end"));
    assert_string_equal(snapshot_check(&read, "PNG and so on", 13, words), "not a leakwatch snapshot");
    free(bytes);
}

/* A writer without room says so and writes nothing outside. */
static void overflow(void **state) {
    (void)state;
    struct snapshot_capacity tiny = {.threads = 1, .frames = 2, .strings = 4};
    struct snapshot_writer writer;
    size_t size = snapshot_size(&tiny);
    char *base = calloc(1, size + 8);
    uint64_t frames[] = {1, 2, 3};
    uint32_t count = 3;
    memset(base + size, 0x5a, 8);
    snapshot_begin(&writer, base, &tiny);
    assert_non_null(snapshot_thread(&writer));
    assert_false(writer.overflow);
    assert_null(snapshot_thread(&writer));
    assert_true(writer.overflow);
    assert_int_equal(snapshot_string(&writer, "too long for this"), 0);
    snapshot_frames(&writer, frames, &count);
    assert_int_equal(count, 2);
    for (int i = 0; i < 8; i++)
        assert_int_equal(base[size + i], 0x5a);
    free(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip),    cmocka_unit_test(truncated),
                                       cmocka_unit_test(flipped),       cmocka_unit_test(says_what_is_wrong),
                                       cmocka_unit_test(out_of_bounds), cmocka_unit_test(overflow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
