//! The verbs: words → what is done. One file a verb, with its own options.

pub mod affected;
pub mod approve;
pub mod backup;
pub mod barcode;
pub mod batches;
pub mod calibrate;
mod caller;
pub mod check;
pub mod decision;
pub mod due;
pub mod export;
pub mod files;
pub mod find;
pub mod flag;
pub mod fonts;
mod given;
pub mod import;
pub mod init;
pub mod inquiry;
pub mod log;
pub mod marks;
pub mod merge;
pub mod operator;
pub mod pack;
mod passphrase;
pub mod programmes;
pub mod purge;
pub mod receipt;
pub mod reissue;
pub mod restore;
pub mod returns;
pub mod rules;
pub mod run;
pub mod seal;
pub mod select;
pub mod show;
pub mod sjis;
pub mod templates;
pub mod verify;
pub mod why;

use crate::cli::{Cli, Globals};
use crate::desk::settings::Settings;
use crate::desk::shelf;
use chrono::NaiveDate;
use clap::Subcommand;
use kansho_chars::gaiji::GAIJI;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_post::data::POSTAL;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use std::io::{Error, Write};
use std::path::Path;
use std::sync::Arc;

/// What every verb gets.
#[derive(Debug)]
pub struct Context {
    /// The folder of the settings, with what the options put in its place.
    pub folder: Folder,
    /// Options of every verb.
    pub globals: Globals,
}

impl Context {
    fn new(globals: &Globals) -> Result<Self, Failure> {
        let mut folder = Folder::find()?;
        for (name, place) in [("rules", &globals.rules), (POSTAL, &globals.postal_data)] {
            if let Some(place) = place {
                folder = folder.with(name, place);
            }
        }
        Ok(Self { folder, globals: globals.clone() })
    }

    /// The folder with the rule book that answers on a day; with `--rules` that one alone.
    ///
    /// # Errors
    /// As [`shelf::on`].
    pub fn folder_on(&self, as_of: NaiveDate) -> Result<Folder, Failure> {
        if self.globals.rules.is_some() { Ok(self.folder.clone()) } else { shelf::on(&self.folder, as_of) }
    }

    /// The folders of all rule books, the oldest first; with `--rules` that one alone.
    ///
    /// # Errors
    /// As [`shelf::books`].
    pub fn folders(&self) -> Result<Vec<Folder>, Failure> {
        if self.globals.rules.is_some() {
            return Ok(vec![self.folder.clone()]);
        }
        Ok(shelf::books(&self.folder)?.into_iter().map(|book| book.folder).collect())
    }

    /// The folder of the newest rule book.
    ///
    /// # Errors
    /// As [`shelf::books`].
    pub fn newest(&self) -> Result<Folder, Failure> {
        Ok(self.folders()?.pop().unwrap_or_else(|| self.folder.clone()))
    }

    /// The settings with the newest rule book.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn newest_settings(&self) -> Result<Arc<Settings>, Failure> {
        Settings::load(&self.newest()?)
    }

    /// The settings with the rule book that answers on a day.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn settings(&self, as_of: NaiveDate) -> Result<Arc<Settings>, Failure> {
        Settings::load(&self.folder_on(as_of)?)
    }
}

/// The folder of the settings with the 外字 table that the user names.
fn with_gaiji(context: &Context, file: Option<&Path>) -> Folder {
    file.map_or_else(|| context.folder.clone(), |file| context.folder.with(GAIJI, file))
}

/// More threads cost memory and make nothing faster.
const MOST_THREADS: usize = 256;
/// Room for what a thread calls: letters are rendered by calls within calls.
const STACK: usize = 16 << 20;

/// The threads a verb works with: as many as it is told, else all of the machine.
fn pool(threads: Option<usize>) -> Result<ThreadPool, Failure> {
    if let Some(threads) = threads.filter(|threads| !(1..=MOST_THREADS).contains(threads)) {
        return Err(Failure::Usage(format!("--threads {threads}: 1 から {MOST_THREADS} までの数にしてください")));
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).stack_size(STACK).build();
    pool.map_err(|_| Failure::Declined("スレッドを始められません。--threads 1 で実行してください".to_owned()))
}

/// What could not be written to the terminal or the pipe.
fn unwritten(error: Error) -> Failure {
    Failure::io("書けません", Path::new("標準出力"), error)
}

/// Writes a value as JSON over several lines.
fn json(out: &mut dyn Write, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|_| Failure::Declined("JSON にできません".to_owned()))?;
    writeln!(out, "{text}").map_err(unwritten)
}

/// Writes rows as CSV below their headings.
fn table<const N: usize>(
    out: &mut dyn Write,
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), Failure> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    let failed = |error: csv::Error| unwritten(Error::other(error));
    writer.write_record(headings).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.flush().map_err(unwritten)
}

/// Exit code of a verb that could run: 0 done, 1 refused (data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; every check passed (alerts allowed).
    Done,
    /// Refused; nothing handed over.
    Refused,
}

