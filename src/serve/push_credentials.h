/* Who pushes: a token, or a user and a password, from files; sent as the header Authorization, and told to nobody else. */
#pragma once

#include <stdbool.h>

#include "tool/settings.h"

struct push_credentials {
    const struct settings *settings;
    char *secret; /* the token or the password; NULL: there is none */
    char *header; /* "Authorization: ..."; NULL: there is none */
};

/* False, and a line on stderr, if the files do not have them. */
bool push_credentials_read(struct push_credentials *credentials, const struct settings *settings);
/* Takes what is in the file now, as the server accepts the old no more: tokens are replaced now and then. */
void push_credentials_renew(struct push_credentials *credentials);
/* Is any of it in what a server said? */
bool push_credentials_are_in(const struct push_credentials *credentials, const char *words);
void push_credentials_drop(struct push_credentials *credentials);
