//! 利用者: who may do what. An account of the operating system, or a name with a passphrase (argon2id) on a shared account.

use crate::clock::Moment;
use crate::store::link::{Field, Link};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};
use std::collections::BTreeSet;

/// 権限 (design §7b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// run, select, seal, reissue, affected, cancel, discard, receipt, pack, stats
    Extract,
    /// approve, cancel
    Approve,
    /// record, flag, merge, import ocr, ocr, returns, inquiry, reissue
    Register,
    /// find, show, why, due on a person
    Lookup,
    /// may see protected people; without it they are a number
    Protected,
    /// import
    Intake,
    /// claims
    Claims,
    /// stats, exchange, relief
    Figures,
    /// operator, backup, restore, purge, check, export, and the verbs of intake, claims, figures
    Admin,
    /// log; never with admin
    Audit,
    /// check and schema, never a person; for the contractor
    Support,
}

impl Role {
    /// Every role with its word.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Extract, "extract"),
        (Self::Approve, "approve"),
        (Self::Register, "register"),
        (Self::Lookup, "lookup"),
        (Self::Protected, "protected"),
        (Self::Intake, "intake"),
        (Self::Claims, "claims"),
        (Self::Figures, "figures"),
        (Self::Admin, "admin"),
        (Self::Audit, "audit"),
        (Self::Support, "support"),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(role, _)| *role == self).map_or("", |(_, word)| word)
    }

    /// The roles of a list `a,b`.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the word that is none.
    pub fn list(text: &str) -> Result<BTreeSet<Self>, Failure> {
        let known = || Self::ALL.map(|(_, word)| word).join("、");
        let one = |word: &str| {
            let found = Self::ALL.iter().find(|(_, known)| *known == word).map(|(role, _)| *role);
            found.ok_or_else(|| Failure::Usage(format!("権限「{word}」を知りません。{} のどれかにしてください", known())))
        };
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(one).collect()
    }
}

/// One operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Name.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// 課
    pub section: Option<String>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Has a passphrase.
    pub with_passphrase: bool,
    /// Wrong passphrases in a row.
    pub failures: u64,
    /// Stopped.
    pub disabled: bool,
    /// Who made them.
    pub created_by: String,
    /// Who gave them `approve`.
    pub approve_by: Option<String>,
}

impl Operator {
    /// Whether they hold one of the roles.
    #[must_use]
    pub fn may(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// Five wrong passphrases lock.
    #[must_use]
    pub const fn locked(&self) -> bool {
        self.failures >= MOST_FAILURES
    }
}

/// Wrong passphrases in a row that lock.
const MOST_FAILURES: u64 = 5;
/// Fewest characters of a passphrase.
const SHORTEST: usize = 8;

const COLUMNS: &str = "name, roles, section, until, passphrase IS NOT NULL, failures, disabled, created_by, approve_by";

fn operator(row: &[Field]) -> Operator {
    let optional = |at: usize| row[at].text().map(str::to_owned);
    Operator {
        name: row[0].words(),
        roles: Role::list(&row[1].words()).unwrap_or_default(),
        section: optional(2),
        until: row[3].text().and_then(|day| day.parse().ok()),
        with_passphrase: row[4].integer() == Some(1),
        failures: row[5].count(),
        disabled: row[6].integer() != Some(0),
        created_by: row[7].words(),
        approve_by: optional(8),
    }
}

/// An operator by name.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn find(link: &mut dyn Link, name: &str) -> Result<Option<Operator>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM operator WHERE name = $1");
    Ok(link.row(&sql, &[name.into()])?.map(|row| operator(&row)))
}

/// Every operator, by name.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn all(link: &mut dyn Link) -> Result<Vec<Operator>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM operator ORDER BY name");
    Ok(link.rows(&sql, &[])?.iter().map(|row| operator(row)).collect())
}

/// What an operator is made of.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Name.
    pub name: &'a str,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// 課
    pub section: Option<&'a str>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Passphrase; none for an account of the operating system.
    pub passphrase: Option<&'a str>,
}

fn words(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(",")
}

