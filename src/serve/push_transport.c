#include "push_transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "tool/tool.h"

/* Of headers, and of a body: a server that sends more is not one of those. */
enum { ANSWER_MOST = 64 * 1024 };

struct transport {
    CURLM *multi;
};

struct exchange {
    struct transport *transport;
    struct exchange_form form;
    CURL *easy;
    struct curl_slist *headers;
    char *json;
    size_t header_size;
    bool under_way, too_long;
    struct answer answer;
    char error[CURL_ERROR_SIZE];
};

struct transport *transport_open(void) {
    struct transport *transport = calloc(1, sizeof *transport);
    if (transport && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
        (transport->multi = curl_multi_init()))
        return transport;
    complain("serve: --push: libcurl cannot be used");
    free(transport);
    return NULL;
}

void transport_close(struct transport *transport) {
    curl_multi_cleanup(transport->multi);
    curl_global_cleanup();
    free(transport);
}

void transport_wake(struct transport *transport) {
    curl_multi_wakeup(transport->multi);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
    struct exchange *exchange = context;
    (void)bytes;
    exchange->header_size += size * count;
    exchange->too_long |= exchange->header_size > ANSWER_MOST;
    return exchange->too_long ? 0 : size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct exchange *exchange = context;
    struct answer *answer = &exchange->answer;
    size_t came = size * count;
    for (size_t i = 0; i < came && answer->size + i < ANSWER_ROOM - 1; i++)
        answer->body[answer->size + i] = bytes[i];
    answer->size += came;
    exchange->too_long |= answer->size > ANSWER_MOST;
    return exchange->too_long ? 0 : came;
}

static void set_limits(CURL *easy, const struct exchange_form *form) {
    /* Redirects are not followed, by default: what is sent is for the server that was named. */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(form->timeout / 1000000) + 1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* does not wait for a name server at the end */
#endif
}

struct exchange *exchange_make(struct transport *transport, const struct exchange_form *form) {
    struct exchange *exchange = calloc(1, sizeof *exchange);
    CURL *easy = exchange ? curl_easy_init() : NULL;
    if (!easy) {
        free(exchange);
        return NULL;
    }
    exchange->transport = transport;
    exchange->form = *form;
    exchange->easy = easy;
    set_limits(easy, form);
    curl_easy_setopt(easy, CURLOPT_URL, form->address);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "leakwatch/" LEAKWATCH_VERSION);
    if (form->ca_file[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, form->ca_file);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    return exchange;
}

static void forget(struct exchange *exchange) {
    if (exchange->under_way)
        curl_multi_remove_handle(exchange->transport->multi, exchange->easy);
    exchange->under_way = false;
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    free(exchange->json);
    exchange->json = NULL;
}

static bool add_header(struct exchange *exchange, const char *header) {
    struct curl_slist *longer = curl_slist_append(exchange->headers, header);
    if (longer)
        exchange->headers = longer;
    return longer;
}

bool exchange_begin(struct exchange *exchange, char *json, const char *header) {
    const struct exchange_form *form = &exchange->form;
    exchange->json = json;
    exchange->answer = (struct answer){0};
    exchange->header_size = 0;
    exchange->too_long = false;
    exchange->error[0] = '\0';
    /* "Expect: 100-continue" of a large body would cost a second with servers that do not know it. */
    bool can =
        json && add_header(exchange, "Content-Type: application/json") &&
        add_header(exchange, "Accept: application/json") && add_header(exchange, "Expect:") &&
        (!form->header || add_header(exchange, form->header)) && (!header || add_header(exchange, header)) &&
        curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(json)) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, json) == CURLE_OK &&
        curl_multi_add_handle(exchange->transport->multi, exchange->easy) == CURLM_OK;
    exchange->under_way = can;
    if (!can)
        forget(exchange);
    return can;
}

void exchange_drop(struct exchange *exchange) {
    if (!exchange)
        return;
    forget(exchange);
    curl_easy_cleanup(exchange->easy);
    free(exchange);
}

static void finish(struct exchange *exchange, CURLcode result) {
    struct answer *answer = &exchange->answer;
    curl_off_t seconds = 0;
    if (result == CURLE_OK) {
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &answer->status);
        curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &seconds);
        answer->retry_after = seconds > 0 && seconds < 1000000000 ? (uint64_t)seconds * 1000000000u : 0;
    } else if (exchange->too_long) {
        snprintf(answer->reason, sizeof answer->reason, "its answer is longer than %d KiB",
                 ANSWER_MOST / 1024);
    } else {
        snprintf(answer->reason, sizeof answer->reason, "%s",
                 exchange->error[0] ? exchange->error : curl_easy_strerror(result));
    }
    forget(exchange);
    exchange->form.done(exchange->form.context, answer);
}

static bool finish_some(struct transport *transport) {
    int left;
    bool any = false;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left));) {
        struct exchange *exchange = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        finish(exchange, result);
        any = true;
    }
    return any;
}

void transport_run(struct transport *transport, uint64_t ns) {
    int running;
    enum { LONGEST_MS = 3600000 };
    curl_multi_perform(transport->multi, &running);
    if (finish_some(transport) || ns == 0)
        return;
    uint64_t ms = ns / 1000000 + 1;
    curl_multi_poll(transport->multi, NULL, 0, (int)(ms < LONGEST_MS ? ms : LONGEST_MS), NULL);
}
