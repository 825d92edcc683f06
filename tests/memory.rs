//! A long series takes no more memory than a short one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

mod counting;

use std::io::Write;

use counting::{peak, turn};
use foresz::{Bound, Options, Writer};
use ndarray::ArrayD;

/// Forgets what it is given.
struct Sink(usize);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const FRAME: [usize; 2] = [45, 60];
const FRAME_BYTES: usize = 45 * 60 * 4;
const CHUNK: usize = 4;

fn write_series(frames: usize, options: &Options) {
    let mut writer = Writer::new(Sink(0), &FRAME, options.clone()).unwrap();
    for time in 0..frames {
        let frame = ArrayD::from_shape_fn(&FRAME[..], |at| {
            ((at[0] * at[1] + 31 * time) % 97) as f32 * 0.25
        });
        writer.push(frame.view()).unwrap();
    }
    let (sink, report) = writer.finish().unwrap();
    assert_eq!(sink.0 as u64, report.output_bytes);
}

fn assert_flat(options: &Options, threads: usize) {
    let _turn = turn();
    let options = options.clone().threads(threads).chunk([CHUNK, 45, 60]);
    write_series(CHUNK * threads, &options);
    let ((), short) = peak(|| write_series(CHUNK * threads * 3, &options));
    let ((), long) = peak(|| write_series(CHUNK * threads * 60, &options));
    // Threads meet at their most hungry moments now and then.
    let more = CHUNK * threads * 54 * FRAME_BYTES;
    assert!(
        long < short + more / 3,
        "{long} bytes for a long series, {short} for a short one, {more} more bytes written"
    );
    let raw = CHUNK * threads * FRAME_BYTES;
    assert!(
        long < raw * 16 + (4 << 20),
        "{long} bytes for {raw} waiting"
    );
}

#[test]
fn a_series_four_times_as_long_takes_no_more_memory() {
    for spec in ["lorenzo", "spline", "persistence+spline", "auto"] {
        let options = Options::new(Bound::Absolute(0.01)).predictor(spec).unwrap();
        assert_flat(&options, 1);
        assert_flat(&options, 2);
    }
    assert_flat(&Options::new(Bound::PointwiseRelative(0.01)), 1);
    assert_flat(&Options::new(Bound::Lossless), 1);
}

#[test]
fn chunks_that_are_larger_than_the_series_wait_for_its_end() {
    let _turn = turn();
    let options = Options::new(Bound::Absolute(0.01))
        .chunk([1000, 45, 60])
        .threads(1);
    write_series(5, &options);
}
