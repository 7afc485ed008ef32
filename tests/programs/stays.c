/* Preloaded: a program that is about to end stays, with the threads that it has left, until it is killed. So a report of it can be made by
 * whoever wants to compare some. */
#include <unistd.h>

__attribute__((destructor)) static void stay(void) {
    for (;;)
        pause();
}
