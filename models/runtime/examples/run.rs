//! Runs a model on raw 32-bit floats and says how long it takes.
//!
//! `run MODEL THREADS REPEATS INPUTS OUTPUTS`: `INPUTS` holds the values of all inputs
//! one after the other (axes of any length are taken as 1), `OUTPUTS` is written.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use foresz_exact::{Dim, Model, Options, Session, Tensor};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, threads, repeats, inputs, outputs] = arguments.as_slice() else {
        return Err("run MODEL THREADS REPEATS INPUTS OUTPUTS".into());
    };
    let options = Options {
        threads: threads.parse()?,
        ..Options::default()
    };
    let model = Arc::new(Model::load(model, &options)?);
    let bytes = std::fs::read(inputs)?;
    let mut values = (bytes.as_chunks().0.iter()).map(|&word| f32::from_le_bytes(word));
    let mut tensors = Vec::new();
    for port in model.inputs() {
        let dim = |d: &Dim| if let Dim::Fixed(n) = d { *n } else { 1 };
        let dims: Vec<usize> = port.dims.iter().flatten().map(dim).collect();
        let own: Vec<f32> = values.by_ref().take(dims.iter().product()).collect();
        tensors.push((port.name.clone(), Tensor::new(&dims, own)?));
    }
    let given: Vec<(&str, Tensor)> = (tensors.iter())
        .map(|(name, tensor)| (name.as_str(), tensor.clone()))
        .collect();
    let mut session = Session::new(Arc::clone(&model), &options)?;
    let results = session.run(&given)?;
    let mut fastest = f64::INFINITY;
    for _ in 0..repeats.parse()? {
        let start = Instant::now();
        session.run(&given)?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    println!("{fastest}");
    let floats = results.iter().filter_map(|t| t.values::<f32>()).flatten();
    let bytes: Vec<u8> = floats.flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(outputs, bytes)?;
    Ok(())
}
