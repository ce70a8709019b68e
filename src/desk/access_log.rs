//! 記録の書き出し: the whole chain, line by line, so that another program can compute it again.

use crate::desk::bundle::stage::NewFile;
use kansho_core::diag::Failure;
use kansho_core::hash;
use kansho_register::log;
use kansho_register::operators::Role;
use kansho_register::store::link::Fault;
use kansho_register::store::{Act, Caller, Register};
use serde::Serialize;
use std::io::{BufWriter, Error, Write};
use std::path::Path;

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Where.
    pub path: String,
    /// Lines.
    pub entries: u64,
    /// The last of them, `SEQ:HASH`.
    pub head: String,
    /// Hash of the file.
    pub sha256: String,
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    entry: &'a str,
    hash: &'a str,
}

/// Writes every entry with its hash into a new file; the act's own entry is made before the file has its name, and not in it.
///
/// # Errors
/// [`Failure::Barred`] when it is not permitted or the name is taken (G606), [`Failure::Io`] when the disk does not take it; then there is no file.
pub fn export(register: &mut Register, caller: &Caller, out: &Path) -> Result<Exported, Failure> {
    let act = Act::new("log export", &[Role::Audit]);
    let permit = register.permit(caller, &act)?;
    match written(register, out) {
        Ok((file, exported)) => {
            register.perform(&permit, |work| {
                work.note("entries", exported.entries);
                work.note("head", exported.head.as_str());
                work.note("sha256", exported.sha256.as_str());
                Ok(())
            })?;
            file.release().inspect_err(|failure| register.undone(caller, &act, failure))?;
            Ok(exported)
        }
        Err(failure) => {
            register.failed(&permit, &failure);
            Err(failure)
        }
    }
}

fn written(register: &mut Register, out: &Path) -> Result<(NewFile, Exported), Failure> {
    let mut file = NewFile::beside(out)?;
    let failed = |error: Error| Failure::io("記録を書き出せません", out, error);
    let mut writer = BufWriter::new(file.file());
    let mut disk: Option<Error> = None;
    let (mut entries, mut last) = (0, log::Head::default());
    let read = register.read(|link| {
        let told = log::lines(link, &mut |seq, entry, hash| {
            entries += 1;
            last = log::Head { seq, hash: hash.to_owned() };
            let line = serde_json::to_writer(&mut writer, &Line { seq, entry, hash }).map_err(Error::from);
            line.and_then(|()| writer.write_all(b"\n")).map_err(|error| {
                disk = Some(error);
                Fault::Stopped(String::new())
            })
        });
        Ok(told?)
    });
    if let Some(error) = disk {
        return Err(failed(error));
    }
    read?;
    writer.flush().map_err(failed)?;
    drop(writer);
    let (sha256, _) = hash::sha256_file(file.path()).map_err(failed)?;
    Ok((file, Exported { path: out.display().to_string(), entries, head: last.to_string(), sha256 }))
}
