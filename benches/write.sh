#!/usr/bin/env bash
# Measures the writing of stores, in one run:
#   speed:  airbridge | the crate outlook-pst-rw, the same 40,000 messages; airbridge from 10,000 to 160,000
#   sizes:  100,000 messages in a folder | 1,000 folders | one attachment of 2.5 GB | a store of 3 GB
#   huge:   a store of over 10 GB, with pages of every kind of map (only with HUGE=1)
# Prints seconds and peak memory of each; every store of SIZES is then read whole by airbridge and checked, and with
# CHECK=FOLDER by the strict checker pstcheck.py in that folder.
#
# usage: benches/write.sh [FOLDER]     the stores are made in FOLDER (default target/bench) and removed
# needs: GNU time; 6 GB of disk, with HUGE=1 12 GB
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD
room=${1:-$home/target/bench}
profile=${PROFILE:-release}
mkdir -p "$room"
[ "$profile" = release ] && cargo build --release --quiet --bin airbridge --example bench_write
write=$home/target/$profile/examples/bench_write
airbridge=$home/target/$profile/airbridge
store=$room/written.pst

# run ARGUMENTS…: writes a store; the line of the program, and its peak memory.
run() {
    local mode=$1
    shift
    /usr/bin/time -f '%M' -o "$room/time" "$write" "$mode" "$store" "$@" >"$room/log"
    printf '  %-44s peak %4d MiB\n' "$(cat "$room/log")" "$(($(tail -1 "$room/time") / 1024))"
}
seconds() { grep -oE '[0-9.]+ s,' "$room/log" | cut -d' ' -f1; }

# sound: reads the store whole, with no finding.
sound() {
    local line
    line=$("$airbridge" inspect --json "$store" | tail -1)
    echo "    read: $(grep -oE '"(seen|failed|losses)":[0-9]+' <<<"$line" | tr '\n' ' ')"
    /usr/bin/time -f '%e s, peak %M KiB' -o "$room/time" "$airbridge" check "$store" >"$room/checked" || true
    echo "    check: $(tail -1 "$room/checked") $(tail -1 "$room/time")"
    if [ -n "${CHECK:-}" ]; then
        echo "    $(python3 "$CHECK/pstcheck.py" --quiet "$store" | tail -1)"
    fi
}

echo 'speed'
run peer 40000
peer=$(seconds)
run ours 40000
awk "BEGIN { printf \"    airbridge is %.1f times as fast as outlook-pst-rw, wanted 3\n\", $peer / $(seconds) }"
for messages in 10000 20000 80000 160000; do run ours "$messages"; done
echo 'sizes'
run wide 100000
sound
run folders 1000
sound
run files 1 2500000000
sound
run files 1500 2000000
sound
if [ -n "${HUGE:-}" ]; then
    echo 'huge'
    run files 5200 2000000
    sound
fi
rm -f "$store"
