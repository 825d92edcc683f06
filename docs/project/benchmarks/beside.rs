//! The library's half of `docs/project/benchmarks/python.py`, which runs it beside the package.
//!
//! Its arguments are a raw file of little-endian `f32`, the shape, the bound, the effort, and
//! the number of threads. For every line on standard input, `compress` or `decompress`, it does
//! that once and prints the seconds and the CPU seconds that it took.

use std::error::Error;
use std::io::{BufRead, stdin};
use std::time::Instant;

use cpu_time::ProcessTime;
use foresz::{Bound, Decompressor, Effort, Options, compress};
use mimalloc::MiMalloc;
use ndarray::{ArrayD, IxDyn};

/// The command's, as the library leaves it to programs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, shape, bound, effort, threads] = words.as_slice() else {
        return Err("expected FILE SHAPE BOUND EFFORT THREADS".into());
    };
    let shape: Vec<usize> = shape.split('x').map(str::parse).collect::<Result<_, _>>()?;
    let bytes = std::fs::read(path)?;
    let (words, _) = bytes.as_chunks::<4>();
    let values = words.iter().copied().map(f32::from_le_bytes).collect();
    let field = ArrayD::from_shape_vec(IxDyn(&shape), values)?;
    let effort = match effort.as_str() {
        "fast" => Effort::Fast,
        "best" => Effort::Best,
        _ => Effort::Default,
    };
    let threads = threads.parse()?;
    let options = Options::new(Bound::Absolute(bound.parse()?));
    let options = options.effort(effort).threads(threads);
    let decoder = Decompressor::default().threads(threads);
    let stream = compress(field.view(), &options)?.bytes;
    for line in stdin().lock().lines() {
        let compressing = line? == "compress";
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        if compressing {
            compress(field.view(), &options)?;
        } else {
            decoder.field::<f32>(stream.as_slice())?;
        }
        println!(
            "{} {}",
            wall.elapsed().as_secs_f64(),
            cpu.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
