#include "documents.h"

#include "render/json_text.h"

/* What only the preload can tell. */
static json_t *known(bool outside, uint64_t count) {
    return outside ? json_null() : json_integer((json_int_t)count);
}

static json_t *row(const struct member *member) {
    bool outside = member->watched.outside;
    json_t *made =
        json_pack("{s:i, s:o, s:f, s:b, s:b, s:o}", "pid", member->watched.pid, "program",
                  json_text(member->watched.name), "uptime_seconds",
                  (double)watched_uptime(&member->watched) / 1e9, "alive", member->ended == 0, "outside",
                  outside, "error", member->error[0] ? json_text(member->error) : json_null());
    if (!member->latest)
        return made;
    const struct sample *look = member->latest;
    const struct counts *counts = &look->work.analysis->counts;
    json_t *states = json_object();
    for (int state = 0; state < LW_STATE_FINISHED; state++)
        json_object_set_new(states, state_words((enum lw_state)state),
                            json_integer((json_int_t)counts->by_state[state]));
    json_t *more = json_pack("{s:f, s:I, s:o, s:o, s:o, s:I, s:I, s:f}", "age_seconds",
                             (double)(clock_now() - look->at) / 1e9, "threads", (json_int_t)counts->threads,
                             "states", states, "created", known(outside, look->work.snapshot.header->created),
                             "unjoined", known(outside, counts->unjoined), "suspect",
                             (json_int_t)look->tally.suspicious, "deadlocks", (json_int_t)counts->deadlocks,
                             "longest_wait_seconds", (double)look->tally.longest / 1e9);
    json_object_update_new(made, more);
    return made;
}

json_t *document_processes(const struct process_table *table) {
    json_t *list = json_array();
    for (size_t i = 0; i < table->count; i++)
        json_array_append_new(list, row(table->members[i]));
    return json_pack("{s:I, s:f, s:I, s:o}", "time_ms", (json_int_t)table->looked_ms, "interval_seconds",
                     (double)table->interval / 1e9, "looks", (json_int_t)table->looks, "processes", list);
}

static json_t *groups(const struct sample *look) {
    json_t *list = json_array();
    for (size_t i = 0; i < look->sites.count; i++) {
        const struct site *site = &look->sites.list[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:I, s:s, s:f, s:o}", "key",
                                              json_text(site->key), "wait", json_text(site->kind), "place",
                                              json_text(site->place), "threads", (json_int_t)site->count,
                                              "verdict", verdict_words(site->verdict), "longest_wait_seconds",
                                              (double)site->longest / 1e9, "stack", json_text(site->stack)));
    }
    return list;
}

static json_t *history(const struct member *member) {
    json_t *list = json_array();
    size_t first = member->moments > HISTORY ? member->moments - HISTORY : 0;
    for (size_t i = first; i < member->moments; i++) {
        const struct moment *moment = &member->history[i % HISTORY];
        json_array_append_new(list, json_pack("[I, I, I, I]", (json_int_t)moment->time_ms,
                                              (json_int_t)moment->threads, (json_int_t)moment->blocked,
                                              (json_int_t)moment->suspect));
    }
    return list;
}

json_t *document_process(const struct member *member) {
    json_t *made = row(member);
    json_object_set_new(made, "groups", member->latest ? groups(member->latest) : json_array());
    json_object_set_new(made, "history", history(member));
    return made;
}
