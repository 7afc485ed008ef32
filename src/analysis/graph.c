#include "graph.h"

#include <stdlib.h>

/* Work in progress: edges are counted first, then put. */
struct edges {
    bool owners;     /* who has a lock is known */
    struct edge *at; /* NULL: only count */
    size_t count;
};

static void add(struct edges *edges, long to, const struct lw_snapshot_hold *hold) {
    if (to < 0)
        return;
    if (edges->at)
        edges->at[edges->count] = (struct edge){(size_t)to, hold};
    edges->count++;
}

static void add_owner(const struct index *index, const struct lw_snapshot_thread *thread,
                      struct edges *edges) {
    const struct lw_snapshot_hold *hold = index_hold_by(index, thread->owner, thread->object);
    /* Of a lock in memory that others share, the number may be of another PID namespace: only a thread that
     * was seen to take it is its owner. */
    if (!(thread->flags & LW_THREAD_SHARED) || hold)
        add(edges, index_thread(index, thread->owner), hold);
}

/* All who hold it for reading, if all of them are known: the lock counts them. */
static void add_readers(const struct index *index, const struct lw_snapshot_thread *thread,
                        struct edges *edges) {
    const struct lw_snapshot_hold *hold;
    int64_t known = 0;
    size_t first = index_holds(index, thread->object);
    for (size_t at = first; (hold = index_hold(index, at, thread->object)); at++)
        known += hold->kind == LW_HOLD_READ ? hold->times : 0;
    if (known == 0 || known != thread->value[0])
        return;
    for (size_t at = first; (hold = index_hold(index, at, thread->object)); at++)
        if (hold->kind == LW_HOLD_READ)
            add(edges, index_thread(index, hold->tid), hold);
}

/* A lock that prefers writers, held for reading: who wants it for reading waits for those who want to write.
 */
static void add_waiting_writers(const struct index *index, const struct lw_snapshot_thread *thread,
                                struct edges *edges) {
    if (thread->value[0] <= 0)
        return;
    const struct lw_snapshot_thread *writer;
    for (size_t at = index_waiters(index, thread->object); (writer = index_waiter(index, at, thread->object));
         at++)
        if (writer->kind == LW_WAIT_RWLOCK_WRITE && (writer->flags & LW_THREAD_STILL))
            add(edges, writer - index->snapshot->threads, NULL);
}

static void add_initialiser(const struct index *index, const struct lw_snapshot_thread *thread,
                            struct edges *edges) {
    const struct lw_snapshot_hold *hold, *only = NULL;
    unsigned known = 0;
    for (size_t at = index_holds(index, thread->object); (hold = index_hold(index, at, thread->object)); at++)
        if (hold->kind == LW_HOLD_ONCE) {
            only = hold;
            known++;
        }
    if (known == 1)
        add(edges, index_thread(index, only->tid), only);
}

static void edges_of(const struct index *index, const struct lw_snapshot_thread *thread,
                     struct edges *edges) {
    bool gone = thread->flags & LW_THREAD_OWNER_GONE;
    if (!(thread->flags & LW_THREAD_STILL) || (thread->flags & LW_THREAD_TIMED) || gone)
        return;
    if (!edges->owners && thread->kind != LW_WAIT_JOIN)
        return;
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_SPIN:
    case LW_WAIT_STREAM:
    case LW_WAIT_LOADER:
        if (thread->owner != 0)
            add_owner(index, thread, edges);
        break;
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        if (thread->owner != 0)
            add_owner(index, thread, edges);
        else if (thread->kind == LW_WAIT_RWLOCK_WRITE)
            add_readers(index, thread, edges);
        else
            add_waiting_writers(index, thread, edges);
        break;
    case LW_WAIT_JOIN:
        if (thread->owner != 0)
            add(edges, index_thread(index, thread->owner), NULL);
        break;
    case LW_WAIT_ONCE:
    case LW_WAIT_GUARD:
        add_initialiser(index, thread, edges);
        break;
    default:
        break;
    }
}

static bool is_orphaned(const struct lw_snapshot_thread *thread) {
    return (thread->flags & LW_THREAD_STILL) && (thread->flags & LW_THREAD_OWNER_GONE) &&
           !(thread->flags & (LW_THREAD_TIMED | LW_THREAD_SHARED | LW_THREAD_ROBUST));
}

