#!/usr/bin/env bash
# Measures an unchanged re-export beside the first export, with a ledger of 1,000,000 items, in one run:
# the store of 40,000 messages of compare.sh is exported, taken in by a CRM side, acknowledged, and exported again.
# The ledger's other 960,000 items are copies of the rows of the first ones, under other ids and of another input.
# Prints seconds and peak memory of every step, and the ratio.
#
# usage: benches/ledger.sh [FOLDER]     the store is kept in FOLDER (default target/bench)
# needs: python3, GNU time, about 5 GB of disk
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD
room=${1:-$home/target/bench}
runs=${RUNS:-3}
mkdir -p "$room"
cargo build --release --quiet --bin airbridge --example bench_generate
airbridge=$home/target/release/airbridge
store=$room/40000.pst
contacts=$room/contacts.csv
"$home/target/release/examples/bench_generate" --contacts "$contacts"
[ -s "$store" ] || "$home/target/release/examples/bench_generate" "$store" 40000 2>/dev/null
cat "$store" >/dev/null
work=$(mktemp -d "$room/ledger.XXXXXX")
trap 'rm -rf "$work"' EXIT

# step NAME COMMAND…: seconds in $took.
step() {
    local name=$1 took_and_peak
    shift
    /usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/log" 2>&1 || { tail -3 "$work/log" >&2; exit 1; }
    took_and_peak=$(tail -1 "$work/time")
    took=${took_and_peak% *}
    printf '  %-34s %7.2f s %5d MiB   %s\n' "$name" "$took" "$((${took_and_peak#* } / 1024))" \
        "$(grep -E 'seen =' "$work/log" || true)"
}
export_to() { step "$1" "$airbridge" export "$store" --contacts "$contacts" --home "$work/outlook" --now "$2" -o "$3"; }

echo '40,000 messages'
export_to 'first export' 2026-01-01T00:00:00Z "$work/1.abx"
first=$took
step 'crm init' "$airbridge" crm init "$work/1.abx" --first-use --home "$work/crm"
step 'crm import' "$airbridge" crm import "$work/1.abx" --home "$work/crm"
step 'crm export' "$airbridge" crm export -o "$work/back.abx" --home "$work/crm"
step 'keys trust' "$airbridge" keys trust bigcontacts "$work/crm/keys/bigcontacts.pub" --first-use --home "$work/outlook"
step 'apply' "$airbridge" apply "$work/back.abx" -o "$work/out" --home "$work/outlook"
python3 - "$work/outlook/ledger.sqlite" <<'PY'
import sqlite3, sys
ledger = sqlite3.connect(sys.argv[1])
agreed, = ledger.execute('SELECT count(*) FROM item WHERE agreed = version').fetchone()
columns = [row[1] for row in ledger.execute('PRAGMA table_info(item)')]
others = ', '.join(name for name in columns if name not in ('id', 'source', 'mark'))
for copy in range(1, 25):
    ledger.execute(f"INSERT INTO item (id, source, {others}) SELECT id || '-{copy}', 'other.pst', {others} FROM item WHERE source != 'other.pst'")
    ledger.execute(f"INSERT INTO identity SELECT how, key || '-{copy}', id || '-{copy}' FROM identity WHERE id NOT LIKE '%-{copy}' AND id NOT GLOB 'ab-*-*'")
ledger.commit()
items, = ledger.execute('SELECT count(*) FROM item').fetchone()
print(f'  {agreed} acknowledged; {items} items in the ledger')
PY
again=
for run in $(seq "$runs"); do
    export_to 'unchanged, by marks' "2026-02-0${run}T00:00:00Z" "$work/again-$run.abx"
    if [ -z "$again" ] || awk "BEGIN { exit !($took < $again) }"; then again=$took; fi
done
awk "BEGIN { printf \"  the unchanged export is %.1f times as fast as the first, wanted 5\n\", $first / $again }"
step 'unchanged, everything read' "$airbridge" export "$store" --contacts "$contacts" --home "$work/outlook" \
    --now 2026-02-10T00:00:00Z --reread -o "$work/reread.abx"
