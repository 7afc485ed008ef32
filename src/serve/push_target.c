#include "push_target.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"

static const struct push_kind *const kinds[] = {&push_pyroscope, &push_parca};

/* The kind that the words begin with, and what follows its '='. */
static const struct push_kind *kind_of(const char *words, const char **rest) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i]->name);
        *rest = words + length + 1;
        if (strncmp(words, kinds[i]->name, length) == 0 && words[length] == '=')
            return kinds[i];
    }
    return NULL;
}

static bool has(CURLU *url, CURLUPart part) {
    char *words = NULL;
    bool there = curl_url_get(url, part, &words, 0) == CURLUE_OK;
    curl_free(words);
    return there;
}

static bool is_http(CURLU *url) {
    char *scheme = NULL, *host = NULL;
    bool is = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0];
    curl_free(scheme);
    curl_free(host);
    return is;
}

/* Why a URL is not wanted; NULL if it is. A reason must not repeat what may be a secret. */
static const char *is_wrong(CURLU *url, const char *words) {
    if (curl_url_set(url, CURLUPART_URL, words, 0) != CURLUE_OK || !is_http(url))
        return "wanted is a URL such as http://HOST:PORT or https://HOST/PATH";
    if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD))
        return "what is in a URL is seen by all who list processes; for a user and a password there are "
               "--push-user and --push-password-file";
    if (strpbrk(words, "?#"))
        return "a URL has no '?' or '#' here";
    return NULL;
}

static void fill(struct push_target *target, CURLU *url, const char *words) {
    char *scheme = NULL, *host = NULL, *port = NULL;
    size_t length = strlen(words);
    while (length > 0 && words[length - 1] == '/')
        length--;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        asprintf(&target->url, "%.*s", (int)length, words) < 0 ||
        asprintf(&target->address, "%s%s", target->url, target->kind->path) < 0 ||
        asprintf(&target->origin, "%s://%s:%s", scheme, host, port) < 0)
        needed(NULL);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
}

bool push_target_parse(struct push_target *target, const char *words) {
    const char *rest;
    *target = (struct push_target){.kind = kind_of(words, &rest)};
    if (!target->kind) {
        /* what has an '@' in it may have a password before that */
        bool shown = !strchr(words, '@') && !strchr(words, '?');
        complain("serve: --push: %s%.200s%s is neither pyroscope=URL nor parca=URL", shown ? "'" : "it",
                 shown ? words : "", shown ? "'" : "");
        return false;
    }
    CURLU *url = needed(curl_url());
    const char *wrong = is_wrong(url, rest);
    if (wrong)
        complain("serve: --push %s=: %s", target->kind->name, wrong);
    else
        fill(target, url, rest);
    curl_url_cleanup(url);
    return !wrong;
}

void push_target_drop(struct push_target *target) {
    free(target->url);
    free(target->address);
    free(target->origin);
}
