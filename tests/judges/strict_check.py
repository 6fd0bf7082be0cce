"""What a strict checker of stores says, as JSON lines.

usage: strict_check.py FOLDER-OF-PSTCHECK < LIST-OF-PATHS

One line per store, `{"store", "errors", "warnings"}`. The checker (pstcheck.py) reads header, B-trees, every block with
its checksum, signature and references, allocation maps, heaps, property contexts and tables, and compares the rows of
contents tables with their messages.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])
import pstcheck  # noqa: E402

for path in map(str.rstrip, sys.stdin):
    store = pstcheck.PST(path)
    pstcheck.ltp(store, False)
    print(json.dumps({"store": path, "errors": store.errs, "warnings": store.warn}))
