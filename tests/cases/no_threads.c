/* NEGATIVE: a program that never makes a thread is told nothing of. */
#include <stdio.h>

int main(void) {
    puts("no threads");
    return 0;
}
