//! The binary: parse, run, exit code. Everything else is in the library, so that tests can wire a house.

fn main() -> std::process::ExitCode {
    kulanz::cli::main()
}
