//! The command `airbridge`.

fn main() -> std::process::ExitCode {
    airbridge::cli::run()
}
