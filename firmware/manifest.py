# Freezes http. In a manifest of your own, include() this file, or add_library() this repository
# and require("firmware", library=...). `omit` names modules of lib/http to leave out.

import os

# No version: with one, each module that is frozen would keep it as a global of its own.
metadata(description="HTTP client with callbacks and tasks", license="MIT")
options.defaults(omit=())

package(
    "http",
    files=[
        name
        for name in sorted(os.listdir("../lib/http"))
        if name.endswith(".py") and name[:-3] not in options.omit
    ],
    base_path="../lib",
    opt=2,
)
