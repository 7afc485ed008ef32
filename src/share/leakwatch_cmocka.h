/* leakwatch for cmocka: a test that leaks threads fails by its own name.
 *
 *     const struct CMUnitTest tests[] = {cmocka_unit_test_no_leaks(first),
 * cmocka_unit_test_no_leaks(second)};
 *
 * Include it after cmocka.h. Run the program under leakwatch; without, nothing is looked for. */
#ifndef LEAKWATCH_CMOCKA_H
#define LEAKWATCH_CMOCKA_H

#include "leakwatch.h"

static leakwatch_mark_t leakwatch_cmocka_mark;

static inline int leakwatch_cmocka_setup(void **state) {
    (void)state;
    leakwatch_cmocka_mark = leakwatch_mark();
    return 0;
}

static inline int leakwatch_cmocka_teardown(void **state) {
    (void)state;
    return leakwatch_verify(leakwatch_cmocka_mark, NULL);
}

#define cmocka_unit_test_no_leaks(test) \
    cmocka_unit_test_setup_teardown(test, leakwatch_cmocka_setup, leakwatch_cmocka_teardown)

#endif
