//! `foresz compress --train`: a model for one variable, made before it is compressed.

use std::path::PathBuf;

use clap::Parser;

use super::super::args::is_stdio;
use super::super::compress::Compress;
use super::super::failure::invalid;
use super::super::output::Scratch;
use super::super::talk::Talk;
use super::{Train, learn};

/// What specs can call the model.
const NAME: &str = "trained";

/// The options of a training, without a program before them.
#[derive(Parser)]
#[command(name = "--train", no_binary_name = true)]
struct Words {
    #[command(flatten)]
    train: Train,
}

/// A model that is there while this is.
pub(crate) struct Trained {
    room: Scratch,
}

impl Trained {
    /// Trains as `--train` asks, if it does.
    pub(crate) fn by(args: &Compress, variable: &str, talk: &Talk) -> anyhow::Result<Option<Self>> {
        let Some(options) = &args.train else {
            return Ok(None);
        };
        if is_stdio(&args.input) {
            return Err(invalid(
                "--train reads its input twice: name a file instead of standard input",
            ));
        }
        let room = Scratch::new()?;
        let folder = room.path().join(NAME);
        let mut words = vec![
            args.input.display().to_string(),
            format!("--output={}", folder.display()),
        ];
        let asked: Vec<&str> = options.split_whitespace().collect();
        for (key, value) in &args.attr {
            let option = format!("--{key}");
            let told = asked.iter().any(|word| word.starts_with(&option));
            if TOLD.contains(&key.as_str()) && !told {
                words.push(format!("{option}={value}"));
            }
        }
        words.extend(asked.into_iter().map(str::to_owned));
        let parsed = Words::try_parse_from(words);
        let mut train = parsed.map_err(|e| invalid(e.render().to_string()))?.train;
        train.layout = args.layout.clone();
        train.array = Some(variable.into());
        train.fill.extend(&args.fill);
        learn(&train, talk)?;
        Ok(Some(Trained { room }))
    }

    /// The folder of the model.
    pub(crate) fn folder(&self) -> PathBuf {
        self.room.path().join(NAME)
    }
}

/// Attributes that say what training wants to know.
const TOLD: [&str; 6] = [
    "variable",
    "units",
    "step",
    "start",
    "latitudes",
    "longitudes",
];
