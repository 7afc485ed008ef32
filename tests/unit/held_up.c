/* Who is held up, by what /proc would say of it: no machine can be relied on to have cgroups of version 1, which freeze sleepers in their sleep. */
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "outside/held_up.h"

static char place[] = "/tmp/held_up.XXXXXX";
static int tasks = -1;

static int make_place(void **state) {
    (void)state;
    tasks = mkdtemp(place) ? open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return tasks >= 0 && mkdirat(tasks, "1", 0700) == 0 ? 0 : -1;
}

static int remove_place(void **state) {
    (void)state;
    unlinkat(tasks, "1/wchan", 0);
    unlinkat(tasks, "1", AT_REMOVEDIR);
    close(tasks);
    return rmdir(place);
}

/* A thread in this state and this call, which sleeps in that function of the kernel's. */
static bool held_up(char state, int64_t number, const char *where) {
    struct target_thread thread = {.seen_as = 1, .sleeps = true, .state = state, .number = number};
    int file = openat(tasks, "1/wchan", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(file, where, strlen(where)), (ssize_t)strlen(where));
    close(file);
    thread.argument[1] = FUTEX_WAIT | FUTEX_PRIVATE_FLAG;
    return is_held_up(tasks, &thread);
}

static const struct {
    int64_t number;
    const char *where;
} sleeps[] = {
    {SYS_futex, "futex_wait_queue"},      {SYS_read, "anon_pipe_read"},
    {SYS_read, "eventfd_read"},           {SYS_recvfrom, "unix_stream_read_generic"},
    {SYS_ppoll, "poll_schedule_timeout"}, {SYS_wait4, "do_wait"},
};
enum { SLEEPS = sizeof sleeps / sizeof *sleeps };

/* kernel: include/linux/sched.h, TASK_FROZEN */
static void frozen_in_its_sleep(void **state) {
    (void)state;
    for (size_t i = 0; i < SLEEPS; i++)
        assert_true(held_up('D', sleeps[i].number, sleeps[i].where));
}

static void asleep(void **state) {
    (void)state;
    for (size_t i = 0; i < SLEEPS; i++)
        assert_false(held_up('S', sleeps[i].number, sleeps[i].where));
}

/* A disk is waited for in that state by who is not frozen. */
static void waits_for_a_disk(void **state) {
    (void)state;
    assert_false(held_up('D', SYS_read, "folio_wait_bit_common"));
}

static void frozen_on_its_way_out(void **state) {
    (void)state;
    assert_true(held_up('S', SYS_read, "do_freezer_trap"));
    assert_true(held_up('D', SYS_read, "__refrigerator"));
    assert_true(held_up('S', SYS_futex, "folio_wait_bit_common"));
}

/* proc(5): wchan is "0" where the kernel does not tell. */
static void not_told(void **state) {
    (void)state;
    assert_false(held_up('S', SYS_futex, "0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_in_its_sleep),
        cmocka_unit_test(asleep),
        cmocka_unit_test(waits_for_a_disk),
        cmocka_unit_test(frozen_on_its_way_out),
        cmocka_unit_test(not_told),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
