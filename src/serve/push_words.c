#include "push_words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool is_taken(const struct answer *answer) {
    return answer->status >= 200 && answer->status < 300;
}

/* Both servers answer with an object of JSON. A page is another server's, or Parca's own, which it shows wherever nothing else is. */
static json_t *object_of(const struct answer *answer) {
    json_t *body = answer->size < ANSWER_ROOM ? json_loadb(answer->body, answer->size, 0, NULL) : NULL;
    if (json_is_object(body))
        return body;
    json_decref(body);
    return NULL;
}

enum push_outcome push_outcome_of(const struct answer *answer) {
    if (is_taken(answer)) {
        json_t *object = object_of(answer);
        json_decref(object);
        return object || answer->size == 0 ? PUSH_TAKEN : PUSH_FAILED;
    }
    /* What is wrong is wrong with what was sent (https://connectrpc.com/docs/protocol, grpc-gateway's HTTPStatusFromCode). */
    return answer->status == 400 || answer->status == 413 || answer->status == 422 ? PUSH_REFUSED
                                                                                   : PUSH_FAILED;
}

static const char *hint(const struct answer *answer, bool known) {
    if (is_taken(answer))
        return ", but not as such a server does: is there one at this URL?";
    if (answer->status >= 300 && answer->status < 400)
        return ": redirects are not followed";
    if (answer->status == 401 || answer->status == 403)
        return known ? ": it does not accept the token or the password"
                     : ": it wants --push-token-file, or --push-user and --push-password-file";
    return answer->status == 404 ? ": is there such a server at this URL?" : "";
}

/* What the server itself has to say: Connect and gRPC have it in "message". */
static void put_message(const struct answer *answer, const struct push_credentials *credentials, char *words,
                        size_t room) {
    enum { MOST = 200 };
    json_t *object = object_of(answer);
    const char *message = json_string_value(json_object_get(object, "message"));
    if (message && message[0] && !push_credentials_are_in(credentials, message)) {
        snprintf(words, room, " (%.*s)", MOST, message);
        for (char *at = words; *at; at++)
            *at = *at < 0x20 || *at > 0x7e ? '?' : *at;
    }
    json_decref(object);
}

const char *push_words_of(const struct answer *answer, const struct push_credentials *credentials,
                          char words[WORDS_ROOM]) {
    char message[224] = "";
    put_message(answer, credentials, message, sizeof message);
    if (answer->status == 0)
        snprintf(words, WORDS_ROOM, "%s", answer->reason);
    else
        snprintf(words, WORDS_ROOM, "it answers %ld%s%s", answer->status, hint(answer, credentials->secret),
                 message);
    return words;
}
