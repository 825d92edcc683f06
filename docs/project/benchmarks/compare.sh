#!/usr/bin/env bash
# Makes compare.md and compare.html anew, of the fields that the project generates itself:
#   docs/project/benchmarks/compare.sh [PYTHON]
# PYTHON is one with the packages of peers (docs/guide/compare.md); without them there are no peers but zstd.
set -euo pipefail
cd "$(dirname "$0")/../.."

FORESZ_COMMIT="$(git rev-parse --short HEAD)" cargo build --quiet --release
out=docs/project/benchmarks
trap 'rm -f "$out/compare.html.cases.jsonl" "$out/tables.md"' EXIT

specs=spline,lorenzo,pyramid,persistence+zero,stencil+zero,stencil+raster
specs+=,forecast:model=flow-filter+zero,forecast:model=flow-filter+raster,auto
target/release/foresz compare testdata/fields -p "$specs" --backend huffman,context --effort fast,default,best \
    --fill 1e20 --latitudes 90:-90 --attr vorticity/variable=vorticity --attr vorticity/units=1/s --attr vorticity/step=1h \
    --peers sz3,sperr,zfp,pco,zstd --python "${1:-python3}" --repeat 3 \
    --report "$out/compare.html" --markdown "$out/tables.md" --force --fresh
{
    cat <<'HEAD'
# Predictors and back ends on generated fields

`docs/project/benchmarks/compare.sh` makes this report and measures everything anew. [compare.html](compare.html) is the same as a page, with charts,
pictures of errors and codes, and details of every field and version. [docs/guide/compare.md](../../guide/compare.md) says how each number is made.

The fields come from [testdata](../../../testdata/README.md): small fields for tests. Ratios on them say nothing about weather; see [study.md](study.md)
for real fields.

HEAD
    cat "$out/tables.md"
} > "$out/compare.md"
