/* Both forms of glibc's conditions, from bytes that are made up: which it is, who may be told to be asleep for good, and that nothing is known of
 * another form. And this libc's own, measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shared/libc_objects.h"

struct made {
    uint64_t position, start;
    uint32_t sizes[2], size_of_first, waiters, signals[2];
};

static void lay_out(enum condition_form form, const struct made *made, unsigned char bytes[OBJECT_BYTES]) {
    const struct condition_layout *at = &condition_layouts[form];
    memset(bytes, 0, OBJECT_BYTES);
    memcpy(bytes + at->position, &made->position, 8);
    memcpy(bytes + at->start, &made->start, 8);
    memcpy(bytes + at->sizes, made->sizes, 8);
    memcpy(bytes + at->size_of_first, &made->size_of_first, 4);
    memcpy(bytes + at->waiters, &made->waiters, 4);
    memcpy(bytes + at->signals, made->signals, 8);
}

static struct object decoded(enum condition_form form, struct made made) {
    unsigned char bytes[OBJECT_BYTES];
    lay_out(form, &made, bytes);
    return object_of(LW_WAIT_COND, bytes, form);
}

static void which_form(void **state) {
    unsigned char bytes[OBJECT_BYTES];
    (void)state;
    for (enum condition_form form = CONDITION_COUNTED; form < CONDITION_FORMS; form++) {
        lay_out(form, &(struct made){.position = 2, .sizes = {UINT32_MAX}}, bytes);
        assert_int_equal(condition_form_of(bytes), form);
        bytes[condition_layouts[form].waiters] ^= 8;
        assert_int_equal(condition_form_of(bytes), CONDITION_UNKNOWN);
    }
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(condition_form_of(bytes), CONDITION_UNKNOWN);
}

static void this_libc(void **state) {
    (void)state;
    enum condition_form form =
        condition_form_measured(pthread_cond_timedwait, pthread_mutex_lock, pthread_mutex_unlock);
    assert_int_not_equal(form, CONDITION_UNKNOWN);
    assert_int_equal(condition_layouts[form].signals, offsetof(pthread_cond_t, __data.__g_signals));
    assert_int_equal(condition_layouts[form].waiters, offsetof(pthread_cond_t, __data.__wrefs));
    assert_int_equal(condition_layouts[form].sizes, offsetof(pthread_cond_t, __data.__g_size));
}

static int waits_for_nothing(pthread_cond_t *condition, pthread_mutex_t *mutex,
                             const struct timespec *until) {
    (void)condition, (void)mutex, (void)until;
    return 0;
}

static void another_libc(void **state) {
    (void)state;
    assert_int_equal(condition_form_measured(waits_for_nothing, pthread_mutex_lock, pthread_mutex_unlock),
                     CONDITION_UNKNOWN);
    struct object object = object_of(LW_WAIT_COND, (unsigned char[OBJECT_BYTES]){0}, CONDITION_UNKNOWN);
    assert_false(object.known || object.unsatisfied);
}

/* Three wait in the second group; one more in the first, which began at 5, beside one who has been signalled and not come back yet. */
static void who_sleeps(void **state) {
    (void)state;
    struct made counted = {.waiters = 3 << 3};
    assert_true(decoded(CONDITION_COUNTED, counted).unsatisfied);
    counted.signals[1] = 2;
    assert_false(decoded(CONDITION_COUNTED, counted).unsatisfied);

    struct made plain = {.position = 3 << 1, .waiters = 3 << 3};
    assert_true(decoded(CONDITION_PLAIN, plain).unsatisfied);
    plain.waiters = 4 << 3; /* one of an older group is on its way */
    assert_false(decoded(CONDITION_PLAIN, plain).unsatisfied);

    plain = (struct made){.position = 10 << 1,
                          .start = 5,
                          .sizes = {0, 1},
                          .size_of_first = 2 << 2,
                          .waiters = 4 << 3,
                          .signals = {0, 5}};
    assert_true(decoded(CONDITION_PLAIN, plain).unsatisfied);
    plain.signals[1] = 6, plain.waiters = 5 << 3;
    assert_false(decoded(CONDITION_PLAIN, plain).unsatisfied);
    plain.signals[1] = 5; /* it has taken its signal, and is not back yet */
    assert_false(decoded(CONDITION_PLAIN, plain).unsatisfied);
}

static void who_may_be_elsewhere(void **state) {
    (void)state;
    for (enum condition_form form = CONDITION_COUNTED; form < CONDITION_FORMS; form++) {
        assert_int_equal(decoded(form, (struct made){.waiters = 1 << 3 | 1}).flags, LW_THREAD_SHARED);
        assert_int_equal(decoded(form, (struct made){.waiters = 1 << 3, .signals = {1, 1}}).flags, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_form),           cmocka_unit_test(this_libc),
        cmocka_unit_test(another_libc),         cmocka_unit_test(who_sleeps),
        cmocka_unit_test(who_may_be_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
