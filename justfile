# What there is to run
help:
    @just --list

# Everything that a change has to pass
check:
    .ci/run

# All tests
test:
    cargo test --workspace --exclude foresz-train --exclude foresz-zarrs
    cargo test -p foresz-zarrs
    cargo test -p foresz-train

# Speed of the layers, and end to end
bench:
    cargo bench

# Write golden streams and the worked example of docs/format/format.md anew: a change of the format
golden:
    FORESZ_BLESS=1 cargo test -p foresz --test suite -- golden docs

# The committed synthetic fields
testdata:
    cargo run --release --example testdata
