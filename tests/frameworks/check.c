#include <check.h>
#include <stdlib.h>

#include "../../src/share/leakwatch_check.h"
#include "leaky.h"

START_TEST(before) {
    start(finishes);
}
END_TEST
START_TEST(leaks) {
    start(never_finishes);
}
END_TEST
START_TEST(after) {
    start(finishes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("leaky");
    TCase *tcase = tcase_create("threads");
    leakwatch_check_add(tcase);
    tcase_add_test(tcase, before);
    tcase_add_test(tcase, leaks);
    tcase_add_test(tcase, after);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_VERBOSE);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
