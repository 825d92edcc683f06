//! What the filter is configured with, as options of other programs.

use foresz::hdf5::{FILTER, Filter};
use foresz::{Bound, Options};
use serde::Serialize;

use super::Hdf5Plugin;
use crate::failure::invalid;
use crate::talk::Talk;

#[derive(Serialize)]
struct Answer {
    filter: u16,
    values: Vec<u32>,
    h5repack: String,
    nccopy: String,
}

pub(super) fn tell(args: &Hdf5Plugin, bound: Bound, talk: &Talk) -> anyhow::Result<()> {
    let Some(shape) = &args.shape else {
        return Err(invalid(
            "the numbers depend on the shape of the chunks: give --shape, such as 8x90x180",
        ));
    };
    let options = args.coding.apply(Options::new(bound))?;
    let options = args.fill.iter().fold(options, |all, x| all.fill(*x));
    let filter = Filter::new(options, args.dtype, shape.0.as_slice())?;
    let values = filter.big_endian(args.big_endian).values()?;
    let listed: Vec<String> = values.iter().map(u32::to_string).collect();
    let listed = listed.join(",");
    let lengths: Vec<String> = shape.0.iter().map(usize::to_string).collect();
    let answer = Answer {
        filter: FILTER,
        h5repack: format!(
            "-l NAME:CHUNK={} -f NAME:UD={FILTER},0,{},{listed}",
            lengths.join("x"),
            values.len()
        ),
        nccopy: format!("-F NAME,{FILTER},{listed}"),
        values,
    };
    let text = format!("h5repack {}\nnccopy {}\n", answer.h5repack, answer.nccopy);
    talk.answer(&answer, &text)
}