static bool put_edges(struct graph *graph, const struct index *index, bool owners) {
    struct edges all = {.owners = owners};
    for (size_t i = 0; i < graph->count; i++)
        edges_of(index, &index->snapshot->threads[i], &all);
    graph->edges = calloc(all.count + 1, sizeof *graph->edges);
    if (!graph->edges)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < graph->count; i++) {
        struct edges of = {.owners = owners, .at = graph->edges + used};
        edges_of(index, &index->snapshot->threads[i], &of);
        graph->nodes[i].edges = of.at;
        graph->nodes[i].edge_count = of.count;
        graph->nodes[i].owner_gone = owners && is_orphaned(&index->snapshot->threads[i]);
        used += of.count;
    }
    return true;
}

/* Strongly connected components, as Tarjan found them (SIAM J. Comput. 1, 1972), without recursion: chains of
 * waiting threads can be long. Then who can reach one. */
struct search {
    struct graph *graph;
    size_t *order, *low; /* 0: not met yet */
    size_t *path, *stack, *next_edge;
    bool *on_stack;
    size_t met, path_length, stack_length;
};

static void enter(struct search *search, size_t node) {
    search->order[node] = search->low[node] = ++search->met;
    search->path[search->path_length++] = node;
    search->stack[search->stack_length++] = node;
    search->on_stack[node] = true;
}

static void leave(struct search *search, size_t node) {
    struct graph *graph = search->graph;
    struct node *nodes = graph->nodes;
    bool stuck = nodes[node].owner_gone, self = false;
    for (size_t i = 0; i < nodes[node].edge_count; i++) {
        size_t to = nodes[node].edges[i].to;
        stuck |= nodes[to].stuck;
        self |= to == node;
    }
    nodes[node].stuck |= stuck;
    if (search->low[node] != search->order[node])
        return;
    bool cycle = self || search->stack[search->stack_length - 1] != node;
    size_t number = cycle ? ++graph->cycles : 0, member;
    do {
        member = search->stack[--search->stack_length];
        search->on_stack[member] = false;
        nodes[member].cycle = number;
        nodes[member].stuck |= cycle;
    } while (member != node);
}

static void visit(struct search *search, size_t start) {
    enter(search, start);
    while (search->path_length > 0) {
        size_t node = search->path[search->path_length - 1];
        if (search->next_edge[node] == search->graph->nodes[node].edge_count) {
            leave(search, node);
            search->path_length--;
            size_t parent = search->path_length > 0 ? search->path[search->path_length - 1] : node;
            if (search->low[node] < search->low[parent])
                search->low[parent] = search->low[node];
            continue;
        }
        size_t to = search->graph->nodes[node].edges[search->next_edge[node]++].to;
        if (search->order[to] == 0)
            enter(search, to);
        else if (search->on_stack[to] && search->order[to] < search->low[node])
            search->low[node] = search->order[to];
    }
}

static bool find_cycles(struct graph *graph) {
    size_t *words = calloc(5 * graph->count + 5, sizeof *words), room = graph->count + 1;
    bool *on_stack = calloc(room, sizeof *on_stack);
    bool made = words && on_stack;
    struct search search = {.graph = graph, .on_stack = on_stack};
    if (made) {
        search.order = words;
        search.low = words + room;
        search.path = words + 2 * room;
        search.stack = words + 3 * room;
        search.next_edge = words + 4 * room;
    }
    for (size_t i = 0; made && i < graph->count; i++)
        if (search.order[i] == 0)
            visit(&search, i);
    free(words);
    free(on_stack);
    return made;
}

struct graph *graph_build(const struct index *index, bool owners) {
    struct graph *graph = calloc(1, sizeof *graph);
    if (!graph)
        return NULL;
    graph->count = index->snapshot->header->threads.count;
    graph->nodes = calloc(graph->count + 1, sizeof *graph->nodes);
    if (graph->nodes && put_edges(graph, index, owners) && find_cycles(graph))
        return graph;
    graph_free(graph);
    return NULL;
}

void graph_free(struct graph *graph) {
    free(graph->nodes);
    free(graph->edges);
    free(graph);
}
