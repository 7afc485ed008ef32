/* HTML: one page with all that it needs in it, for a browser without a network. The data is JSON
 * (view_data.h), the page's own script (page/report.js) makes the rest of it. */
#include <string.h>

#include "formats.h"
#include "lines.h"
#include "render/page/assets.h"
#include "view_data.h"

/* No text in the data may end the element that it is in, or begin another. */
static int put_safely(const char *words, size_t size, void *context) {
    FILE *out = context;
    for (size_t i = 0; i < size; i++)
        if (words[i] == '<')
            fputs("\\u003c", out);
        else
            fputc(words[i], out);
    return 0;
}

static void put_escaped(FILE *out, const char *words) {
    for (; *words; words++)
        if (strchr("<>&\"", *words) || (unsigned char)*words < 0x20)
            fprintf(out, "&#%d;", (unsigned char)*words < 0x20 ? '?' : *words);
        else
            fputc((unsigned char)*words < 0x80 ? *words : '?', out);
}

void render_html(FILE *out, const struct analysis *analysis, struct symbols *symbols) {
    if (!render_has_content(analysis))
        return;
    json_t *data = view_data(analysis, symbols, true);
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>leakwatch: ",
          out);
    put_escaped(out, lines_words(analysis, analysis->snapshot->header->program));
    fputs("</title>\n<style>\n", out);
    fwrite(asset_report_css, 1, asset_report_css_size, out);
    fputs(
        "</style></head>\n<body><main id=\"report\"></main>\n<script id=\"data\" type=\"application/json\">",
        out);
    if (!data || json_dump_callback(data, put_safely, out, JSON_COMPACT) != 0)
        fputs("null", out);
    fputs("</script>\n<script>\n", out);
    fwrite(asset_report_js, 1, asset_report_js_size, out);
    fputs("leakwatch.show(document.getElementById('report'), "
          "JSON.parse(document.getElementById('data').textContent));\n"
          "</script></body></html>\n",
          out);
    json_decref(data);
}