/// `admin` and `audit` are never one person; `support` ends.
fn apart(roles: &BTreeSet<Role>, until: Option<NaiveDate>) -> Result<(), Failure> {
    if roles.is_empty() {
        return Err(Failure::Usage("権限を一つ以上書いてください（--roles extract,approve など）".to_owned()));
    }
    if roles.contains(&Role::Admin) && roles.contains(&Role::Audit) {
        return Err(Failure::barred(Code::AdminAndAudit, "admin と audit は同じ人に与えられません"));
    }
    if roles.contains(&Role::Support) && (until.is_none() || roles.len() > 1) {
        let message = "support は業者の権限です。ほかの権限とは合わせず、--until に終わりの日を書いてください";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(())
}

/// Adds an operator; a known name is refused.
///
/// # Errors
/// A [`Failure`] naming what is wrong.
pub fn add(link: &mut dyn Link, new: &New<'_>, by: &str, at: Moment) -> Result<(), Failure> {
    let length = new.name.chars().count();
    if !(1..=64).contains(&length) || new.name.chars().any(|c| c.is_control() || c.is_whitespace() || c == ',') {
        return Err(Failure::Usage("利用者の名は、空白と , のない64字までの文字にしてください".to_owned()));
    }
    apart(&new.roles, new.until)?;
    if find(link, new.name)?.is_some() {
        return Err(Failure::barred(Code::TargetExists, format!("利用者 {} はすでにいます", new.name)));
    }
    let hash = new.passphrase.map(hashed).transpose()?;
    let approve_by = new.roles.contains(&Role::Approve).then_some(by);
    link.run(
        "INSERT INTO operator (name, roles, section, until, passphrase, failures, disabled, created_by, approve_by, at) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8)",
        &[
            new.name.into(),
            words(&new.roles).into(),
            new.section.into(),
            new.until.map(|day| day.to_string()).into(),
            hash.into(),
            by.into(),
            approve_by.into(),
            at.to_string().into(),
        ],
    )?;
    Ok(())
}

fn hashed(passphrase: &str) -> Result<String, Failure> {
    if passphrase.chars().count() < SHORTEST {
        return Err(Failure::Declined(format!("利用者の合言葉は {SHORTEST} 文字以上にしてください")));
    }
    let hash = Argon2::default().hash_password(passphrase.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| Failure::Declined("合言葉を登録できません".to_owned()))
}

/// Changes the roles of an operator.
///
/// # Errors
/// A [`Failure`]: the last admin stays admin.
pub fn set_roles(link: &mut dyn Link, name: &str, roles: &BTreeSet<Role>, by: &str) -> Result<(), Failure> {
    let known = known(link, name)?;
    apart(roles, known.until)?;
    if known.roles.contains(&Role::Admin) && !roles.contains(&Role::Admin) {
        another_admin(link, name)?;
    }
    let approve_by = match (roles.contains(&Role::Approve), known.roles.contains(&Role::Approve)) {
        (true, false) => Some(by.to_owned()),
        (true, true) => known.approve_by,
        (false, _) => None,
    };
    link.run(
        "UPDATE operator SET roles = $2, approve_by = $3 WHERE name = $1",
        &[name.into(), words(roles).into(), approve_by.into()],
    )?;
    Ok(())
}

/// Stops an operator.
///
/// # Errors
/// A [`Failure`]: the last admin cannot be stopped.
pub fn disable(link: &mut dyn Link, name: &str) -> Result<(), Failure> {
    if known(link, name)?.roles.contains(&Role::Admin) {
        another_admin(link, name)?;
    }
    link.run("UPDATE operator SET disabled = 1 WHERE name = $1", &[name.into()])?;
    Ok(())
}

/// Lets an operator try again who was locked.
///
/// # Errors
/// A [`Failure`] when there is no such operator.
pub fn unlock(link: &mut dyn Link, name: &str) -> Result<(), Failure> {
    known(link, name)?;
    link.run("UPDATE operator SET failures = 0 WHERE name = $1", &[name.into()])?;
    Ok(())
}

fn known(link: &mut dyn Link, name: &str) -> Result<Operator, Failure> {
    find(link, name)?.ok_or_else(|| Failure::barred(Code::Account, format!("利用者 {name} は登録されていません")))
}

fn another_admin(link: &mut dyn Link, name: &str) -> Result<(), Failure> {
    let others =
        all(link)?.into_iter().filter(|other| other.name != name && !other.disabled && other.roles.contains(&Role::Admin));
    if others.count() > 0 { Ok(()) } else { Err(Failure::barred(Code::LastAdmin, format!("{name} は最後の admin です"))) }
}

/// The operator of a name, when the passphrase is theirs. A wrong one is counted: the caller keeps that, whatever follows.
///
/// # Errors
/// [`Failure::Barred`] with A601, A602 or A606.
pub fn log_in(link: &mut dyn Link, name: &str, passphrase: Option<&str>, today: NaiveDate) -> Result<Operator, Failure> {
    let unknown = || Failure::barred(Code::Account, format!("利用者 {name} は登録されていないか、止められています"));
    let Some(operator) = find(link, name)? else { return Err(unknown()) };
    if operator.disabled || operator.until.is_some_and(|until| until < today) {
        return Err(unknown());
    }
    if operator.locked() {
        return Err(Failure::barred(Code::Locked, format!("利用者 {name} は、合言葉を五回間違えたため使えません")));
    }
    let hash = link
        .row("SELECT passphrase FROM operator WHERE name = $1", &[name.into()])?
        .and_then(|row| row[0].text().map(str::to_owned));
    let right = match (&hash, passphrase) {
        (None, None) => true,
        (Some(hash), Some(given)) => {
            PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(given.as_bytes(), &hash).is_ok())
        }
        (Some(_), None) | (None, Some(_)) => false,
    };
    if right {
        link.run("UPDATE operator SET failures = 0 WHERE name = $1 AND failures > 0", &[name.into()])?;
        return Ok(Operator { failures: 0, ..operator });
    }
    if hash.is_some() && passphrase.is_some() {
        link.run("UPDATE operator SET failures = failures + 1 WHERE name = $1", &[name.into()])?;
    }
    Err(Failure::barred(Code::Passphrase, format!("利用者 {name} の合言葉が違います")))
}
