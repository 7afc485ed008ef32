"""Writes a C file that holds other files. usage: make_assets.py OUTPUT FILE..."""
import os
import sys

with open(sys.argv[1], "w") as out:
    out.write('#include "render/page/assets.h"\n')
    for path in sys.argv[2:]:
        name = "asset_" + os.path.basename(path).replace(".", "_").replace("-", "_")
        content = open(path, "rb").read()
        out.write("const char %s[] = {%s};\n" % (name, ",".join(str(byte if byte < 128 else byte - 256) for byte in content)))
        out.write("const size_t %s_size = sizeof %s;\n" % (name, name))
