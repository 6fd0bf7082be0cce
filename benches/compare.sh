#!/usr/bin/env bash
# Measures airbridge against its peers on generated stores of 10,000 and 40,000 messages, in one run:
#   inspect: airbridge inspect --json | readpst -D | the crate outlook-pst walking the same items
#   export:  airbridge export to a signed bundle | readpst extracting
# The contacts are those of all addresses in the store, so that the export packs (nearly) every message.
# Prints the best of three runs, the ratios, and the peak memory of each.
#
# usage: benches/compare.sh [FOLDER]     the stores are kept in FOLDER (default target/bench)
# needs: readpst (pst-utils), GNU time, about 3 GB of disk
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD
room=${1:-$home/target/bench}
runs=${RUNS:-3}
mkdir -p "$room"

for tool in readpst /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "compare: $tool is missing" >&2; exit 1; }
done
cargo build --release --quiet --bin airbridge --example bench_generate --example bench_outlook_pst
airbridge=$home/target/release/airbridge
examples=$home/target/release/examples

# best NAME COMMAND…: seconds and peak MiB of the fastest of the runs, in ${seconds[NAME]} and ${memory[NAME]}.
declare -A seconds memory
best() {
    local name=$1 run took peak log=$room/log.$1
    shift
    seconds[$name]=''
    memory[$name]=0
    for run in $(seq "$runs"); do
        rm -rf "$room/out"
        mkdir "$room/out"
        if ! /usr/bin/time -f '%e %M' -o "$room/time" "$@" >"$log" 2>&1; then
            # Exit 3 of airbridge is "finished with losses", which is an answer and not a failure.
            if ! grep -q 'exited with non-zero status 3' "$room/time" || [ "$1" != "$airbridge" ]; then
                echo "compare: $name failed:" >&2
                tail -5 "$log" >&2
                seconds[$name]=nan
                return
            fi
        fi
        read -r took peak < <(tail -1 "$room/time")
        if [ -z "${seconds[$name]}" ] || awk "BEGIN { exit !($took < ${seconds[$name]}) }"; then
            seconds[$name]=$took
        fi
        if [ "$peak" -gt "${memory[$name]}" ]; then memory[$name]=$peak; fi
    done
    rm -rf "$room/out"
}

# The number before a word in the output of the last export: "39990 exported".
sum() { grep -oE "[0-9]+ $1\b" "$room/log.airbridge-export" | head -1 | cut -d' ' -f1; }

row() { printf '  %-28s %8s s %7s MiB %s\n' "$1" "${seconds[$1]}" "$((memory[$1] / 1024))" "${2:-}"; }
ratio() { awk "BEGIN { printf \"%.2f times as fast\", ${seconds[$1]} / ${seconds[$2]} }"; }

contacts=$room/contacts.csv
"$examples/bench_generate" --contacts "$contacts"
for messages in 10000 40000; do
    store=$room/$messages.pst
    [ -s "$store" ] || "$examples/bench_generate" "$store" "$messages" 2>/dev/null
    cat "$store" >/dev/null # every reader starts from the same page cache
    echo "$messages messages, $(stat -c %s "$store") bytes"

    best airbridge-inspect "$airbridge" inspect --json "$store"
    best outlook-pst-walk "$examples/bench_outlook_pst" "$store"
    best readpst-D readpst -D -o "$room/out" "$store"
    best airbridge-export "$airbridge" export "$store" --contacts "$contacts" \
        --home "$room/out/home" --now 2026-01-01T00:00:00Z -o "$room/out/bench.abx"
    best readpst-extract readpst -o "$room/out" "$store"

    row airbridge-inspect
    row outlook-pst-walk "airbridge is $(ratio outlook-pst-walk airbridge-inspect), wanted 4"
    row readpst-D "airbridge is $(ratio readpst-D airbridge-inspect), wanted 4"
    row airbridge-export
    row readpst-extract "airbridge is $(ratio readpst-extract airbridge-export), wanted 1.5"
    tail -1 "$room/log.airbridge-inspect" | cut -c1-300
    tail -3 "$room/log.airbridge-export" | cut -c1-300
    seen=$(sum seen)
    exported=$(sum exported)
    if [ "${seen:-0}" -eq 0 ] || [ $((${exported:-0} * 10)) -le $((seen * 9)) ]; then
        echo "compare: only ${exported:-0} of ${seen:-0} messages were exported; that measures nothing" >&2
        exit 1
    fi
done
