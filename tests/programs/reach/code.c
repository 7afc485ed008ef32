/* Code that is not executable yet: an address is an operand of an instruction, at whatever offset that is. */
#include <string.h>
#include <sys/mman.h>

#include "places.h"

enum { CODE_SIZE = 4096, OPERAND = 13 };
static char *code;

static void hide_for(struct box *box, int rights) {
    code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code + OPERAND, &box, sizeof box);
    mprotect(code, CODE_SIZE, rights);
}
static void hide_in_code_to_be(struct box *box) {
    hide_for(box, PROT_READ | PROT_WRITE);
}
static void hide_in_code_laid_by(struct box *box) {
    hide_for(box, PROT_NONE);
}
static struct box *from_code(void) {
    struct box *box;
    mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC);
    memcpy(&box, code + OPERAND, sizeof box);
    return box;
}

const struct place code_places[] = {
    {"in_code_to_be", hide_in_code_to_be, from_code},
    {"in_code_laid_by", hide_in_code_laid_by, from_code},
    {NULL, NULL, NULL},
};
