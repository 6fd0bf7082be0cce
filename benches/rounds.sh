#!/usr/bin/env bash
# Tries to break the merge engine: random sequences of exchange between two sides (tests/merge_rounds.rs), in release.
#
# usage: benches/rounds.sh [SEQUENCES] [FIRST SEED]     default 1,000,000 from 0
set -euo pipefail
cd "$(dirname "$0")/.."
AIRBRIDGE_SEQUENCES=${1:-1000000} AIRBRIDGE_SEED=${2:-0} \
    cargo test --release --quiet --test merge_rounds -- --nocapture
