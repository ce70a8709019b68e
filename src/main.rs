//! The program: words → run → exit code.

use clap::Parser;
use kansho::verb::{Outcome, run};
use kansho_core::diag::{Failure, Severity, show};
use kansho_core::unfinished;
use kansho_intake::read::guarded::is_guarded;
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // What a panic says may hold data, and a reader that panics is told as a broken file.
        if !is_guarded() {
            let file = |path| Path::new(path).file_name().unwrap_or_default().to_string_lossy();
            let place = panic.location().map_or_else(String::new, |at| format!("（{}:{}）", file(at.file()), at.line()));
            drop(writeln!(
                std::io::stderr(),
                "内部の誤りで中止しました{place}。この行と使ったコマンドを開発元に知らせてください"
            ));
        }
    }));
    let cli = kansho::cli::Cli::parse();
    // Without a handler an interrupted run leaves its folder, named as unfinished; it works all the same.
    let _ = unfinished::on_stop(|words| drop(writeln!(std::io::stderr(), "{words}")));
    // Standard error is not locked: the progress line is drawn there by another thread, and would wait for ever.
    let (mut out, mut messages) = (BufWriter::new(std::io::stdout().lock()), std::io::stderr());
    // A panic unwinds to here, so that what is unfinished is removed; the hook has told it.
    let Ok(ended) = catch_unwind(AssertUnwindSafe(|| run(&cli, &mut out, &mut messages))) else { return ExitCode::from(2) };
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
