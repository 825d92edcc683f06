//! `foresz model check` of an autoencoder.

use std::fmt::Write;

use foresz::forecast::autoencoder::{Coding, Contract, Model, Scaling};
use serde::Serialize;

use super::super::summary;
use super::super::talk::Talk;

#[derive(Serialize)]
struct Check<'a> {
    sha256: &'a str,
    contract: &'a Contract,
    weights_bytes: u64,
    runtime: String,
    exact: bool,
    tiles: usize,
    encoder_seconds: f64,
    decoder_seconds: f64,
    latents: [f32; 2],
    error: f64,
}

pub(super) fn check(model: &Model, talk: &Talk) -> anyhow::Result<()> {
    let trial = model.try_out()?;
    let answer = Check {
        sha256: model.hash(),
        contract: model.contract(),
        weights_bytes: model.bytes(),
        runtime: model.runtime().about(),
        exact: model.runtime().is_exact(),
        tiles: trial.tiles,
        encoder_seconds: trial.seconds[0],
        decoder_seconds: trial.seconds[1],
        latents: trial.latents,
        error: trial.error,
    };
    talk.answer(&answer, &describe(&answer)?)
}

fn describe(check: &Check) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        if value.is_empty() {
            return Ok(());
        }
        writeln!(text, "{key:<12}{value}")
    };
    let contract = check.contract;
    line("model", &contract.name)?;
    line("sha256", check.sha256)?;
    line("about", &contract.description)?;
    line("licence", &contract.licence)?;
    line("recipe", &contract.recipe)?;
    line("weights", &summary::bytes(check.weights_bytes))?;
    line("tiles", &summary::shape(&contract.tile))?;
    let normalised = match contract.normalise.kind {
        Scaling::Field => "by centre and half range of a chunk",
        Scaling::Tile => "by the mean of the tile and the deviation in a chunk",
        Scaling::Fixed => "by a mean and a deviation of the contract",
    };
    line("normalised", normalised)?;
    let kind = match contract.code.kind {
        Coding::Dense => "",
        Coding::Sparse => ", most of them 0",
    };
    let differences = if contract.code.differences {
        ", as differences"
    } else {
        ""
    };
    let step = contract.code.step;
    let latents = contract.latents;
    line(
        "latents",
        &format!("{latents} a tile in steps of {step}{kind}{differences}"),
    )?;
    let care = if check.exact {
        "the same bits everywhere"
    } else {
        "behind a guard band"
    };
    line("runs on", &format!("{}, {care}", check.runtime))?;
    let each = |seconds: f64| 1e3 * seconds / check.tiles as f64;
    line(
        "one tile",
        &format!(
            "{:.3} ms there, {:.3} ms back",
            each(check.encoder_seconds),
            each(check.decoder_seconds)
        ),
    )?;
    let [least, most] = check.latents;
    line(
        "on trial",
        &format!(
            "latents from {least:.3} to {most:.3}; triangle waves from -1 to 1 come back with a root mean square error of {:.3}",
            check.error
        ),
    )?;
    Ok(text)
}
