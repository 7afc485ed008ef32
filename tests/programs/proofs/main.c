/* proofs SCENARIO: comes to rest in a state about which a proof can or cannot be given, says "ready", and
 * stays there. The tests send SIGUSR1 and look at the verdicts of its threads, by their names. Each file here is a kind of state;
 * what is at its end makes its scenarios known. */
#include "proofs.h"

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER, c = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
sem_t never, step;
int ends[2];
pthread_t first;
int one_end, set, pair[2];
struct two ab = {&a, &b}, ba = {&b, &a}, bc = {&b, &c};

int main(int count, char **arguments) {
    static const struct scenario *const kinds[] = {of_mutexes,     of_other_locks,    of_asleep,
                                                   of_main_asleep, of_descriptors,    of_other_wakers,
                                                   of_tokens,      of_blocked_signals};
    sem_init(&never, 0, 0);
    sem_init(&step, 0, 0);
    return play_one(kinds, sizeof kinds / sizeof *kinds, count, arguments);
}
