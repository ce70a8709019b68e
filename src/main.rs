//! The program: words → run → exit code.

use clap::Parser;
use kansho::diag::{Failure, Severity, show};
use kansho::unfinished;
use kansho::verb::{Outcome, run};
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = kansho::cli::Cli::parse();
    // Without a handler an interrupted run leaves its folder, named as unfinished; it works all the same.
    let _ = unfinished::on_stop(|words| drop(writeln!(std::io::stderr(), "{words}")));
    // Standard error is not locked: the progress line is drawn there by another thread, and would wait for ever.
    let (mut out, mut messages) = (BufWriter::new(std::io::stdout().lock()), std::io::stderr());
    let ended = run(&cli, &mut out, &mut messages);
    // Whoever closes the pipe has read enough; what the verb found stays found.
    let flushed = out.flush().or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) });
    let told = |error: Error| Failure::io("書けません", Path::new("標準出力"), error);
    match ended.and_then(|outcome| flushed.map(|()| outcome).map_err(told)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Err(Failure::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(failure) => {
            if let Failure::Refused(report) = &failure {
                let _ = write!(messages, "{}", show::report(report, Severity::Alert, 200));
            }
            let _ = writeln!(messages, "{}", show::terminal(&failure.to_string()));
            ExitCode::from(failure.exit_code())
        }
    }
}
