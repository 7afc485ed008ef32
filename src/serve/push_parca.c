/* Parca: parca.profilestore.v1alpha1.ProfileStoreService/WriteRaw by its gateway from HTTP to gRPC, which annotates it as POST /profiles/writeraw
 * (profilestore.proto) and is mounted below /api (pkg/server/server.go). Elsewhere Parca answers with its page, and 200. */
#include "push_profile.h"

static json_t *body(const struct push_profile *profile) {
    return json_pack("{s:[{s:{s:o}, s:[{s:o}]}]}", "series", "labels", "labels",
                     push_profile_labels(profile->labels), "samples", "rawProfile",
                     push_profile_bytes(profile));
}

const struct push_kind push_parca = {.name = "parca", .path = "/api/profiles/writeraw", .body = body};
