/* owners SCENARIO: comes to rest where somebody owns what a thread waits for in a way that no wrapper sees, says "ready", and
 * stays there. The tests send SIGUSR1 and look at the verdicts of its threads, by their names, as of proofs. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "owners.h"

sem_t never;
pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;

void ready(void) {
    settle_all();
    say_ready();
}

void *page(int protection, int flags, int fd) {
    void *at = mmap(NULL, 4096, protection, flags, fd, 0);
    if (at == MAP_FAILED)
        exit(3);
    return at;
}

int file_of_zeros(void) {
    char name[] = "/tmp/owners-XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        exit(3);
    unlink(name);
    return fd;
}

void in_child(void (*play)(void)) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        play();
    }
    stay();
}

void *sleeps_on(void *unused) {
    stay();
    return unused;
}

int main(int count, char **arguments) {
    static const struct scenario *const kinds[] = {of_words, of_libc_locks, of_forks_and_handlers};
    sem_init(&never, 0, 0);
    return play_one(kinds, sizeof kinds / sizeof *kinds, count, arguments);
}
