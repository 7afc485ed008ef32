/* watched_over MODE: programs that a thread of somebody else's would disturb. Each ends by itself, with
 * status 7. */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void ends_well(void) {
    _exit(7);
}

static void *works(void *unused) {
    usleep(100000);
    return unused;
}

int main(int count, char **arguments) {
    pthread_t thread;
    const char *mode = count == 2 ? arguments[1] : "";
    int status = 0;
    if (pthread_create(&thread, NULL, works, NULL) != 0)
        return 1;
    if (strcmp(mode, "main_ends_first") == 0) {
        /* the last thread ends the process, which calls this */
        atexit(ends_well);
        pthread_detach(thread);
        pthread_exit(NULL);
    }
    if (strcmp(mode, "changes_user") == 0 && setuid(getuid()) != 0)
        return 2;
    if (strcmp(mode, "forks") == 0 && fork() == 0)
        return 7; /* in which there is no other thread */
    if (strcmp(mode, "forks") == 0 && (wait(&status) < 0 || WEXITSTATUS(status) != 7))
        return 3;
    pthread_join(thread, NULL);
    return 7;
}
