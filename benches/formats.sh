#!/usr/bin/env bash
# Measures airbridge beside the readers of each format that are installed, in one run, a function per format; what is
# measured is made by the script itself. Prints the best of three runs, and the ratio.
#
# usage: benches/formats.sh [FORMAT…]     FORMAT: msg tnef (default: all)
# needs: python3 with extract-msg and tnefparse, the command tnef, GNU time, ../shared/corpus
# AIRBRIDGE=PATH measures that binary instead of a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
room=${ROOM:-target/bench-formats}
runs=${RUNS:-3}
mkdir -p "$room"
if [ -z "${AIRBRIDGE:-}" ]; then
    cargo build --release --quiet --bin airbridge
    AIRBRIDGE=target/release/airbridge
fi

# best COMMAND…: seconds and peak MiB of the fastest of the runs, in $seconds and $memory.
best() {
    local run took peak
    seconds=''
    memory=0
    for run in $(seq "$runs"); do
        # Exit 3 of airbridge is "finished with losses", which is an answer and not a failure.
        /usr/bin/time -f '%e %M' -o "$room/time" "$@" >"$room/out" 2>"$room/log" || [ $? = 3 ]
        read -r took peak < <(tail -1 "$room/time")
        if [ -z "$seconds" ] || awk "BEGIN { exit !($took < $seconds) }"; then seconds=$took; fi
        if [ "$peak" -gt "$memory" ]; then memory=$peak; fi
    done
    memory=$((memory / 1024))
}

# beside NAME WORDS COMMAND…: a reader beside the last measurement of airbridge, which is in $ours.
beside() {
    local name=$1
    shift
    best "$@"
    awk "BEGIN { printf \"  %-44s %7.2f s %5d MiB   airbridge is %.1f times as fast\n\", \"$name\", $seconds, $memory, $seconds / $ours }"
}

# airbridge NAME PATH: inspects everything there, every byte attached hashed.
airbridge() {
    best "$AIRBRIDGE" inspect --json "$2"
    ours=$seconds
    awk "BEGIN { printf \"  %-44s %7.2f s %5d MiB\n\", \"$1\", $seconds, $memory }"
}

# copies FORMAT TIMES: every file of the corpus of a format that all readers finish, TIMES times, in $room/FORMAT.
copies() {
    local number file
    if [ -d "$room/$1" ]; then return; fi
    for number in $(seq "$2"); do
        mkdir -p "$room/$1/$number"
        find "../shared/corpus/$1" -type f ! -name 'clusterfuzz*' ! -name unknown_properties.msg ! -name oom.tnef \
            ! -name badchecksum.tnef -exec cp --backup=numbered {} "$room/$1/$number/" \;
    done
    find "$room/$1" -name '*~' -delete
}

msg() {
    copies msg 10
    echo "msg: $(find "$room/msg" -type f | wc -l) files of the corpus"
    airbridge 'airbridge inspect' "$room/msg"
    beside 'extract-msg, every property and attachment' python3 -c '
import hashlib, logging, pathlib, sys
import extract_msg
logging.disable(logging.CRITICAL)
def read(message):
    message.subject, message.body, message.date, message.recipients, message.props
    for attachment in message.attachments:
        if isinstance(attachment.data, bytes):
            hashlib.sha256(attachment.data)
        elif isinstance(attachment.data, extract_msg.MSGFile):
            read(attachment.data)
for path in pathlib.Path(sys.argv[1]).rglob("*"):
    if path.is_file():
        with extract_msg.openMsg(path, errorBehavior=extract_msg.enums.ErrorBehavior.SUPPRESS_ALL) as message:
            read(message)
' "$room/msg"
}

tnef() {
    copies tnef 20
    echo "tnef: $(find "$room/tnef" -type f | wc -l) files of the corpus"
    airbridge 'airbridge inspect' "$room/tnef"
    beside 'tnefparse' python3 -c '
import hashlib, logging, pathlib, sys
import tnefparse
logging.disable(logging.CRITICAL)
for path in pathlib.Path(sys.argv[1]).rglob("*"):
    if path.is_file():
        for attachment in tnefparse.TNEF(path.read_bytes(), do_checksum=True).attachments:
            hashlib.sha256(bytes(attachment.data))
' "$room/tnef"
    if command -v tnef >/dev/null; then
        mkdir -p "$room/tnef-out"
        beside 'tnef, attachments extracted' find "$room/tnef" -type f \
            -exec tnef --number-backups -C "$room/tnef-out" -f {} ';'
        rm -rf "$room/tnef-out"
    fi
}

[ $# -gt 0 ] || set -- msg tnef
for format in "$@"; do "$format"; done
