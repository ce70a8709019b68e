//! The program: words → run → exit code.

use clap::Parser;
use kansho::diag::{Failure, Severity, show};
use kansho::verb::{Outcome, run};
use std::io::{BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = kansho::cli::Cli::parse();
    // Standard error is not locked: the progress line is drawn there by another thread, and would wait for ever.
    let (mut out, mut messages) = (BufWriter::new(std::io::stdout().lock()), std::io::stderr());
    let ended = run(&cli, &mut out, &mut messages);
    let flushed = out.flush();
    let code = match ended {
        Ok(Outcome::Done) if flushed.is_ok() => 0,
        Ok(Outcome::Done | Outcome::Refused) => 1,
        Err(failure) => {
            if let Failure::Refused(report) = &failure {
                let _ = write!(messages, "{}", show::report(report, Severity::Alert, 200));
            }
            let _ = writeln!(messages, "{}", show::terminal(&failure.to_string()));
            failure.exit_code()
        }
    };
    ExitCode::from(code)
}
