/* Pyroscope: push.v1.PusherService/Push of its public API, in JSON over HTTP, which is what its documentation of the server's API has for new clients; POST
 * /ingest is told of there as the legacy API. Grafana Alloy's pyroscope.receive_http takes the same. */
#include "push_profile.h"

/* A series without a service_name is refused. */
static json_t *with_service(const json_t *labels) {
    json_t *copy = json_copy((json_t *)labels);
    if (!json_object_get(copy, "service_name"))
        json_object_set(copy, "service_name", json_object_get(copy, "program"));
    return copy;
}

static json_t *body(const struct push_profile *profile) {
    json_t *labels = with_service(profile->labels);
    json_t *made = json_pack("{s:[{s:o, s:[{s:s, s:o}]}]}", "series", "labels", push_profile_labels(labels),
                             "samples", "ID", profile->id, "rawProfile", push_profile_bytes(profile));
    json_decref(labels);
    return made;
}

const struct push_kind push_pyroscope = {
    .name = "pyroscope",
    .path = "/push.v1.PusherService/Push",
    .header = "Connect-Protocol-Version: 1", /* https://connectrpc.com/docs/protocol: clients should */
    .body = body,
};
