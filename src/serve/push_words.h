/* What an answer means, and how it is told. */
#pragma once

#include "push_credentials.h"
#include "push_transport.h"

enum push_outcome {
    PUSH_TAKEN,
    PUSH_REFUSED, /* this profile: it will never be taken */
    PUSH_FAILED,  /* it may be taken later, or elsewhere */
};
enum push_outcome push_outcome_of(const struct answer *answer);

enum { WORDS_ROOM = 512 };
/* Why it was not taken: nothing of what the server said can do harm on a terminal, or has a secret in it. */
const char *push_words_of(const struct answer *answer, const struct push_credentials *credentials,
                          char words[WORDS_ROOM]);
