#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/share/leakwatch_cmocka.h"
#include "leaky.h"

static void before(void **state) {
    (void)state;
    start(finishes);
}
static void leaks(void **state) {
    (void)state;
    start(never_finishes);
}
static void after(void **state) {
    (void)state;
    start(finishes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_no_leaks(before), cmocka_unit_test_no_leaks(leaks),
                                       cmocka_unit_test_no_leaks(after)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
