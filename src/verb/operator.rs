//! `kansho operator`: who may use the register, and for what.

use crate::cli::Format;
use crate::verb::{Context, Outcome, json, passphrase, table, unwritten};
use chrono::NaiveDate;
use clap::Subcommand;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use kansho_register::operators::{self, New, Operator, Role};
use kansho_register::store::Act;
use serde::Serialize;
use serde_json::json as detail;
use std::io::Write;
use std::path::PathBuf;

/// What is done with operators.
#[derive(Debug, Subcommand)]
pub enum OperatorVerb {
    /// 利用者を加えます
    Add {
        /// 名（端末の口座の名か、共用の口座で使う名）
        name: String,
        /// 権限（extract,approve,register,lookup,protected,intake,claims,figures,admin,audit,support）
        #[arg(long, value_name = "a,b")]
        roles: String,
        /// 課
        #[arg(long, value_name = "課")]
        section: Option<String>,
        /// 使える最後の日
        #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
        until: Option<NaiveDate>,
        /// その人の合言葉を一行で書いたファイル（付けなければ、端末の口座の人として使います）
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// 利用者の一覧
    List,
    /// 利用者を止めます
    Disable {
        /// 名
        name: String,
    },
    /// 合言葉を五回間違えた人を、また使えるようにします
    Unlock {
        /// 名
        name: String,
    },
    /// 権限を変えます
    Roles {
        /// 名
        name: String,
        /// 新しい権限のすべて
        #[arg(long, value_name = "a,b")]
        roles: String,
    },
}

#[derive(Serialize)]
struct Told {
    name: String,
    roles: Vec<&'static str>,
    section: Option<String>,
    until: Option<String>,
    passphrase: bool,
    locked: bool,
    disabled: bool,
    created_by: String,
}

impl From<Operator> for Told {
    fn from(operator: Operator) -> Self {
        Self {
            roles: operator.roles.iter().map(|role| role.word()).collect(),
            locked: operator.locked(),
            name: operator.name,
            section: operator.section,
            until: operator.until.map(|day| day.to_string()),
            passphrase: operator.with_passphrase,
            disabled: operator.disabled,
            created_by: operator.created_by,
        }
    }
}

const ADMIN: &[Role] = &[Role::Admin];

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, or would leave no admin.
pub fn run(verb: &OperatorVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let changed = match verb {
        OperatorVerb::List => {
            let list = register.act(&caller, &Act::new("operator list", ADMIN), |work| operators::all(work.link))?;
            return told(list, context, out);
        }
        OperatorVerb::Add { name, roles, section, until, new_passphrase_file } => {
            let passphrase = passphrase::of_operator(new_passphrase_file.as_deref())?;
            let roles = Role::list(roles)?;
            register.act(&caller, &Act::new("operator add", ADMIN), |work| {
                let new = New {
                    name,
                    roles,
                    section: section.as_deref(),
                    until: *until,
                    passphrase: passphrase.as_ref().map(|passphrase| passphrase.as_str()),
                };
                work.note("name", detail!(name));
                work.note("roles", detail!(new.roles.iter().map(|role| role.word()).collect::<Vec<_>>()));
                operators::add(work.link, &new, &work.permit.operator.name, work.permit.at)
            })?;
            name
        }
        OperatorVerb::Disable { name } => {
            register.act(&caller, &Act::new("operator disable", ADMIN), |work| {
                work.note("name", detail!(name));
                operators::disable(work.link, name)
            })?;
            name
        }
        OperatorVerb::Unlock { name } => {
            register.act(&caller, &Act::new("operator unlock", ADMIN), |work| {
                work.note("name", detail!(name));
                operators::unlock(work.link, name)
            })?;
            name
        }
        OperatorVerb::Roles { name, roles } => {
            let roles = Role::list(roles)?;
            register.act(&caller, &Act::new("operator roles", ADMIN), |work| {
                work.note("name", detail!(name));
                work.note("roles", detail!(roles.iter().map(|role| role.word()).collect::<Vec<_>>()));
                operators::set_roles(work.link, name, &roles, &work.permit.operator.name)
            })?;
            name
        }
    };
    let now = register.read(|link| operators::find(link, changed))?;
    told(now.into_iter().collect(), context, out)
}

fn told(list: Vec<Operator>, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let list: Vec<Told> = list.into_iter().map(Told::from).collect();
    let state = |one: &Told| {
        let words = [(one.disabled, "停止"), (one.locked, "合言葉の誤りで停止")];
        words.into_iter().find(|(is, _)| *is).map_or("", |(_, word)| word).to_owned()
    };
    match context.globals.format {
        Format::Json => json(out, &list)?,
        Format::Csv => table(
            out,
            ["名", "権限", "課", "終わり", "状態"],
            list.iter().map(|one| {
                let [section, until] = [&one.section, &one.until].map(|text| text.clone().unwrap_or_default());
                [one.name.clone(), one.roles.join(","), section, until, state(one)]
            }),
        )?,
        Format::Text => {
            for one in &list {
                let until = one.until.as_ref().map_or_else(String::new, |day| format!("　{day}まで"));
                let section = one.section.as_ref().map_or_else(String::new, |section| format!("　{section}"));
                writeln!(out, "{}　{}{section}{until}　{}", one.name, one.roles.join(","), state(one)).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
