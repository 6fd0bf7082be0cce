"""What Python's own csv module reads: paths of files (UTF-8 with a mark) on standard input, one JSON object a line: rows."""
import csv
import json
import sys

csv.field_size_limit(1 << 28)
for path in sys.stdin.read().splitlines():
    with open(path, encoding="utf-8-sig", newline="") as file:
        print(json.dumps({"path": path, "rows": list(csv.reader(file, strict=True))}))
