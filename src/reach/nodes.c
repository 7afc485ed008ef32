#include "nodes.h"

#include <stdlib.h>

#include "least.h"
#include "reserve.h"

enum { LARGE = 16 << 20 };

/* Blocks are at least as far from each other as that; what else there is is few. */
enum { LEAST_BLOCK = 16, OTHERS = 1 << 20 };

bool nodes_begin(struct nodes *nodes, const struct image *image) {
    *nodes = (struct nodes){.room = image->bytes / LEAST_BLOCK + OTHERS};
    nodes->node = reserve(nodes->room * sizeof *nodes->node, image->is_large);
    return nodes->node;
}

void nodes_add(struct nodes *nodes, uint64_t start, uint64_t end, enum node_kind kind) {
    nodes->failed |= nodes->count == nodes->room;
    if (!nodes->failed)
        nodes->node[nodes->count++] = (struct node){.start = start, .end = end, .kind = kind};
}

static bool is_large(const struct node *node) {
    return node->end - node->start >= LARGE;
}

/* Nodes that touch each other are one stretch; but one that takes as much room as an index of its grains is worth stands alone, for a
 * program may have set aside terabytes. */
static bool begins_stretch(const struct nodes *nodes, size_t i) {
    const struct node *node = &nodes->node[i];
    return i == 0 || node[-1].end != node->start || is_large(node) || is_large(&node[-1]);
}

static bool begin_stretch(struct nodes *nodes, size_t first) {
    if ((nodes->index_count & (nodes->index_count - 1)) == 0) {
        size_t room = nodes->index_count ? 2 * nodes->index_count : 1;
        struct node_index *more = realloc(nodes->index, room * sizeof *more);
        if (!more)
            return false;
        nodes->index = more;
    }
    nodes->index[nodes->index_count++] =
        (struct node_index){.start = nodes->node[first].start, .first = (uint32_t)first};
    return true;
}

static bool index_grains(struct node_index *index, const struct nodes *nodes, size_t first, size_t last) {
    size_t grains = (index->end - index->start) / NODE_GRAIN + 1;
    index->of_grain = malloc(grains * sizeof *index->of_grain);
    for (size_t grain = 0, at = first; index->of_grain && grain < grains; grain++) {
        while (at < last && nodes->node[at].end <= index->start + grain * NODE_GRAIN)
            at++;
        index->of_grain[grain] = (uint32_t)at;
    }
    return index->of_grain;
}

static bool end_stretch(struct nodes *nodes, size_t last) {
    struct node_index *index = &nodes->index[nodes->index_count - 1];
    index->end = nodes->node[last].end;
    pieces_add(&nodes->pieces, index->start, index->end);
    return index->first == last || index_grains(index, nodes, index->first, last);
}

size_t node_edges_end(const struct nodes *nodes, const struct edges *edges, uint32_t number) {
    const struct node *node = &nodes->node[number];
    bool touches = number + 1 < nodes->count && node[1].start == node->end;
    return touches ? node[1].edges : edges_from(edges, node->end);
}

bool nodes_index(struct nodes *nodes, const struct edges *edges) {
    size_t slice = 0, next = 0;
    nodes->last = malloc(sizeof *nodes->last);
    for (size_t i = 0; i < nodes->count; i++) {
        if (begins_stretch(nodes, i) && ((i > 0 && !end_stretch(nodes, i - 1)) || !begin_stretch(nodes, i)))
            return false;
        nodes->node[i].edges = (uint32_t)edges_next_from(edges, nodes->node[i].start, &slice, &next);
    }
    if (!nodes->last || (nodes->count > 0 && !end_stretch(nodes, nodes->count - 1)))
        return false;
    *nodes->last = nodes->index;
    return true;
}

const struct node_index *nodes_find_index(const struct nodes *nodes, uint64_t address) {
    size_t at = LEAST(nodes->index_count, i, nodes->index[i].end > address);
    if (at == nodes->index_count || address < nodes->index[at].start)
        return NULL;
    return *nodes->last = &nodes->index[at];
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
