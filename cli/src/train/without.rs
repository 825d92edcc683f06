//! What this verb says in a build without it.

use foresz::Error;

use super::super::talk::Talk;
use super::Train;

pub(crate) fn run(args: &Train, talk: &Talk) -> anyhow::Result<()> {
    learn(args, talk)
}

pub(super) fn learn(_args: &Train, _talk: &Talk) -> anyhow::Result<()> {
    let reason = "this foresz cannot train: build it with `cargo build --release -p foresz-cli --features train`";
    Err(Error::Unsupported(reason.into()).into())
}
