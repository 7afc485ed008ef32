#include "fields.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Entries that are looked at before it is given up: the debug information of a large program has millions. */
enum { MOST_ENTRIES = 200000 };

struct search {
    uint64_t start; /* as the debug information has it */
    unsigned left;
    Dwarf_Die found;
};

static bool is_at(Dwarf_Die *variable, uint64_t start) {
    Dwarf_Attribute attribute;
    Dwarf_Op *operation;
    size_t count;
    return dwarf_attr(variable, DW_AT_location, &attribute) &&
           dwarf_getlocation(&attribute, &operation, &count) == 0 && count == 1 &&
           operation[0].atom == DW_OP_addr && operation[0].number == start;
}

/* Variables stand below the unit, in namespaces, and, static ones, in functions and their blocks. */
static bool look_below(struct search *search, Dwarf_Die *parent) {
    Dwarf_Die die;
    if (dwarf_child(parent, &die) != 0)
        return false;
    do {
        if (search->left == 0)
            return false;
        search->left--;
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_variable && is_at(&die, search->start)) {
            search->found = die;
            return true;
        }
        if ((tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block) &&
            look_below(search, &die))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

static bool find_variable(Dwfl_Module *module, uint64_t address, Dwarf_Die *variable) {
    struct search search = {.left = MOST_ENTRIES};
    Dwarf_Addr bias;
    for (Dwarf_Die *unit = NULL; search.left > 0 && (unit = dwfl_module_nextcu(module, unit, &bias));) {
        search.start = address - bias;
        if (look_below(&search, unit)) {
            *variable = search.found;
            return true;
        }
    }
    return false;
}

/* Without typedefs and qualifiers. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Attribute attribute;
    Dwarf_Die found;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, &found) &&
           dwarf_peel_type(&found, type) == 0;
}

/* The member that the offset lies in. */
static bool find_member(Dwarf_Die *type, uint64_t offset, Dwarf_Die *member, Dwarf_Word *at) {
    if (dwarf_child(type, member) != 0)
        return false;
    do {
        Dwarf_Attribute attribute;
        Dwarf_Die of;
        Dwarf_Word size;
        if (dwarf_tag(member) != DW_TAG_member || !type_of(member, &of) ||
            dwarf_aggregate_size(&of, &size) != 0)
            continue;
        *at = 0; /* of a union's members none may be told */
        if (dwarf_attr(member, DW_AT_data_member_location, &attribute) &&
            dwarf_formudata(&attribute, at) != 0)
            continue;
        if (offset >= *at && offset - *at < size)
            return true;
    } while (dwarf_siblingof(member, member) == 0);
    return false;
}

static bool has_one_dimension(Dwarf_Die *array) {
    Dwarf_Die dimension;
    return dwarf_child(array, &dimension) == 0 && dwarf_siblingof(&dimension, &dimension) != 0;
}

static void put_fields(FILE *out, Dwarf_Die type, uint64_t offset) {
    Dwarf_Die inner;
    Dwarf_Word at, size;
    for (;;) {
        int tag = dwarf_tag(&type);
        if (tag == DW_TAG_array_type && has_one_dimension(&type) && type_of(&type, &inner) &&
            dwarf_aggregate_size(&inner, &size) == 0 && size > 0) {
            fprintf(out, "[%" PRIu64 "]", offset / size);
            offset %= size;
        } else if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type) {
            Dwarf_Die member;
            if (!find_member(&type, offset, &member, &at) || !type_of(&member, &inner))
                break;
            const char *name = dwarf_diename(&member);
            if (name)
                fprintf(out, ".%s", name);
            offset -= at;
        } else {
            break;
        }
        type = inner;
    }
    if (offset != 0)
        fprintf(out, "+%" PRIu64, offset);
}

char *fields_of(Dwfl_Module *module, uint64_t start, uint64_t offset) {
    Dwarf_Die variable, type;
    char *words = NULL;
    size_t size;
    if (!find_variable(module, start, &variable) || !type_of(&variable, &type))
        return NULL;
    FILE *out = open_memstream(&words, &size);
    if (!out)
        return NULL;
    put_fields(out, type, offset);
    if (fclose(out) == 0)
        return words;
    free(words);
    return NULL;
}
