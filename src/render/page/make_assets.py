"""Writes a C file that holds other files; those of one name are joined. usage: make_assets.py OUTPUT NAME=FILE..."""
import sys

assets = {}
for argument in sys.argv[2:]:
    name, path = argument.split("=", 1)
    with open(path, "rb") as file:
        assets[name] = assets.get(name, b"") + file.read()
with open(sys.argv[1], "w") as out:
    out.write('#include "render/page/assets.h"\n')
    for name, content in assets.items():
        name = "asset_" + name.replace(".", "_").replace("-", "_")
        out.write("const char %s[] = {%s};\n" % (name, ",".join(str(byte if byte < 128 else byte - 256) for byte in content)))
        out.write("const size_t %s_size = sizeof %s;\n" % (name, name))
