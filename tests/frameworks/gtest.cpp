#include "../../src/share/leakwatch_gtest.h"
#include "leaky.h"

TEST(threads, before) {
    start(finishes);
}
TEST(threads, leaks) {
    start(never_finishes);
}
TEST(threads, after) {
    start(finishes);
}

int main(int argc, char **argv) {
    testing::InitGoogleTest(&argc, argv);
    leakwatch::add_to_tests();
    return RUN_ALL_TESTS();
}
