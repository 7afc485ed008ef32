/* Text without stdio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "preload/rt/text.h"
#include "shared/glob.h"
#include "shared/libc_version.h"

static void known_libcs(void **state) {
    (void)state;
    assert_true(reach_knows_libc("2.26"));
    assert_true(reach_knows_libc("2.36"));
    assert_true(reach_knows_libc("2.42"));
    assert_false(reach_knows_libc("2.25"));
    assert_false(reach_knows_libc("2.43"));
    assert_false(reach_knows_libc("2.42000000000"));
    assert_false(reach_knows_libc("3.36"));
    assert_false(reach_knows_libc("2"));
}

static void globs(void **state) {
    (void)state;
    assert_true(glob_matches("*", "redis-server"));
    assert_true(glob_matches("redis*", "redis-server"));
    assert_true(glob_matches("*-s?rver", "redis-server"));
    assert_false(glob_matches("redis", "redis-server"));
    assert_false(glob_matches("*x*", "redis-server"));
    assert_true(glob_matches("a*b*c", "aXbXbXc"));
    assert_false(glob_matches("", "a"));
}

static void numbers(void **state) {
    (void)state;
    uint64_t number;
    const char *at = "0x7ffe rest";
    assert_true(text_number(&at, &number));
    assert_int_equal(number, 0x7ffe);
    assert_string_equal(at, " rest");
    at = "18446744073709551616";
    assert_false(text_number(&at, &number));
    at = "x";
    assert_false(text_number(&at, &number));
}

static void never_overflows(void **state) {
    (void)state;
    char small[8];
    struct text text = TEXT_IN(small);
    text_put(&text, "12345");
    assert_false(text.full);
    text_put_number(&text, -6789);
    assert_true(text.full);
    assert_string_equal(small, "12345-6");
    text_put_seconds(&text, 12345000000);
    assert_string_equal(small, "12345-6");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(globs), cmocka_unit_test(known_libcs),
                                       cmocka_unit_test(numbers), cmocka_unit_test(never_overflows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
