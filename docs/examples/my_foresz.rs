//! The program `foresz` with a predictor of one's own.

#[allow(dead_code, unreachable_pub, reason = "other examples use more of it")]
mod average;

fn main() -> std::process::ExitCode {
    foresz_cli::main_with(vec![average::entry()])
}
