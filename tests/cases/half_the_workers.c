/* Two adders, two result pipes of which one is read; the results are larger than a pipe holds.
 *
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live{{$}}
 * CHECK: 1 thread [pipe write, {{[0-9.]+}}s] suspect: every read end is in this process{{$}}
 * CHECK: #1 adds half_the_workers.c
 * CHECK: waiting on fd {{[0-9]+}} pipe:[
 * JSON: 1 pipe write suspect;
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { NUMBERS = 64 * 1024 };
static int results[2][2];

static void *adds(void *ends) {
    int *sums = calloc(NUMBERS, sizeof *sums);
    for (int i = 1; i < NUMBERS; i++)
        sums[i] = sums[i - 1] + i % 7;
    size_t size = NUMBERS * sizeof *sums, done = 0;
    while (done < size) {
        ssize_t written = write(((int *)ends)[1], (char *)sums + done, size - done);
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    free(sums);
    return NULL;
}

static int collect(int fd) {
    static int sums[NUMBERS];
    size_t done = 0;
    while (done < sizeof sums) {
        ssize_t got = read(fd, (char *)sums + done, sizeof sums - done);
        if (got <= 0)
            return 0;
        done += (size_t)got;
    }
    return sums[NUMBERS - 1];
}

int main(void) {
    pthread_t adder[2];
    for (int i = 0; i < 2; i++) {
        if (pipe(results[i]) != 0)
            return 1;
        pthread_create(&adder[i], NULL, adds, results[i]);
        pthread_detach(adder[i]);
    }
    int sum = collect(results[0][0]);
#ifdef FIXED
    if (collect(results[1][0]) != sum)
        return 2;
#endif
    settle();
    return sum == 0;
}
