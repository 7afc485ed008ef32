/* A library whose constructor starts a thread, before main and before the constructors of other libraries. The leaky one
 * forgets it; the repaired one stops it in its destructor, which runs after the program's exit handlers.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [semaphore wait, {{[0-9.]+}}s]
 * CHECK: #0 sem_wait
 * CHECK: #1 serves library_threads_lib.h:
 * CHECK: waiting on requests
 * CHECK: created by library_threads
 * CHECK: #0 starts_early library_threads_lib.h:
 */
#include <stdio.h>
#include <unistd.h>

int library_requests(void);

int main(void) {
    usleep(10000);
    return library_requests() == 0 ? 0 : 1;
}
