//! 問合せ記録: registered, closed, listed. The free text goes into the register and nowhere else.

use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};
use kansho_intake::normalise::{command_line_day, names_my_number};
use kansho_register::inquiries::{self, Inquiry, New};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};
use serde::Deserialize;

const ROLES: &[Role] = &[Role::Register];

/// What a file says of an inquiry.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    received_on: Option<String>,
    question: Option<String>,
    answer: Option<String>,
    closed_on: Option<String>,
}

/// Free text may hold names.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(…)")
    }
}

impl Words {
    /// Reads the JSON of a file.
    ///
    /// # Errors
    /// [`Failure::Declined`] when it is not of this form, [`Failure::Barred`] when a 個人番号 stands in it (R112). Neither repeats the text.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let words: Self = serde_json::from_str(text).map_err(|error| {
            let place = error.line();
            let keys = "received_on question answer closed_on";
            Failure::Declined(format!("問合せのファイルの {place} 行目: JSON として読めません。使える項目は {keys} です"))
        })?;
        if [&words.question, &words.answer].into_iter().flatten().any(|text| names_my_number(text)) {
            return Err(Failure::barred(Code::MyNumberValues, "個人番号とみられる12けたの数字があります"));
        }
        Ok(words)
    }

    fn day(text: Option<&str>, key: &str) -> Result<Option<NaiveDate>, Failure> {
        let read = |text: &str| command_line_day(text).map_err(|reason| Failure::Declined(format!("{key}: {reason}")));
        text.map(read).transpose()
    }

    fn filled(text: Option<&String>) -> Option<&str> {
        text.map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

fn lacking(key: &str) -> Failure {
    Failure::Declined(format!("問合せのファイルに {key} がありません"))
}

/// Registers an inquiry; gives its number.
///
/// # Errors
/// [`Failure::Barred`]: not permitted, no such person (O600); [`Failure::Declined`] when something is missing or a day is none.
pub fn add(register: &mut Register, caller: &Caller, person: Option<&str>, words: &Words) -> Result<u64, Failure> {
    let act = Act { person, ..Act::new("inquiry add", ROLES) };
    register.act(caller, &act, |work| {
        let received_on =
            Words::day(Words::filled(words.received_on.as_ref()), "received_on")?.ok_or_else(|| lacking("received_on"))?;
        let question = Words::filled(words.question.as_ref()).ok_or_else(|| lacking("question"))?;
        let answer = Words::filled(words.answer.as_ref());
        let closed_on = Words::day(Words::filled(words.closed_on.as_ref()), "closed_on")?;
        if closed_on.is_some_and(|closed| closed < received_on) {
            return Err(Failure::Declined("closed_on が received_on より前です".to_owned()));
        }
        if closed_on.is_some() && answer.is_none() {
            return Err(lacking("answer"));
        }
        let new = New { person, received_on, question, answer, closed_on };
        let id = inquiries::add(work.link, &new, &work.permit.operator.name, work.permit.at)?;
        work.note("inquiry", id);
        Ok(id)
    })
}

/// Closes an inquiry; gives the day.
///
/// # Errors
/// [`Failure::Barred`]: not permitted, closed before (O632); [`Failure::Declined`] when there is no such inquiry or something is missing.
pub fn close(register: &mut Register, caller: &Caller, id: u64, words: &Words) -> Result<NaiveDate, Failure> {
    register.act(caller, &Act::new("inquiry close", ROLES), |work| {
        work.note("inquiry", id);
        if words.received_on.is_some() || words.question.is_some() {
            return Err(Failure::Declined("完了で書けるのは answer と closed_on です".to_owned()));
        }
        let closed_on = Words::day(Words::filled(words.closed_on.as_ref()), "closed_on")?.ok_or_else(|| lacking("closed_on"))?;
        work.person = inquiries::close(work.link, id, Words::filled(words.answer.as_ref()), closed_on)?;
        Ok(closed_on)
    })
}

/// Every inquiry, the oldest first; of protected people without its text, unless whoever looks may see them.
///
/// # Errors
/// [`Failure::Barred`] when it is not permitted.
pub fn list(register: &mut Register, caller: &Caller) -> Result<Vec<Inquiry>, Failure> {
    register.act(caller, &Act::new("inquiry list", ROLES), |work| {
        let list = inquiries::all(work.link, work.permit.sees_protected())?;
        work.note("inquiries", list.len());
        Ok(list)
    })
}
