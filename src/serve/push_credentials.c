#include "push_credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "secret.h"
#include "tool/tool.h"

enum { SECRET_MOST = 8192 };

/* RFC 6750, section 2.1. */
static const struct secret_form token_form = {
    1, SECRET_MOST, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=",
    "a token is up to 8192 letters, digits, and -._~+/="};
static const struct secret_form password_form = {
    1, SECRET_MOST, NULL, "a password is up to 8192 bytes, without control characters"};

static bool has_token(const struct settings *settings) {
    return settings->push_token_file[0];
}

static char *basic(const char *user, const char *password) {
    char *pair = NULL, *header = NULL;
    int length = asprintf(&pair, "%s:%s", user, password);
    char *encoded = length >= 0 ? base64(pair, (size_t)length) : NULL;
    if (!encoded || asprintf(&header, "Authorization: Basic %s", encoded) < 0)
        header = NULL;
    free(encoded);
    if (length >= 0)
        free(pair);
    return header;
}

/* Takes the secret. */
static bool set(struct push_credentials *credentials, char *secret) {
    const struct settings *settings = credentials->settings;
    char *header = NULL;
    if (!has_token(settings))
        header = basic(settings->push_user, secret);
    else if (asprintf(&header, "Authorization: Bearer %s", secret) < 0)
        header = NULL;
    if (!header) {
        free(secret);
        return false;
    }
    push_credentials_drop(credentials);
    credentials->secret = secret;
    credentials->header = header;
    return true;
}

bool push_credentials_read(struct push_credentials *credentials, const struct settings *settings) {
    bool token = has_token(settings), user = settings->push_user[0],
         password = settings->push_password_file[0];
    *credentials = (struct push_credentials){.settings = settings};
    if (token && (user || password))
        complain("serve: --push-token-file: it goes with no --push-user and no --push-password-file");
    else if (user != password)
        complain("serve: --push-%s: it goes with --push-%s only", user ? "user" : "password-file",
                 user ? "password-file" : "user");
    else if (strchr(settings->push_user, ':'))
        complain("serve: --push-user: '%s': a user's name has no ':'", settings->push_user);
    else if (!token && !user)
        return true;
    else {
        char *secret = token
                           ? secret_read("push-token-file", settings->push_token_file, &token_form)
                           : secret_read("push-password-file", settings->push_password_file, &password_form);
        return secret && (set(credentials, secret) || needed(NULL));
    }
    return false;
}

void push_credentials_renew(struct push_credentials *credentials) {
    const struct settings *settings = credentials->settings;
    if (!credentials->secret)
        return;
    char *secret = has_token(settings) ? secret_read_again(settings->push_token_file, &token_form)
                                       : secret_read_again(settings->push_password_file, &password_form);
    if (secret)
        set(credentials, secret);
}

bool push_credentials_are_in(const struct push_credentials *credentials, const char *words) {
    return credentials->secret &&
           (strstr(words, credentials->secret) || strstr(words, strrchr(credentials->header, ' ') + 1));
}

void push_credentials_drop(struct push_credentials *credentials) {
    free(credentials->secret);
    free(credentials->header);
    credentials->secret = credentials->header = NULL;
}
