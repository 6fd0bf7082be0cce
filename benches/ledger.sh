#!/usr/bin/env bash
# The ledger, big: (1) the first export of a generated store against one of the same store, unchanged; (2) a ledger of a
# million items, filled through real exports of generated stores: the last first export into it, an unchanged one, an
# acknowledgement of it all, and what `status` takes. Times and peak memory of each run (GNU time), and the size of the
# ledger; both parts in one run, so that the ratios are of one machine and one hour.
#
# usage: benches/ledger.sh [MESSAGES OF THE STORE] [ITEMS OF THE LEDGER]     default 40000 1000000
#
# Needs about 1.2 GB for part 1 and 6 GB for part 2 in ${TMPDIR:-/tmp}, or in the folder AIRBRIDGE_BENCH.
set -euo pipefail
cd "$(dirname "$0")/.."
messages=${1:-40000}
items=${2:-1000000}
folder=${AIRBRIDGE_BENCH:-$(mktemp -d)}
mkdir -p "$folder"
[ -n "${AIRBRIDGE_BENCH:-}" ] || trap 'rm -rf "$folder"' EXIT
[ -x /usr/bin/time ] || { echo "needs GNU time (apt-get install time)" >&2; exit 1; }

cargo build --release --quiet --bin airbridge
cargo build --release --quiet --bench generate
airbridge=target/release/airbridge
generate() { cargo bench --quiet --bench generate -- "$@"; }

# The name of the run, then a command; prints seconds of wall and CPU, and MB of peak memory.
measured() {
    local name=$1
    shift
    /usr/bin/time -o "$folder/time" -f '%e %U %S %M' "$@" > "$folder/out" 2> "$folder/err" || {
        cat "$folder/err" >&2
        exit 1
    }
    awk -v name="$name" '{ printf "%-44s %8.1f s  %8.1f s CPU  %8.0f MB\n", name, $1, $2 + $3, $4 / 1024 }' "$folder/time"
    awk -v name="$name" '{ print name "\t" $1 "\t" $2 + $3 }' "$folder/time" >> "$folder/runs"
}

ledger_size() { du -m "$1/ledger.sqlite" | awk '{ printf "%-44s %8d MB\n", "the ledger", $1 }'; }

ratio() {
    awk -F '\t' -v of="$1" -v to="$2" '
        $1 == of { wall = $2; cpu = $3 } $1 == to { wall_to = $2; cpu_to = $3 }
        END { printf "%-44s %8.2f    %8.2f CPU\n", of " / " to, wall / wall_to, cpu / cpu_to }' "$folder/runs"
}

# Pairs the home "$1" with a CRM side "$2" by the bundle "$3", and lets each side hear of the other, so that what was
# sent is agreed.
pair() {
    $airbridge crm init "$3" --first-use --home "$2" > /dev/null
    $airbridge keys trust bigcontacts "$2/keys/bigcontacts.pub" --first-use --home "$1" > /dev/null
}

: > "$folder/runs"
profile=$folder/profile.toml
printf 'private = true\nexport_unlinked = ["contact", "meeting", "task", "email", "note", "journal", "other"]\n' > "$profile"

echo "== a store of $messages messages, at least 1 GiB in 40,000"
store=$folder/mailbox.pst
[ -s "$store" ] || generate "$store" "$messages"
home=$folder/home crm=$folder/crm
rm -rf "$home" "$crm" "$folder"/*.abx "$folder"/out-*
export_of() { $airbridge export "$1" --profile "$profile" --home "$home" -o "$2"; }
measured "first export" "$airbridge" export "$store" --profile "$profile" --home "$home" -o "$folder/1.abx"
pair "$home" "$crm" "$folder/1.abx"
measured "crm import of it" "$airbridge" crm import "$folder/1.abx" --home "$crm"
measured "crm export, nothing edited" "$airbridge" crm export --home "$crm" -o "$folder/back.abx"
measured "apply of that: all is agreed" "$airbridge" apply "$folder/back.abx" --home "$home" -o "$folder/out-1"
measured "unchanged export" "$airbridge" export "$store" --profile "$profile" --home "$home" -o "$folder/2.abx"
measured "unchanged export, --reread" "$airbridge" export "$store" --reread --profile "$profile" --home "$home" \
    -o "$folder/3.abx"
ledger_size "$home"
ratio "unchanged export" "first export"
ratio "unchanged export, --reread" "first export"

# Small messages, each generated store another: what counts is the number.
per=50000
echo "== a ledger of $items items, from stores of $per"
home=$folder/big crm=$folder/big-crm
rm -rf "$home" "$crm" "$folder"/big-*.abx
made=0 number=0
while [ "$made" -lt "$items" ]; do
    number=$((number + 1))
    store=$folder/part-$number.pst
    generate "$store" "$per" 1 "$number"
    if [ $((made + per)) -lt "$items" ]; then
        export_of "$store" "$folder/big-$number.abx" > "$folder/out"
    else
        measured "first export of $per into $made" \
            "$airbridge" export "$store" --profile "$profile" --home "$home" -o "$folder/big-$number.abx"
    fi
    [ "$number" -eq 1 ] && pair "$home" "$crm" "$folder/big-1.abx"
    # One CRM side takes each bundle, so that its acknowledgement covers all.
    $airbridge crm import "$folder/big-$number.abx" --home "$crm" > /dev/null
    made=$((made + per))
    rm -f "$folder/big-$number.abx"
    [ $((made)) -lt "$items" ] && rm -f "$store"
done
$airbridge crm export --home "$crm" -o "$folder/big-back.abx" > /dev/null
measured "apply: an acknowledgement of $made" \
    "$airbridge" apply "$folder/big-back.abx" --home "$home" -o "$folder/out-2"
measured "unchanged export of $per beside $made" \
    "$airbridge" export "$store" --profile "$profile" --home "$home" -o "$folder/big-unchanged.abx"
measured "status" "$airbridge" status --home "$home"
ledger_size "$home"
ratio "unchanged export of $per beside $made" "first export of $per into $((made - per))"
