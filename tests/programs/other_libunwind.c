/* Stands in for a libunwind whose header is of another version: the installed one ($LIBUNWIND, its path), told of tables in the layout that it has not, with the
 * load offset or without (libunwind-dynamic.h). It blocks all signals meanwhile, as the installed one does around its locks, but by the call that 1.8 takes. Built with -DUNKNOWN, in a layout that nobody knows. */
#include <dlfcn.h>
#include <libunwind.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(name) #name
#define NAME(name)  WORDS(name)

#define dwarf_search_unwind_table UNW_OBJ(dwarf_search_unwind_table)

static void *installed;

__attribute__((constructor)) static void load(void) {
    const char *path = getenv("LIBUNWIND");
    installed = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!installed)
        abort();
}

#define REAL(name) ((__typeof__(&name))dlsym(installed, NAME(name)))

unw_addr_space_t unw_create_addr_space(unw_accessors_t *accessors, int order) {
    return REAL(unw_create_addr_space)(accessors, order);
}
int unw_set_caching_policy(unw_addr_space_t space, unw_caching_policy_t policy) {
    return REAL(unw_set_caching_policy)(space, policy);
}
int unw_init_remote(unw_cursor_t *cursor, unw_addr_space_t space, void *argument) {
    return REAL(unw_init_remote)(cursor, space, argument);
}
int unw_step(unw_cursor_t *cursor) {
    return REAL(unw_step)(cursor);
}
int unw_get_reg(unw_cursor_t *cursor, int number, unw_word_t *value) {
    return REAL(unw_get_reg)(cursor, number, value);
}
int unw_get_save_loc(unw_cursor_t *cursor, int number, unw_save_loc_t *place) {
    return REAL(unw_get_save_loc)(cursor, number, place);
}

/* As the first field that may be there says, the other layout begins a word later or earlier. */
enum {
    FIRST = 48,
    HERE = offsetof(unw_dyn_info_t, u),
    OTHER = HERE == FIRST ? FIRST + sizeof(unw_word_t) : FIRST
};

int dwarf_search_unwind_table(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);

int dwarf_search_unwind_table(unw_addr_space_t space, unw_word_t pc, unw_dyn_info_t *given,
                              unw_proc_info_t *info, int need_details, void *argument) {
#ifdef UNKNOWN
    (void)space, (void)pc, (void)given, (void)info, (void)need_details, (void)argument, (void)OTHER;
    return -UNW_ENOINFO;
#else
    unw_dyn_info_t table = {0};
    memcpy(&table, given, FIRST);
    memcpy(&table.u.rti, (char *)given + OTHER, sizeof table.u.rti);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = REAL(dwarf_search_unwind_table)(space, pc, &table, info, need_details, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
#endif
}
