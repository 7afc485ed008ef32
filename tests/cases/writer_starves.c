/* A thread reads, another wants to write, and the first wants to read again, on a lock that prefers writers.
 *
 * CHECK: leakwatch: 2 leaked threads in {{.*}} at exit; 3 live, 1 deadlock
 * CHECK-DAG: [rwlock read lock, {{[0-9.]+}}s] deadlock: held for reading by reader ([[READER:[0-9]+]]); a writer is waiting; in a cycle of 2 threads
 * CHECK-DAG: [rwlock write lock, {{[0-9.]+}}s] deadlock: held for reading by reader ([[READER]]); in a cycle of 2 threads
 * CHECK: deadlock 1: 2 threads wait for each other
 * CHECK-NEXT: reader ([[READER]]) waits in rwlock read lock for cache (0x
 * CHECK-NEXT: at reads_twice writer_starves.c
 * CHECK-NEXT: queued behind writer ([[WRITER:[0-9]+]])
 * CHECK-NEXT: writer ([[WRITER]]) waits in rwlock write lock for cache (0x
 * CHECK-NEXT: at writes writer_starves.c
 * CHECK-NEXT: held by reader ([[READER]]), taken at reads_twice writer_starves.c:[[#@LINE+11]]
 * JSON: 1 rwlock read lock deadlock, 1 rwlock write lock deadlock; cycle
 */
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static pthread_rwlock_t cache;
static sem_t reads;

static void *reads_twice(void *unused) {
    pthread_rwlock_rdlock(&cache);
    sem_post(&reads);
    settle();
    pthread_rwlock_rdlock(&cache);
    pthread_rwlock_unlock(&cache);
    pthread_rwlock_unlock(&cache);
    return unused;
}

static void *writes(void *unused) {
    sem_wait(&reads);
    pthread_rwlock_wrlock(&cache);
    pthread_rwlock_unlock(&cache);
    return unused;
}

int main(void) {
    pthread_t thread[2];
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
#ifndef FIXED
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    pthread_rwlock_init(&cache, &attr);
    sem_init(&reads, 0, 0);
    pthread_create(&thread[0], NULL, reads_twice, NULL);
    pthread_create(&thread[1], NULL, writes, NULL);
    pthread_setname_np(thread[0], "reader");
    pthread_setname_np(thread[1], "writer");
    pthread_detach(thread[0]);
    pthread_detach(thread[1]);
    settle_all();
    return 0;
}
