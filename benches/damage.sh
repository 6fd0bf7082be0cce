#!/usr/bin/env bash
# Damages 10,000 stores at random, reads each with the release build, and prints what happened.
# The seeds are fixed, so that every run damages the same stores in the same way.
#
# usage: benches/damage.sh [COUNT]
# needs: the corpus of stores beside the project; without it only the sample is damaged
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet --bin airbridge
AIRBRIDGE_DAMAGE=${1:-10000} AIRBRIDGE_DAMAGE_BINARY=$PWD/target/release/airbridge \
    cargo test --quiet --test damage stores_damaged_at_random -- --nocapture
