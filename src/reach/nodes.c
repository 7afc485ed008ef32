#include "nodes.h"

#include <stdlib.h>

#include "least.h"

enum { GRAIN = 512, LARGE = 16 << 20 };

void nodes_add(struct nodes *nodes, uint64_t start, uint64_t end, enum node_kind kind) {
    if (nodes->count == nodes->room) {
        size_t room = nodes->room ? 2 * nodes->room : 4096;
        struct node *more = realloc(nodes->node, room * sizeof *more);
        if (!more) {
            nodes->failed = true;
            return;
        }
        nodes->node = more;
        nodes->room = room;
    }
    nodes->node[nodes->count++] = (struct node){.start = start, .end = end, .kind = kind, .from = NO_NODE};
}

static bool is_large(const struct node *node) {
    return node->end - node->start >= LARGE;
}

/* Nodes that touch each other are one stretch; but one that takes as much room as an index of its grains is worth stands alone, for a
 * program may have set aside terabytes. */
static size_t last_of_stretch(const struct nodes *nodes, size_t first) {
    size_t last = first;
    while (!is_large(&nodes->node[last]) && last + 1 < nodes->count &&
           nodes->node[last + 1].start == nodes->node[last].end && !is_large(&nodes->node[last + 1]))
        last++;
    return last;
}

static bool index_grains(struct node_index *index, const struct nodes *nodes, size_t first, size_t last) {
    size_t grains = (index->end - index->start) / GRAIN + 1;
    index->of_grain = malloc(grains * sizeof *index->of_grain);
    for (size_t grain = 0, at = first; index->of_grain && grain < grains; grain++) {
        while (at < last && nodes->node[at].end <= index->start + grain * GRAIN)
            at++;
        index->of_grain[grain] = (uint32_t)at;
    }
    return index->of_grain;
}

static void find_edges(struct nodes *nodes, const struct edges *edges) {
    size_t slice = 0, next = 0;
    for (size_t i = 0; i < nodes->count; i++)
        nodes->node[i].edges = (uint32_t)edges_next_from(edges, nodes->node[i].start, &slice, &next);
}

size_t node_edges_end(const struct nodes *nodes, const struct edges *edges, uint32_t number) {
    const struct node *node = &nodes->node[number];
    bool touches = number + 1 < nodes->count && node[1].start == node->end;
    return touches ? node[1].edges : edges_from(edges, node->end);
}

bool nodes_index(struct nodes *nodes, const struct edges *edges) {
    size_t stretches = 0;
    for (size_t i = 0; i < nodes->count; i = last_of_stretch(nodes, i) + 1)
        stretches++;
    nodes->index = calloc(stretches + 1, sizeof *nodes->index);
    nodes->last = malloc(sizeof *nodes->last);
    if (!nodes->index || !nodes->last)
        return false;
    *nodes->last = nodes->index;
    for (size_t i = 0, last; i < nodes->count; i = last + 1) {
        last = last_of_stretch(nodes, i);
        struct node_index *index = &nodes->index[nodes->index_count++];
        *index = (struct node_index){
            .start = nodes->node[i].start, .end = nodes->node[last].end, .first = (uint32_t)i};
        if (i != last && !index_grains(index, nodes, i, last))
            return false;
        pieces_add(&nodes->pieces, index->start, index->end);
    }
    find_edges(nodes, edges);
    return true;
}

uint32_t node_at(const struct nodes *nodes, uint64_t address) {
    if (!pieces_have(&nodes->pieces, address))
        return NO_NODE;
    const struct node_index *index = *nodes->last;
    if (address < index->start || address >= index->end) {
        size_t at = LEAST(nodes->index_count, i, nodes->index[i].end > address);
        index = &nodes->index[at];
        if (at == nodes->index_count || address < index->start)
            return NO_NODE;
        *nodes->last = index;
    }
    uint32_t number = index->of_grain ? index->of_grain[(address - index->start) / GRAIN] : index->first;
    while (nodes->node[number].end <= address)
        number++;
    return number;
}

struct dead_part node_dead(const struct nodes *nodes, uint32_t number) {
    size_t at = LEAST(nodes->dead_count, i, nodes->dead[i].node >= number);
    if (at < nodes->dead_count && nodes->dead[at].node == number)
        return nodes->dead[at];
    return (struct dead_part){
        .node = number, .start = nodes->node[number].end, .end = nodes->node[number].end};
}

struct node_range nodes_of_handle(const struct nodes *nodes, uint64_t handle) {
    uint32_t number = node_at(nodes, handle);
    if (number == NO_NODE)
        return (struct node_range){0};
    bool divided =
        number >= 2 && nodes->node[number - 1].kind == NODE_STORAGE && nodes->node[number].start == handle;
    return (struct node_range){.first = divided ? number - 2 : number, .end = number + 1};
}
