//! The command `foresz`.

/// A run allocates a few large buffers once. This allocator keeps what it got, where
/// the system's gives pages back and pays for each of them again: 25 % of the time to
/// compress a field, 40 % of the time to decompress it (docs/project/decisions/0007).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    foresz_cli::main()
}
