/* The page's files, built into the tool (make_assets.py). */
#pragma once

#include <stddef.h>

extern const char asset_report_css[], asset_report_js[], asset_serve_html[], asset_serve_js[];
extern const size_t asset_report_css_size, asset_report_js_size, asset_serve_html_size, asset_serve_js_size;
