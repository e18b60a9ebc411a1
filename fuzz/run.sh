#!/bin/bash
# Fuzzes each target for some seconds (the first argument), on the stable toolchain. `cargo fuzz run TARGET` does it for
# longer, with sanitizers, on a nightly one.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-5}
# What `cargo fuzz --sanitizer none` sets; all of it is stable.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../target/fuzz}
host=$(rustc -vV | sed -n 's/^host: //p')
# Named, so that build scripts are not instrumented.
cargo build --release --quiet --target "$host"
for target in aws_json aws_query rest_json filter_policy policy receipt_handle aws_chunked; do
    corpus=$CARGO_TARGET_DIR/corpus/$target
    log=$CARGO_TARGET_DIR/$target.log
    mkdir -p "$corpus"
    if ! "$CARGO_TARGET_DIR/$host/release/$target" "$corpus" "seeds/$target" -max_total_time="$seconds" \
        -timeout=10 -max_len=4096 -artifact_prefix="$CARGO_TARGET_DIR/" >"$log" 2>&1; then
        cat "$log"
        echo "$target fails: the input lies in $CARGO_TARGET_DIR"
        exit 1
    fi
    echo "$target: $(grep -o '^Done .*' "$log" || tail -1 "$log")"
done
