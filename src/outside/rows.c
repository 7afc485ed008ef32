#include "rows.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

/* The forms in which dwarf_frame_register gives what is common (elfutils/libdw.h); all else is an expression. */
static struct rule simplify(const Dwarf_Op *operations, size_t count, const Dwarf_Op *room) {
    if (count == 0)
        return (struct rule){.form = operations == room ? RULE_UNDEFINED : RULE_SAME};
    bool value = operations[count - 1].atom == DW_OP_stack_value;
    size_t rest = count - value;
    if (operations[0].atom == DW_OP_call_frame_cfa && rest == 1)
        return (struct rule){.form = value ? RULE_CFA : RULE_AT_CFA};
    if (operations[0].atom == DW_OP_call_frame_cfa && rest == 2 && operations[1].atom == DW_OP_plus_uconst)
        return (struct rule){.form = value ? RULE_CFA : RULE_AT_CFA, .offset = (int64_t)operations[1].number};
    if (operations[0].atom == DW_OP_regx && count == 1)
        return (struct rule){.form = RULE_REGISTER, .number = (uint8_t)operations[0].number};
    return (struct rule){
        .form = RULE_EXPRESSION, .is_value = value, .operations = operations, .count = count};
}

static struct rule simplify_base(const Dwarf_Op *operations, size_t count) {
    if (count == 1 && operations[0].atom == DW_OP_bregx)
        return (struct rule){.form = RULE_REGISTER,
                             .number = (uint8_t)operations[0].number,
                             .offset = (int64_t)operations[0].number2};
    if (count == 1 && operations[0].atom >= DW_OP_breg0 && operations[0].atom <= DW_OP_breg31)
        return (struct rule){.form = RULE_REGISTER,
                             .number = (uint8_t)(operations[0].atom - DW_OP_breg0),
                             .offset = (int64_t)operations[0].number};
    return (struct rule){.form = RULE_EXPRESSION, .is_value = true, .operations = operations, .count = count};
}

struct row row_read(Dwarf_CFI *cfi, Dwarf_Addr address) {
    struct row row = {0};
    Dwarf_Op *operations;
    size_t count;
    if (!cfi || dwarf_cfi_addrframe(cfi, address, &row.frame) != 0)
        return (struct row){0};
    if (dwarf_frame_info(row.frame, NULL, NULL, &row.signal) != REGISTER_RA ||
        dwarf_frame_cfa(row.frame, &operations, &count) != 0 || count == 0) {
        row_drop(&row);
        return (struct row){0};
    }
    row.base = simplify_base(operations, count);
    for (int i = 0; i < REGISTERS; i++) {
        /* What is common lies in memory of the caller's: it is not looked at afterwards. */
        Dwarf_Op room[3];
        if (dwarf_frame_register(row.frame, i, room, &operations, &count) == 0)
            row.registers[i] = simplify(operations, count, room);
        if (row.registers[i].form == RULE_EXPRESSION && row.registers[i].operations == room)
            row.registers[i] = (struct rule){.form = RULE_UNDEFINED};
    }
    row.last = row.registers[REGISTER_RA].form == RULE_UNDEFINED;
    row.found = true;
    return row;
}

void row_drop(struct row *row) {
    free(row->frame);
    *row = (struct row){0};
}

/* The machine that DWARF expressions are for (DWARF 5, 2.5.1), as far as unwind information uses it. */
struct machine {
    const struct target *target;
    const struct known_registers *registers;
    uint64_t base;
    uint64_t stack[16];
    size_t depth;
};

static bool push(struct machine *machine, uint64_t value) {
    if (machine->depth == sizeof machine->stack / sizeof *machine->stack)
        return false;
    machine->stack[machine->depth++] = value;
    return true;
}

static bool push_register(struct machine *machine, unsigned number, int64_t offset) {
    return register_is_known(machine->registers, number) &&
           push(machine, machine->registers->value[number] + (uint64_t)offset);
}

