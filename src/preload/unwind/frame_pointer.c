#include "frame_pointer.h"

#include "rt/sys.h"

static bool follows_call(uintptr_t pc) {
    unsigned char code[CALL_CODE];
    return sys_peek(pc - CALL_CODE, code, sizeof code) == sizeof code && code_ends_in_call(code);
}

bool frame_pointer_step(struct place *place, struct stack_memory *memory) {
    enum { FRAME_MOST = 1 << 20 };
    uintptr_t bp = place->bp, saved, pc;
    if (!memory->is_code || bp < place->sp || bp - place->sp > FRAME_MOST || bp % sizeof bp != 0 ||
        !memory->word(memory, bp + FRAME_SAVED, &saved) || !memory->word(memory, bp + FRAME_RETURN, &pc))
        return false;
    pc = code_address(pc);
    if (pc != 0 ? !memory->is_code(pc - 1) || !follows_call(pc) : saved != 0)
        return false;
    *place = (struct place){.pc = pc, .sp = bp + FRAME_SIZE, .bp = saved};
    return true;
}