/// 命令
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 月次の処理: 通知書・シール・宛名ラベル・郵便CSVを作り、読み返して確かめます
    Run(run::RunArgs),
    /// 判定の一覧だけ（文書は作りません）
    Select(select::SelectArgs),
    /// なぜ届くのか、なぜ届かないのか
    Why(why::WhyArgs),
    /// 一人の通知を再発行します
    Reissue(reissue::ReissueArgs),
    /// 印刷会社に渡すファイルだけを、暗号化した一つのzipにします
    Pack(pack::PackArgs),
    /// 出力フォルダーや受渡ファイルが元のとおりかを確かめます
    Verify(verify::VerifyArgs),
    /// ある人が受けられる定期接種と期間（作った例でも可）
    Due(due::DueArgs),
    /// 事業の一覧（--programme に書ける名）
    Programmes(programmes::ProgrammesArgs),
    /// 規則集の点検と表示
    Rules(rules::RulesArgs),
    /// ひな形の点検（法定の項目、差し込み、枠、窓）
    Templates(templates::TemplatesArgs),
    /// 印字位置の調整用紙（ラベルの縁、窓、折り、目盛り）
    Calibrate(calibrate::CalibrateArgs),
    /// カスタマバーコードの内容
    Barcode(barcode::BarcodeArgs),
    /// Shift_JIS への変換の結果
    Sjis(sjis::SjisArgs),
    /// フォントの点検（住民ファイルの文字をすべて印字できるか）
    Fonts(fonts::FontsArgs),
    /// 登録簿を新しく作ります（作った人が最初の admin です）
    Init(init::InitArgs),
    /// 処理を承認します（別々の二人）
    Approve(approve::ApproveArgs),
    /// 承認された処理を封緘します（引渡日でもう一度判定し、抜き取り、受渡ファイルを作ります）
    Seal(seal::SealArgs),
    /// 処理の一覧と状態
    Batches(batches::BatchesArgs),
    /// 封緘した処理を、差し出す前に取り消します（別々の二人）
    Cancel(batches::EndArgs),
    /// 納品の数と消去証明を登録します
    Receipt(receipt::ReceiptArgs),
    /// 返戻（戻ってきた通知）を登録します
    #[command(subcommand)]
    Returns(returns::ReturnsVerb),
    /// 条件に合う通知だけを挙げ、刷り直します
    Affected(affected::AffectedArgs),
    /// 住民・台帳のファイルを登録簿に取り込みます
    #[command(subcommand)]
    Import(import::ImportVerb),
    /// 利用者の登録、停止、権限
    #[command(subcommand)]
    Operator(operator::OperatorVerb),
    /// 人を探します（登録簿。条件はファイルで）
    Find(find::FindArgs),
    /// 一人の記録（登録簿）
    Show(show::ShowArgs),
    /// 送付先・支援措置・発送停止などを登録し、終わらせます
    Flag(flag::FlagArgs),
    /// 一人に二つある番号を名寄せします
    Merge(merge::MergeArgs),
    /// 登録簿の中身を書き出します
    #[command(subcommand)]
    Export(export::ExportVerb),
    /// 記録（だれが何を見たか）の点検と表示
    #[command(subcommand)]
    Log(log::LogVerb),
    /// 登録簿の控えを作ります（ほかの人が使っている間にも作れます）
    Backup(backup::BackupArgs),
    /// 控えから登録簿を作り直します
    Restore(restore::RestoreArgs),
    /// 保存期間の過ぎた人を登録簿から消します
    Purge(purge::PurgeArgs),
    /// 問合せ記録
    #[command(subcommand)]
    Inquiry(inquiry::InquiryVerb),
    /// 登録簿の点検: 空き容量、権限、控え、取り込み、期限の過ぎたもの
    Check(check::CheckArgs),
}

/// Runs one verb. Data goes to `out`, messages to `messages`.
///
/// # Errors
/// A [`Failure`] when the run itself cannot go on.
pub fn run(cli: &Cli, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let context = Context::new(&cli.globals)?;
    match &cli.verb {
        Verb::Run(args) => run::run(args, &context, out, messages),
        Verb::Select(args) => select::run(args, &context, out, messages),
        Verb::Why(args) => why::run(args, &context, out, messages),
        Verb::Reissue(args) => reissue::run(args, &context, out, messages),
        Verb::Pack(args) => pack::run(args, &context, out, messages),
        Verb::Verify(args) => verify::run(args, &context, out, messages),
        Verb::Due(args) => due::run(args, &context, out, messages),
        Verb::Programmes(args) => programmes::run(args, &context, out, messages),
        Verb::Rules(args) => rules::run(args, &context, out, messages),
        Verb::Calibrate(args) => calibrate::run(args, &context, out, messages),
        Verb::Templates(args) => templates::run(args, &context, out, messages),
        Verb::Barcode(args) => barcode::run(args, &context, out, messages),
        Verb::Sjis(args) => sjis::run(args, &context, out, messages),
        Verb::Fonts(args) => fonts::run(args, &context, out, messages),
        Verb::Init(args) => init::run(args, &context, out),
        Verb::Approve(args) => approve::run(args, &context, out),
        Verb::Seal(args) => seal::run(args, &context, out),
        Verb::Batches(args) => batches::run(args, &context, out),
        Verb::Cancel(args) => batches::cancel(args, &context, out),
        Verb::Receipt(args) => receipt::run(args, &context, out),
        Verb::Returns(verb) => returns::run(verb, &context, out),
        Verb::Affected(args) => affected::run(args, &context, out),
        Verb::Import(verb) => import::run(verb, &context, out, messages),
        Verb::Operator(verb) => operator::run(verb, &context, out),
        Verb::Find(args) => find::run(args, &context, out),
        Verb::Show(args) => show::run(args, &context, out),
        Verb::Flag(args) => flag::run(args, &context, out),
        Verb::Merge(args) => merge::run(args, &context, out),
        Verb::Export(verb) => export::run(verb, &context, out),
        Verb::Log(verb) => log::run(verb, &context, out),
        Verb::Backup(args) => backup::run(args, &context, out),
        Verb::Restore(args) => restore::run(args, &context, out),
        Verb::Purge(args) => purge::run(args, &context, out),
        Verb::Inquiry(verb) => inquiry::run(verb, &context, out),
        Verb::Check(args) => check::run(args, &context, out),
    }
}
