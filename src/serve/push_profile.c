#include "push_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

/* A random one, of the kernel's (random(4)). Without /proc it stays that of nothing, as servers give another if they want one. */
static void put_id(char id[37]) {
    FILE *file = fopen("/proc/sys/kernel/random/uuid", "re");
    if (!file || !fgets(id, 37, file) || strlen(id) != 36)
        strcpy(id, "00000000-0000-0000-0000-000000000000");
    if (file)
        fclose(file);
}

struct push_profile *push_profile_make(char *pprof, size_t size, json_t *labels, int pid,
                                       const char *program) {
    struct push_profile *profile = pprof && labels ? calloc(1, sizeof *profile) : NULL;
    if (!profile) {
        free(pprof);
        json_decref(labels);
        return NULL;
    }
    *profile =
        (struct push_profile){.holders = 1, .labels = labels, .pprof = pprof, .size = size, .pid = pid};
    snprintf(profile->program, sizeof profile->program, "%s", program);
    put_id(profile->id);
    return profile;
}

struct push_profile *push_profile_keep(struct push_profile *profile) {
    profile->holders++;
    return profile;
}

void push_profile_drop(struct push_profile *profile) {
    if (!profile || --profile->holders > 0)
        return;
    json_decref(profile->labels);
    free(profile->pprof);
    free(profile);
}

json_t *push_profile_labels(const json_t *labels) {
    const char *name;
    json_t *value, *list = json_array();
    /* As Prometheus has it; both servers want one. What is in the profile has names of its own: threads, wait. */
    json_array_append_new(list, json_pack("{s:s, s:s}", "name", "__name__", "value", "threads"));
    json_object_foreach ((json_t *)labels, name, value) {
        json_array_append_new(list, json_pack("{s:s, s:O}", "name", name, "value", value));
    }
    return list;
}

json_t *push_profile_bytes(const struct push_profile *profile) {
    char *text = base64(profile->pprof, profile->size);
    json_t *string = text ? json_string_nocheck(text) : NULL;
    free(text);
    return string;
}
