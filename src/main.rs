//! The command `airbridge`.

/// The system's allocator hands memory back and forth between threads slowly; see
/// `docs/benchmarks.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    airbridge::cli::run()
}
