//! The `foresz` command: compresses fields, restores, describes and verifies them.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
