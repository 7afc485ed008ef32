#include "nodes.h"

#include <stdlib.h>

#include "least.h"

enum { PAGE = 4096 };

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

bool nodes_index(struct nodes *nodes) {
    size_t stretches = 0;
    for (size_t i = 0; i < nodes->count; i++)
        stretches += i == 0 || nodes->node[i].start != nodes->node[i - 1].end;
    nodes->index = calloc(stretches + 1, sizeof *nodes->index);
    for (size_t i = 0; nodes->index && i < nodes->count;) {
        size_t last = i;
        while (last + 1 < nodes->count && nodes->node[last + 1].start == nodes->node[last].end)
            last++;
        struct node_index *index = &nodes->index[nodes->index_count++];
        *index = (struct node_index){.start = nodes->node[i].start, .end = nodes->node[last].end};
        size_t pages = (index->end - index->start) / PAGE + 1;
        index->first = malloc(pages * sizeof *index->first);
        if (!index->first)
            return false;
        for (size_t page = 0, at = i; page < pages; page++) {
            while (at < last && nodes->node[at].end <= index->start + page * PAGE)
                at++;
            index->first[page] = (uint32_t)at;
        }
        i = last + 1;
    }
    return nodes->index;
}

uint32_t node_at(const struct nodes *nodes, uint64_t address) {
    size_t at = LEAST(nodes->index_count, i, nodes->index[i].end > address);
    const struct node_index *index = &nodes->index[at];
    if (at == nodes->index_count || address < index->start)
        return NO_NODE;
    uint64_t page = (address - index->start) / PAGE;
    uint32_t number = index->first[page];
    while (nodes->node[number].end <= address)
        number++;
    return number;
}

struct dead_part node_dead(const struct nodes *nodes, uint32_t number) {
    for (size_t i = 0; i < nodes->dead_count; i++)
        if (nodes->dead[i].node == number)
            return nodes->dead[i];
    return (struct dead_part){
        .node = number, .start = nodes->node[number].end, .end = nodes->node[number].end};
}
