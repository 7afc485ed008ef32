/* leakwatch for Check: a test that leaks threads fails by its own name.
 *
 *     TCase *tcase = tcase_create("queue");
 *     leakwatch_check_add(tcase);
 *
 * Include it after check.h. Run the program under leakwatch; without, nothing is looked for. */
#ifndef LEAKWATCH_CHECK_H
#define LEAKWATCH_CHECK_H

#include "leakwatch.h"

static leakwatch_mark_t leakwatch_check_mark;

static inline void leakwatch_check_setup(void) {
    leakwatch_check_mark = leakwatch_mark();
}

static inline void leakwatch_check_teardown(void) {
    int leaked = leakwatch_verify(leakwatch_check_mark, NULL);
    ck_assert_msg(leaked == 0, "%d leaked thread(s)", leaked);
}

static inline void leakwatch_check_add(TCase *tcase) {
    tcase_add_checked_fixture(tcase, leakwatch_check_setup, leakwatch_check_teardown);
}

#endif
