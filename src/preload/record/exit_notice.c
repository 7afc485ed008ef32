#include "exit_notice.h"

#include <pthread.h>
#include <stddef.h>

#include "rt/sys.h"

/* glibc keeps the list's head in the thread's block, which a handle points to (nptl/descr.h), at the same
 * place in each. The kernel tells where it is for one thread. */
static intptr_t head_from_handle;
static bool known;

enum { BLOCK = 64 * 1024 }; /* no thread block is larger */
static const long futex_offset =
    (long)offsetof(struct exit_notice, word) - (long)offsetof(struct exit_notice, next);

void exit_notice_setup(void) {
    struct robust_list_head *head = NULL;
    size_t size = 0;
    if (sys_call(SYS_get_robust_list, 0, &head, &size) != 0 || !head || size != sizeof *head)
        return;
    head_from_handle = (intptr_t)((uintptr_t)head - (uintptr_t)pthread_self());
    known = head_from_handle > 0 && head_from_handle < BLOCK && head->futex_offset == futex_offset;
}

/* The pointers carry a bit that marks futexes with priority inheritance. */
static void **previous_of(struct robust_list *entry) {
    return (void **)((uintptr_t)entry & ~(uintptr_t)1) - 1;
}

/* As glibc enqueues a mutex that it has locked (nptl/pthreadP.h, ENQUEUE_MUTEX). */
bool exit_notice_ask(struct exit_notice *notice, int32_t tid) {
    struct robust_list_head *head = (void *)((uintptr_t)pthread_self() + (uintptr_t)head_from_handle);
    /* With an operation pending we are in a handler that interrupted glibc at the list. */
    if (!known || head->futex_offset != futex_offset || head->list_op_pending)
        return false;
    __atomic_store_n(&notice->word, (uint32_t)tid, __ATOMIC_RELAXED);
    struct robust_list *first = head->list.next;
    notice->next = first;
    notice->previous = head;
    *previous_of(first) = &notice->next;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the kernel may find the list at any moment */
    head->list.next = (struct robust_list *)&notice->next;
    return true;
}

/* As glibc takes a mutex out that it lets go of (nptl/pthreadP.h, DEQUEUE_MUTEX). */
void exit_notice_withdraw(struct exit_notice *notice) {
    if (notice->word != 0) {
        *(void **)notice->previous = notice->next;
        *previous_of(notice->next) = notice->previous;
    }
    exit_notice_give(notice);
}
