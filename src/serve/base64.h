/* Bytes as text (RFC 4648, section 4): in JSON, and for HTTP's Basic authentication. */
#pragma once

#include <stddef.h>

/* From malloc, ended by a NUL; NULL without memory. */
char *base64(const void *bytes, size_t size);
