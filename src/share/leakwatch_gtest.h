/* leakwatch for GoogleTest: a test that leaks threads fails by its own name.
 *
 *     int main(int argc, char **argv) {
 *         testing::InitGoogleTest(&argc, argv);
 *         leakwatch::add_to_tests();
 *         return RUN_ALL_TESTS();
 *     }
 *
 * Run the program under leakwatch; without, nothing is looked for. */
#ifndef LEAKWATCH_GTEST_H
#define LEAKWATCH_GTEST_H

#include <gtest/gtest.h>

#include "leakwatch.h"

namespace leakwatch {

class Listener : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo &) override { mark = leakwatch_mark(); }

    void OnTestEnd(const testing::TestInfo &) override {
        int leaked = leakwatch_verify(mark, NULL);
        EXPECT_EQ(leaked, 0) << "leaked threads; the report is on stderr";
    }

    leakwatch_mark_t mark{};
};

/* Before RUN_ALL_TESTS. The listeners delete it. */
inline void add_to_tests() {
    testing::UnitTest::GetInstance()->listeners().Append(new Listener);
}

} // namespace leakwatch

#endif
