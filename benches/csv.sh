#!/usr/bin/env bash
# Measures airbridge on tables beside Python's csv module and the crate csv, in one run: 100,000 contacts with the 92
# columns of Outlook, and 200,000 appointments. airbridge makes items of them, the others only split the rows; the
# script that judges (tests/judges/csv_items.py) makes about as much of them. Prints the best of three runs.
#
# usage: benches/csv.sh [FOLDER]     the tables are kept in FOLDER (default target/bench)
# needs: python3, GNU time
set -euo pipefail
cd "$(dirname "$0")/.."
room=${1:-target/bench}
runs=${RUNS:-3}
mkdir -p "$room"
cargo build --release --quiet --bin airbridge --example bench_csv_crate

# best COMMAND…: seconds and peak MiB of the fastest of the runs, in $seconds and $memory.
best() {
    local run took peak
    seconds=''
    memory=0
    for run in $(seq "$runs"); do
        /usr/bin/time -f '%e %M' -o "$room/time" "$@" >"$room/out"
        read -r took peak < <(tail -1 "$room/time")
        if [ -z "$seconds" ] || awk "BEGIN { exit !($took < $seconds) }"; then seconds=$took; fi
        if [ "$peak" -gt "$memory" ]; then memory=$peak; fi
    done
    memory=$((memory / 1024))
}

# beside NAME COMMAND…: a reader beside the last measurement of airbridge, which is in $ours.
beside() {
    local name=$1
    shift
    best "$@"
    awk "BEGIN { printf \"  %-36s %6.2f s %5d MiB   airbridge is %.2f times as fast\n\", \"$name\", $seconds, $memory, $seconds / $ours }"
}

[ -f "$room/contacts-92.csv" ] && [ -f "$room/calendar-22.csv" ] || python3 - "$room" <<'PY'
import csv, random, re, sys
random.seed(1)
room = sys.argv[1]
source = open('src/csv/headings/english.rs', encoding='utf-8').read()
def headings(kind):
    table = source.split(f'Kind::{kind},', 1)[1].split('Kind::', 1)[0]
    seen = dict(re.findall(r'\("([^"]+)",\s*"([^"]+)"\)', table))
    return list(seen)
words = [''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(2, 9))) for _ in range(2000)]
text = lambda count: ' '.join(random.choices(words, k=count))
def write(name, columns, count, cell):
    with open(f'{room}/{name}', 'w', newline='', encoding='utf-8') as out:
        rows = csv.writer(out, quoting=csv.QUOTE_ALL)
        rows.writerow(columns)
        rows.writerows([cell(column, number) for column in columns] for number in range(count))
def contact(column, number):
    if column == 'Notes': return text(12) + '\r\n' + text(8)
    if column == 'E-mail Address': return f'p{number}@example.org'
    if column in ('Birthday', 'Anniversary'): return f'{number % 12 + 1}/{number % 28 + 1}/1980'
    if column in ('Priority', 'Sensitivity'): return 'Normal'
    if column == 'Private': return 'False'
    if column == 'Gender': return 'Unspecified'
    return text(2) if number % 3 == len(column) % 3 else ''
def event(column, number):
    if column.endswith('Date'): return f'{number % 12 + 1}/{number % 28 + 1}/2024'
    if column.endswith('Time'): return f'{number % 12 + 1}:30:00 PM'
    if column in ('All day event', 'Private'): return 'False'
    if column == 'Reminder on/off': return 'True'
    if column in ('Priority', 'Sensitivity'): return 'Normal'
    if column == 'Show time as': return '2'
    if column == 'Description': return text(20)
    return text(3)
write('contacts-92.csv', headings('Contacts')[:92], 100000, contact)
write('calendar-22.csv', headings('Calendar'), 200000, event)
PY
for table in contacts-92 calendar-22; do
    file=$room/$table.csv
    cat "$file" >/dev/null # every reader starts from the same page cache
    echo "$table: $(stat -c %s "$file") bytes"
    best target/release/airbridge inspect --json --time-zone Europe/Berlin "$file"
    ours=$seconds
    awk "BEGIN { printf \"  %-36s %6.2f s %5d MiB\n\", \"airbridge inspect, items\", $seconds, $memory }"
    beside 'crate csv, split only' target/release/examples/bench_csv_crate "$file"
    beside 'python csv, split only' python3 -c "
import csv
print(sum(len(row) for row in csv.reader(open('$file', newline='', encoding='utf-8'))))"
    beside 'python csv, values (the judge)' sh -c "echo $file | python3 tests/judges/csv_items.py"
done