static bool combine(struct machine *machine, uint8_t atom) {
    if (machine->depth < 2)
        return false;
    uint64_t b = machine->stack[--machine->depth], *a = &machine->stack[machine->depth - 1];
    switch (atom) {
    case DW_OP_plus:
        *a += b;
        return true;
    case DW_OP_minus:
        *a -= b;
        return true;
    case DW_OP_and:
        *a &= b;
        return true;
    case DW_OP_or:
        *a |= b;
        return true;
    case DW_OP_shl:
        *a = b < 64 ? *a << b : 0;
        return true;
    case DW_OP_ge:
        *a = (int64_t)*a >= (int64_t)b;
        return true;
    case DW_OP_mul:
        *a *= b;
        return true;
    default:
        return false;
    }
}

static bool step(struct machine *machine, const Dwarf_Op *operation) {
    uint8_t atom = operation->atom;
    uint64_t *top = machine->depth > 0 ? &machine->stack[machine->depth - 1] : NULL;
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        return push_register(machine, atom - DW_OP_breg0, (int64_t)operation->number);
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
        return push(machine, atom - DW_OP_lit0);
    switch (atom) {
    case DW_OP_call_frame_cfa:
        return push(machine, machine->base);
    case DW_OP_bregx:
        return push_register(machine, (unsigned)operation->number, (int64_t)operation->number2);
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
        return push(machine, operation->number);
    case DW_OP_plus_uconst:
        return top && ((*top += operation->number), true);
    case DW_OP_deref:
        return top && target_has(machine->target, *top, top, sizeof *top);
    case DW_OP_nop:
    case DW_OP_stack_value:
        return true;
    default:
        return combine(machine, atom);
    }
}

static bool compute(struct machine *machine, const struct rule *rule, uint64_t *value) {
    machine->depth = 0;
    for (size_t i = 0; i < rule->count; i++)
        if (!step(machine, &rule->operations[i]))
            return false;
    if (machine->depth == 0)
        return false;
    *value = machine->stack[machine->depth - 1];
    return true;
}

/* False: it is not known. */
static bool register_by(struct machine *machine, const struct rule *rule, unsigned number, uint64_t *value) {
    switch (rule->form) {
    case RULE_SAME:
        *value = machine->registers->value[number];
        return register_is_known(machine->registers, number);
    case RULE_CFA:
        *value = machine->base + (uint64_t)rule->offset;
        return true;
    case RULE_AT_CFA:
        return target_has(machine->target, machine->base + (uint64_t)rule->offset, value, sizeof *value);
    case RULE_REGISTER:
        *value = rule->number < REGISTERS ? machine->registers->value[rule->number] : 0;
        return register_is_known(machine->registers, rule->number);
    case RULE_EXPRESSION:
        return compute(machine, rule, value) &&
               (rule->is_value || target_has(machine->target, *value, value, sizeof *value));
    default:
        return false;
    }
}

bool row_apply(const struct row *row, const struct target *target, const struct known_registers *from,
               struct known_registers *to) {
    struct machine machine = {.target = target, .registers = from};
    const struct rule *base = &row->base;
    *to = (struct known_registers){0};
    if (base->form == RULE_REGISTER) {
        if (!register_is_known(from, base->number))
            return false;
        machine.base = from->value[base->number] + (uint64_t)base->offset;
    } else if (!compute(&machine, base, &machine.base)) {
        return false;
    }
    for (unsigned i = 0; i < REGISTERS; i++) {
        uint64_t value;
        if (register_by(&machine, &row->registers[i], i, &value))
            register_set(to, i, value);
    }
    /* The base is the caller's stack pointer at the call, unless something else is said of it. */
    if (row->registers[REGISTER_RSP].form == RULE_UNDEFINED || row->registers[REGISTER_RSP].form == RULE_SAME)
        register_set(to, REGISTER_RSP, machine.base);
    return register_is_known(to, REGISTER_RA) && register_is_known(to, REGISTER_RSP);
}
