//! Errors as exit codes, as text and as JSON.

use std::process::ExitCode;

use foresz::{Error, forecast, predictors};
use serde::Serialize;

use super::talk::Talk;

/// Exit code of a verification that found the bound broken.
pub(crate) const BROKEN: u8 = 1;

/// Exit code of a decompression by best effort that wrote values which may break the
/// bound.
pub(crate) const DRIFTED: u8 = 6;

/// Exit code of a verification that found all values kept, and attributes that are others.
pub(crate) const OTHERWISE: u8 = 7;

/// Told to users by `foresz --help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  verify found the bound broken
  2  the command line is wrong, or asks for something that cannot be done
  3  the stream is damaged or not a foresz stream
  4  a file could not be read or written, as it is damaged or in use, among others
  5  the stream or the file needs something that this build of foresz lacks
  6  decompress --best-effort wrote values that may break the bound
  7  verify found all bounds kept, but attributes that differ
  8  memory is short, or a learned model needs more memory or work than it may have";

/// The kinds of failure a script can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Invalid,
    Predictor,
    Corrupt,
    Io,
    Unsupported,
    Limit,
}

impl Kind {
    fn of(error: &anyhow::Error) -> Self {
        for cause in error.chain() {
            if let Some(error) = cause.downcast_ref::<std::io::Error>() {
                return Kind::of_io(error);
            }
            if let Some(forecast::Error::Limit(_)) = cause.downcast_ref() {
                return Kind::Limit;
            }
            match cause.downcast_ref::<Error>() {
                Some(Error::Corrupt { .. }) => return Kind::Corrupt,
                Some(Error::Unsupported(_)) => return Kind::Unsupported,
                Some(Error::Memory { .. } | Error::Predictor(predictors::Error::Limit { .. })) => {
                    return Kind::Limit;
                }
                Some(Error::Predictor(_)) => return Kind::Predictor,
                Some(Error::Io(error)) => return Kind::of_io(error),
                _ => {}
            }
        }
        Kind::Invalid
    }

    fn of_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::OutOfMemory => Kind::Limit,
            _ => Kind::Io,
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Kind::Invalid | Kind::Predictor => 2,
            Kind::Corrupt => 3,
            Kind::Io => 4,
            Kind::Unsupported => 5,
            Kind::Limit => 8,
        }
    }
}

#[derive(Serialize)]
struct Failure {
    error: String,
    kind: Kind,
}

/// A request that cannot be met.
pub(crate) fn invalid(reason: impl Into<String>) -> anyhow::Error {
    Error::Invalid(reason.into()).into()
}

/// Gives predictor errors the meaning they have while reading a stream: the user
/// did not choose the predictor, whoever wrote the stream did.
pub(crate) fn while_decoding(error: Error) -> Error {
    match error {
        Error::Predictor(
            other @ (predictors::Error::Side { .. } | predictors::Error::Walk { .. }),
        ) => Error::Corrupt {
            at: foresz::Section::Chunk,
            reason: other.to_string(),
        },
        Error::Predictor(predictors::Error::Model { reason }) => Error::Unsupported(reason),
        Error::Predictor(predictors::Error::Differs { reason }) => Error::Unsupported(format!(
            "{reason}; foresz decompress --best-effort continues anyway"
        )),
        Error::Predictor(
            other @ (predictors::Error::Unknown { .. }
            | predictors::Error::Parameter { .. }
            | predictors::Error::Syntax { .. }),
        ) => Error::Unsupported(format!(
            "this foresz lacks a predictor that the stream was coded with: {other}"
        )),
        other => other,
    }
}

/// Reports a failure and says how to exit.
pub(crate) fn report(error: &anyhow::Error, talk: &Talk) -> ExitCode {
    let (kind, text) = (Kind::of(error), format!("{error:#}"));
    eprintln!("foresz: {text}");
    if talk.json {
        // Nobody is left to hear of a failure to report a failure.
        let _ = talk.object(&Failure { error: text, kind });
    }
    ExitCode::from(kind.exit_code())
}

/// Shows what clap has to say: help, the version or what is wrong with the command line.
pub(crate) fn usage(usage: &clap::Error) -> ExitCode {
    // As above: output is gone, and so is the reader.
    let _ = usage.print();
    if usage.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = usage.to_string();
        let error = text.trim_start_matches("error: ").trim_end().to_owned();
        let _ = Talk::in_json().object(&Failure {
            error,
            kind: Kind::Invalid,
        });
    }
    ExitCode::from(if usage.use_stderr() {
        Kind::Invalid.exit_code()
    } else {
        0
    })
}
