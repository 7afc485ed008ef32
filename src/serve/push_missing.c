/* In place of all of push_*.c where there was no libcurl to build them with. */
#include "push.h"
#include "tool/tool.h"

bool push_prepare(struct push **push, const struct settings *settings) {
    *push = NULL;
    if (settings->push.count > 0)
        complain("serve: --push: this leakwatch was built without libcurl, and cannot push");
    return settings->push.count == 0;
}

bool push_start(struct push *push, struct process_table *table) {
    (void)push, (void)table;
    return true;
}

void push_stop(struct push *push) {
    (void)push;
}

void push_drop(struct push *push) {
    (void)push;
}

size_t push_servers(const struct push *push) {
    (void)push;
    return 0;
}

struct push_told push_tell(const struct push *push, size_t server) {
    (void)push, (void)server;
    return (struct push_told){0};
}
