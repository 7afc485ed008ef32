#include "push_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/json_text.h"
#include "tool/tool.h"

/* Pyroscope takes 30 labels a series and values of 2048 bytes, if it is not told otherwise. */
enum { LABELS_MOST = 20, VALUE_MOST = 2048 };

/* Prometheus' names; those that begin with "__" are the servers' own. */
static bool is_name(const char *name, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return length > 0 && strspn(name, letters) >= length && !(name[0] >= '0' && name[0] <= '9') &&
           strncmp(name, "__", 2) != 0;
}

static bool add_label(json_t *labels, const char *words) {
    const char *equals = strchr(words, '=');
    size_t length = equals ? (size_t)(equals - words) : 0;
    char *name = needed(strndup(words, length));
    json_t *value = equals ? json_string(equals + 1) : NULL;
    bool added = false;
    if (!equals)
        complain("serve: --push-label: '%s' is not NAME=VALUE", words);
    else if (!is_name(name, length))
        complain(
            "serve: --push-label: '%s' is no name: letters, digits and _, not beginning with a digit or __",
            name);
    else if (!value || !equals[1] || strlen(equals + 1) > VALUE_MOST)
        complain("serve: --push-label: %s: a value is UTF-8, of 1 to %d bytes", name, VALUE_MOST);
    else
        added = json_object_set(labels, name, value) == 0;
    json_decref(value);
    free(name);
    return added;
}

static json_t *host(void) {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    return json_text(name);
}

static bool read_labels(struct push_options *options) {
    const struct words *words = &options->settings->push_label;
    options->labels = needed(json_object());
    json_object_set_new(options->labels, "host", host());
    if (words->count > LABELS_MOST) {
        complain("serve: --push-label: no more than %d of them", LABELS_MOST);
        return false;
    }
    for (size_t i = 0; i < words->count; i++)
        if (!add_label(options->labels, words->words[i]))
            return false;
    return true;
}

static bool read_targets(struct push_options *options) {
    const struct words *words = &options->settings->push;
    options->targets = needed(calloc(words->count, sizeof *options->targets));
    for (; options->count < words->count; options->count++) {
        struct push_target *target = &options->targets[options->count];
        if (!push_target_parse(target, words->words[options->count]))
            return false;
        for (size_t i = 0; i < options->count; i++)
            if (strcmp(options->targets[i].address, target->address) == 0) {
                complain("serve: --push %s=%s: it is named twice", target->kind->name, target->url);
                push_target_drop(target);
                return false;
            }
    }
    return true;
}

/* What is meant for one server is not sent to another. */
static bool have_one_reader(const struct push_options *options) {
    for (size_t i = 1; options->credentials.secret && i < options->count; i++)
        if (strcmp(options->targets[0].origin, options->targets[i].origin) != 0) {
            complain(
                "serve: --push: %s and %s are two servers, and would both get the token or the password; "
                "run a serve for each",
                options->targets[0].url, options->targets[i].url);
            return false;
        }
    return true;
}

static bool can_read(const char *path) {
    if (!path[0] || access(path, R_OK) == 0)
        return true;
    complain("serve: --push-ca-file %s: %s", path, strerror(errno));
    return false;
}

bool push_options_read(struct push_options *options, const struct settings *settings) {
    *options = (struct push_options){.settings = settings};
    return read_targets(options) && read_labels(options) &&
           push_credentials_read(&options->credentials, settings) && have_one_reader(options) &&
           can_read(settings->push_ca_file);
}

void push_options_drop(struct push_options *options) {
    for (size_t i = 0; i < options->count; i++)
        push_target_drop(&options->targets[i]);
    free(options->targets);
    json_decref(options->labels);
    push_credentials_drop(&options->credentials);
}
