/* A profile as it is read: protobuf, gzipped. */
#include <stdlib.h>
#include <zlib.h>

#include "pprof_profile.h"

/* gzip of what protobuf-c packs. */
static bool write_packed(FILE *out, const Pprof__Profile *whole) {
    size_t size = pprof__profile__get_packed_size(whole);
    uint8_t *packed = malloc(size + 1);
    z_stream stream = {0};
    enum { GZIP = 15 + 16, MEMORY = 8 };
    bool made = packed && deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, MEMORY,
                                       Z_DEFAULT_STRATEGY) == Z_OK;
    uLong room = made ? deflateBound(&stream, size) : 0;
    uint8_t *zipped = made ? malloc(room) : NULL;
    if (zipped) {
        pprof__profile__pack(whole, packed);
        stream.next_in = packed;
        stream.avail_in = (uInt)size;
        stream.next_out = zipped;
        stream.avail_out = (uInt)room;
        made = deflate(&stream, Z_FINISH) == Z_STREAM_END &&
               fwrite(zipped, 1, stream.total_out, out) == stream.total_out;
    }
    if (packed && room)
        deflateEnd(&stream);
    free(zipped);
    free(packed);
    return made && zipped;
}

bool profile_write(FILE *out, struct profile *profile) {
    const struct lw_snapshot_header *header = profile->analysis->snapshot->header;
    Pprof__ValueType threads = PPROF__VALUE_TYPE__INIT, wait = PPROF__VALUE_TYPE__INIT;
    Pprof__ValueType *types[] = {&threads, &wait};
    Pprof__Profile whole = PPROF__PROFILE__INIT;
    threads.type = whole.default_sample_type = profile_string(profile, "threads");
    threads.unit = profile_string(profile, "count");
    wait.type = profile_string(profile, "wait");
    wait.unit = profile_string(profile, "nanoseconds");
    whole.n_sample_type = 2;
    whole.sample_type = types;
    whole.period_type = &threads;
    whole.period = 1;
    whole.time_nanos = (int64_t)header->realtime;
    whole.n_sample = profile->samples.count;
    whole.sample = (Pprof__Sample **)profile->samples.items;
    whole.n_mapping = profile->mappings.count;
    whole.mapping = (Pprof__Mapping **)profile->mappings.items;
    whole.n_location = profile->locations.count;
    whole.location = (Pprof__Location **)profile->locations.items;
    whole.n_function = profile->functions.count;
    whole.function = (Pprof__Function **)profile->functions.items;
    whole.n_string_table = profile->strings.count;
    whole.string_table = (char **)profile->strings.items;
    return !profile->failed && write_packed(out, &whole);
}
