#!/bin/sh
# make_syscall_names.sh COMPILER... OUTPUT: writes syscall_name() from the SYS_* of <sys/syscall.h>.
set -eu
for output; do :; done
compiler=
while [ $# -gt 1 ]; do
    compiler="$compiler $1"
    shift
done
{
    echo '#include <stddef.h>'
    echo '#include <sys/syscall.h>'
    echo '#include "analysis/syscall_names.h"'
    echo 'const char *syscall_name(long long number) {'
    echo '    switch (number) {'
    echo '#include <sys/syscall.h>' | $compiler -E -dM - | awk '
        $1 == "#define" && $2 ~ /^SYS_[a-z0-9_]+$/ {
            printf "    case %s: return \"%s\";\n", $2, substr($2, 5)
        }' | sort
    echo '    }'
    echo '    return NULL;'
    echo '}'
} >"$output"
