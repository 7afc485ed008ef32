#include "carry.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Both tools are of one build, or sizes do not agree and nothing is believed. */
struct carried {
    uint64_t fact_size, thread_count, held_ns, refusal;
};

bool reach_write(int fd, uint64_t at, const struct reach_facts *facts) {
    struct carried head = {.fact_size = sizeof *facts->of_thread,
                           .thread_count = facts->thread_count,
                           .held_ns = facts->held_ns,
                           .refusal = facts->refusal};
    size_t size = facts->thread_count * sizeof *facts->of_thread;
    uint64_t whole = sizeof head + size;
    uint32_t answer = LW_ANSWER_REACH;
    return snapshot_put(fd, &head, sizeof head, at) &&
           snapshot_put(fd, facts->of_thread, size, at + sizeof head) &&
           snapshot_put(fd, &at, sizeof at, offsetof(struct lw_snapshot_header, answer_at)) &&
           snapshot_put(fd, &whole, sizeof whole, offsetof(struct lw_snapshot_header, answer_size)) &&
           snapshot_put(fd, &answer, sizeof answer, offsetof(struct lw_snapshot_header, answer));
}

/* The path's names were nobody's to carry. */
static bool is_sound(struct reach_fact *fact) {
    if (fact->verdict > REACH_STRANDED || fact->length > REACH_PATH)
        return false;
    for (size_t i = 0; i < fact->length; i++) {
        if (fact->path[i].kind > PLACE_MAPPING)
            return false;
        fact->path[i].name = NULL;
    }
    return true;
}

struct reach_facts reach_carried(const struct snapshot *snapshot) {
    const struct lw_snapshot_header *header = snapshot->header;
    struct reach_facts facts = {.asked = header->answer == LW_ANSWER_REACH, .refusal = LW_FROZEN_LOST};
    struct carried head;
    uint64_t at = header->answer_at, size = header->answer_size;
    if (!facts.asked || size < sizeof head || at > snapshot->size || size > snapshot->size - at)
        return facts;
    memcpy(&head, (const char *)snapshot->base + at, sizeof head);
    size_t bytes = size - sizeof head;
    if (head.fact_size != sizeof *facts.of_thread || head.refusal >= LW_FROZEN_REFUSAL_COUNT ||
        head.thread_count > bytes / sizeof *facts.of_thread)
        return facts;
    facts.held_ns = head.held_ns;
    if (head.refusal != LW_FROZEN_NONE || head.thread_count != header->threads.count) {
        facts.refusal =
            head.refusal != LW_FROZEN_NONE ? (enum lw_frozen_refusal)head.refusal : LW_FROZEN_LOST;
        return facts;
    }
    facts.of_thread = calloc(head.thread_count + 1, sizeof *facts.of_thread);
    if (!facts.of_thread)
        return facts;
    memcpy(facts.of_thread, (const char *)snapshot->base + at + sizeof head,
           head.thread_count * sizeof *facts.of_thread);
    facts.thread_count = head.thread_count;
    facts.refusal = LW_FROZEN_NONE;
    for (size_t i = 0; i < facts.thread_count; i++)
        if (!is_sound(&facts.of_thread[i])) {
            free(facts.of_thread);
            return (struct reach_facts){.asked = true, .refusal = LW_FROZEN_LOST};
        }
    return facts;
}
