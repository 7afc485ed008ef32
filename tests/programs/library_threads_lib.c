#include "../cases/library_threads_lib.h"

int library_requests(void);
int library_requests(void) {
    int value = -1;
    sem_getvalue(&requests, &value);
    return value;
}
