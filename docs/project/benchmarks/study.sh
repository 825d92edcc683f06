#!/usr/bin/env bash
# Makes study.md anew, of real fields that are not part of this repository (real-fields.md):
#   docs/project/benchmarks/study.sh FOLDER [PYTHON]
# Results as a page and as JSON are left in FOLDER/../study, which a run that was interrupted goes on from.
set -euo pipefail
folder="$(realpath "$1")"
cd "$(dirname "$0")/../.."

FORESZ_COMMIT="$(git rev-parse --short HEAD)" cargo build --quiet --release
out="$folder/../study"
mkdir -p "$out"

# Only the hours that the model was not trained on are in the folder, under this name.
hourly=xarray-data__2t-last-third
specs=spline,lorenzo,persistence+zero,stencil+zero,stencil+raster
specs+=,forecast:model=uk-t2m+zero,forecast:model=uk-t2m+raster,ae:model=scattering+zero,ae:model=scattering+spline,auto
target/release/foresz compare "$folder" -p "$specs" --backend huffman,context --effort fast,default,best \
    --attr "$hourly/variable=t2m" --attr "$hourly/units=K" --attr "$hourly/step=1h" --attr "$hourly/start=2019-03-21T16:00" \
    --attr "$hourly/longitudes=-10:2" --peers sz3,sperr,zfp --python "${2:-python3}" --force \
    --report "$out/study.html" --json "$out/study.json" --markdown "$out/tables.md"
{
    cat <<'HEAD'
# Predictors under identical back ends on real fields

This report covers 27 fields and three bounds, every predictor with both back ends, and SZ3, SPERR and ZFP under the same checks.
`docs/project/benchmarks/study.sh` makes it. [real-fields.md](real-fields.md) says what the fields are and where they come from, and
[docs/guide/compare.md](../../guide/compare.md) says how each number is made.

`+zero` codes the difference from a forecast directly, as studies of forecasts for compression do. `+raster` and `+spline` combine the forecast
with values already decoded. Of the hourly temperatures only the last third is used, because the forecaster was trained on the hours before. The autoencoder was trained on generated images of small-angle scattering. Three-dimensional fields
without dimension names count as series, including `SPERR__vorticity` and the levels of `falwa`, whose first dimension is height. Times are from
one run each on two shared cores: read speeds as a direction.

HEAD
    cat "$out/tables.md"
} > docs/project/benchmarks/study.md
