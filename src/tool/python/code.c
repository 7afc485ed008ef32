#include "code.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "tool/tool.h"

enum { WORDS_MOST = 4096, TABLE_MOST = 1 << 20, UNIT = 2, NO_LINE = -1 };

/* Where an instruction of it was met before. */
struct place {
    uint64_t instruction, frame;
};

struct code {
    uint64_t address;
    bool sound;
    char *name, *file;
    int first_line;
    uint64_t instructions;
    unsigned char *lines;
    size_t size;
    struct place *places;
    size_t place_count;
    UT_hash_handle hh;
};

static bool has_type(const struct runtime *runtime, uint64_t object, uint64_t type) {
    return runtime_word(runtime, object + runtime->layout->type) == type;
}

static void put_utf8(char **at, uint32_t c) {
    unsigned char *to = (unsigned char *)*at;
    if (c < 0x80) {
        *to++ = (unsigned char)c;
    } else if (c < 0x800) {
        *to++ = (unsigned char)(0xc0 | c >> 6);
        *to++ = (unsigned char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (unsigned char)(0xe0 | c >> 12);
        *to++ = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (unsigned char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (unsigned char)(0xf0 | (c >> 18 & 7));
        *to++ = (unsigned char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (unsigned char)(0x80 | (c & 0x3f));
    }
    *at = (char *)to;
}

/* A name may hold anything; a terminal must not obey it. */
static bool is_control(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* A str object in its compact form (PEP 393), as UTF-8. NULL if it is none. Caller frees. */
static char *read_string(const struct runtime *runtime, uint64_t object) {
    const struct python_layout *layout = runtime->layout;
    uint64_t length = runtime_word(runtime, object + layout->length);
    uint32_t state = 0;
    if (!has_type(runtime, object, runtime->string) || length > WORDS_MOST ||
        !runtime_read(runtime, object + layout->string_state, &state, sizeof state))
        return NULL;
    /* bits 2 to 4: bytes a character; 5: compact; 6: ASCII */
    size_t width = state >> 2 & 7;
    if (!(state & 0x20) || (width != 1 && width != 2 && width != 4))
        return NULL;
    unsigned char *raw = needed(malloc(length * width + 1));
    char *words = needed(malloc(4 * length + 1)), *to = words;
    bool got = length == 0 || runtime_read(runtime, object + (state & 0x40 ? layout->ascii : layout->compact),
                                           raw, length * width);
    for (size_t i = 0; got && i < length; i++) {
        uint32_t c = 0;
        memcpy(&c, raw + i * width, width); /* little-endian */
        put_utf8(&to, is_control(c) ? '?' : c);
    }
    *to = '\0';
    free(raw);
    if (got)
        return words;
    free(words);
    return NULL;
}

static bool read_table(const struct runtime *runtime, struct code *code, uint64_t object) {
    const struct python_layout *layout = runtime->layout;
    code->size = runtime_word(runtime, object + layout->size);
    if (!has_type(runtime, object, runtime->bytes) || code->size > TABLE_MOST)
        return false;
    code->lines = needed(malloc(code->size + 1));
    return code->size == 0 || runtime_read(runtime, object + layout->bytes, code->lines, code->size);
}

static struct code *read_code(const struct runtime *runtime, uint64_t address) {
    const struct python_layout *layout = runtime->layout;
    struct code *code = needed(calloc(1, sizeof *code));
    code->address = address;
    if (!has_type(runtime, address, runtime->code) ||
        !runtime_read(runtime, address + layout->first_line, &code->first_line, sizeof code->first_line))
        return code;
    code->instructions = address + layout->instructions;
    code->name = read_string(runtime, runtime_word(runtime, address + layout->name));
    code->file = read_string(runtime, runtime_word(runtime, address + layout->file));
    code->sound =
        code->name && code->file && read_table(runtime, code, runtime_word(runtime, address + layout->lines));
    return code;
}

/* Six bits a byte, the lowest first; bit 6: more follow. */
static unsigned take_number(const struct code *code, size_t *at) {
    unsigned value = 0;
    for (unsigned shift = 0; *at < code->size && shift < 30; shift += 6) {
        unsigned char byte = code->lines[(*at)++];
        value |= (byte & 0x3fu) << shift;
        if (!(byte & 0x40))
            break;
    }
    return value;
}

/* By how much the line changes; its lowest bit is the sign. */
static int take_difference(const struct code *code, size_t *at) {
    unsigned value = take_number(code, at);
    return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

/* The table of locations: entries of a byte, with bit 7 set, a code in bits 3 to 6 and, less one, how many instructions it is for,
 * and bytes whose meaning depends on the code (CPython: Objects/locations.md). */
static int64_t line_of(const struct code *code, size_t unit) {
    enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NOTHING = 15 };
    int64_t line = code->first_line; /* what is read may be anything: no sum of these is too large */
    for (size_t at = 0, passed = 0; at < code->size;) {
        unsigned char head = code->lines[at++];
        unsigned form = head >> 3 & 15;
        if (form == LONG || form == NO_COLUMNS)
            line += take_difference(code, &at);
        else if (form >= ONE_LINE && form < NO_COLUMNS)
            line += (int)form - ONE_LINE;
        passed += (head & 7u) + 1;
        if (unit < passed)
            return form == NOTHING ? NO_LINE : line;
        while (at < code->size && !(code->lines[at] & 0x80)) /* columns, and the last line */
            at++;
    }
    return NO_LINE;
}

uint64_t code_frame(struct codes *codes, uint64_t address, uint64_t instruction) {
    struct code *code;
    HASH_FIND(hh, codes->first, &address, sizeof address, code);
    if (!code) {
        code = read_code(codes->runtime, address);
        HASH_ADD(hh, codes->first, address, sizeof code->address, code);
    }
    if (!code->sound)
        return 0;
    for (size_t i = 0; i < code->place_count; i++)
        if (code->places[i].instruction == instruction)
            return code->places[i].frame;
    /* before the first: it has only just begun */
    int64_t line = instruction < code->instructions
                       ? code->first_line
                       : line_of(code, (instruction - code->instructions) / UNIT);
    codes->frames = needed(reallocarray(codes->frames, codes->count + 1, sizeof *codes->frames));
    codes->frames[codes->count] =
        (struct lw_script_frame){.function = needed(strdup(code->name)),
                                 .file = needed(strdup(code->file)),
                                 .line = line > 0 && line <= INT_MAX ? (int)line : code->first_line};
    code->places = needed(reallocarray(code->places, code->place_count + 1, sizeof *code->places));
    code->places[code->place_count++] = (struct place){instruction, LW_FRAME_SCRIPT + codes->count};
    return LW_FRAME_SCRIPT + codes->count++;
}

struct lw_script_frame *codes_end(struct codes *codes, size_t *count) {
    struct code *code, *next;
    HASH_ITER (hh, codes->first, code, next) {
        HASH_DEL(codes->first, code);
        free(code->name);
        free(code->file);
        free(code->lines);
        free(code->places);
        free(code);
    }
    *count = codes->count;
    return codes->frames;
}

void script_frames_drop(struct lw_script_frame *frames, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(frames[i].function);
        free(frames[i].file);
    }
    free(frames);
}
