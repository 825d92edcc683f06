//! Limits on the command line: sizes and amounts of work.

use clap::Args;
use foresz::Limits;
use foresz::forecast::Shelf;

use super::MODELS;

/// What learned models may use.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LimitArgs {
    /// Memory that a learned model may use on each thread, such as 500M or 4G [default: 4G;
    /// if it comes with the stream 64M, 4K for each value of a chunk and four times its own
    /// size, 4G at most]
    #[arg(help_heading = MODELS, long, value_name = "SIZE", value_parser = size)]
    limit_memory: Option<usize>,
    /// Multiply-adds that a learned model may do for each value, such as 1M [default: any
    /// number; if it comes with the stream 64K and 16 for each byte that it takes there,
    /// beside 256M for the stream as a whole]
    #[arg(help_heading = MODELS, long, value_name = "COUNT", value_parser = count)]
    limit_work: Option<u64>,
}

impl LimitArgs {
    /// For models that come with streams.
    pub(crate) fn of_streams(self) -> Limits {
        let mut limits = Limits::default();
        if let Some(bytes) = self.limit_memory {
            limits = limits.memory(bytes);
        }
        match self.limit_work {
            Some(work) => limits.work(work),
            None => limits,
        }
    }

    /// For models of the shelf.
    pub(crate) fn of_shelf(self, shelf: Shelf) -> Shelf {
        let shelf = match self.limit_memory {
            Some(bytes) => shelf.memory(bytes),
            None => shelf,
        };
        shelf.work(self.limit_work)
    }
}

fn size(text: &str) -> Result<usize, String> {
    let plain = text.strip_suffix("iB").or(text.strip_suffix('B'));
    let bytes = count(plain.unwrap_or(text));
    bytes.and_then(|n| usize::try_from(n).map_err(|_| "more than there can be".into()))
}

/// A number with or without K, M, G or T for powers of 1024.
fn count(text: &str) -> Result<u64, String> {
    const LETTERS: [char; 4] = ['K', 'M', 'G', 'T'];
    let wrong = || format!("{text:?} is not an amount; write 500M or 4G");
    let text = text.trim();
    let last = text.chars().last().ok_or_else(wrong)?.to_ascii_uppercase();
    let power = LETTERS.iter().position(|letter| *letter == last);
    let (digits, factor) = match power {
        Some(power) => (&text[..text.len() - 1], 1u64 << (10 * (power + 1))),
        None => (text, 1),
    };
    let number: u64 = digits.trim_end().parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_with_and_without_letters() {
        for (text, wanted) in [
            ("7", 7),
            ("4G", 4 << 30),
            ("500M", 500 << 20),
            ("1 k", 1024),
        ] {
            assert_eq!(count(text), Ok(wanted), "{text}");
            assert_eq!(size(text), Ok(wanted as usize), "{text}");
        }
        for text in ["64MiB", "64MB", "64M"] {
            assert_eq!(size(text), Ok(64 << 20), "{text}");
        }
        for text in ["", "G", "-1", "1.5G", "99999999T", "4X", "é"] {
            assert!(count(text).is_err() && size(text).is_err(), "{text}");
        }
    }
}
