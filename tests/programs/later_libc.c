/* Says, before the shim asks libc, that this is a version that nobody knows yet. */
const char *gnu_get_libc_version(void);

const char *gnu_get_libc_version(void) {
    return "2.99";
}
