//! The one table of diagnostic codes: id, severity, title, remedy.
//!
//! Letter of the stage + three digits: `P` plan, `R` read, `N` normalise, `J` join, `D` decide, `C` compose, `E` emit,
//! `V` verify, `B8` rule book; `A` who, `G` register, `B6` the life of a batch (design §7b). Tests, the gallery in the docs and the messages all read this table.

use super::Severity;

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $hint:literal;)*) => {
        /// One row of the code table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable id, such as `R102`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// The severity unless the place that reports says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// A short Japanese title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The usual remedy, in Japanese.
            #[must_use]
            pub const fn hint(self) -> Option<&'static str> {
                match self { $(Code::$name => if $hint.is_empty() { None } else { Some($hint) },)* }
            }
        }
    };
}

impl Code {
    /// Exit code of a verb that this stops (design §7b): 3 = not permitted, 2 = could not run, 1 = refused by data, rule or state.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        if matches!(self, Self::NoRegister | Self::RegisterUnwritable) {
            2
        } else if self.id().starts_with('A') {
            3
        } else {
            1
        }
    }

    /// True for a cell whose value is not understood: too many of them in a column refuse the file (design §3).
    #[must_use]
    pub const fn not_understood(self) -> bool {
        matches!(
            self,
            Self::DateUnreadable
                | Self::DateNotReal
                | Self::LeadingZeroLost
                | Self::NumberInexact
                | Self::NumberMalformed
                | Self::PostalCodeInvalid
                | Self::CodeUnknown
                | Self::WordUnknown
                | Self::CellUnreadable
        )
    }
}

codes! {
    // read
    FileUnreadable      "R101" Error "ファイルを読めません" "ファイルが壊れていないか、ほかのソフトで開けるかを確かめてください";
    FileProtected       "R102" Error "パスワードで保護されています" "パスワードを外して保存し直したファイルを指定してください";
    FileEmpty           "R103" Error "ファイルが空です" "抽出し直したファイルを指定してください";
    FileBomb            "R104" Error "展開すると大きすぎるファイルです" "抽出元の担当に確かめてください。正しいファイルなら分割してください";
    Encoding            "R105" Error "文字コードの誤り" "UTF-8、UTF-16 または CP932（Shift_JIS）で保存し直してください";
    CsvSyntax           "R106" Error "CSVの形の誤り" "引用符と列の数を確かめてください";
    HeaderNotFound      "R107" Error "見出し行がありません" "列の見出しを確かめてください";
    ColumnMissing       "R108" Error "必要な列がありません" "抽出の設定にその列を加えてください";
    ColumnDuplicate     "R109" Error "同じ見出しの列が二つあります" "片方の列を消すか、見出しを直してください";
    ColumnUnknown       "R110" Note  "知らない列です" "";
    MyNumberColumn      "R111" Error "個人番号の列があります" "個人番号は扱いません。列を除いて抽出し直してください";
    MyNumberValues      "R112" Error "個人番号とみられる値の列があります" "個人番号は扱いません。列を除いて抽出し直してください";
    SheetMissing        "R113" Error "シートがありません" "";
    HeadingNear         "R114" Error "見出しの書き違いとみられる列があります" "見出しを直すか、使わない列なら名を変えるか除いてください";
    SheetUnknown        "R115" Error "分からないシートがあります" "シートの名を正しい名に直すか、人のデータでなければ別のファイルに移してください";
    SheetIgnored        "R116" Note  "読まないシートです" "";
    FilesSwapped        "R117" Error "住民ファイルと台帳ファイルが入れ替わっています" "--residents に住民、--ledger に予防接種台帳を指定してください";
    MarksMissing        "R118" Error "送付先・支援措置・発送停止のシートがありません" "見出しだけでよいので、住民と同じブックか --marks のファイルに入れてください";
    MarksEmptied        "R119" Error "前回あった支援措置の行がありません" "抽出の漏れがないか確かめてください。正しいなら --marks-emptied に理由を書いて実行します";
    ColumnNotUnderstood "R120" Error "分からない値が多すぎる列があります" "列の形式がそろっているか確かめてください";
    // normalise
    CellEmpty           "N201" Held  "値がありません" "元のデータを確かめてください";
    DateUnreadable      "N202" Held  "日付を読めません" "2026-04-01、20260401、2026/4/1、令和8年4月1日 のいずれかの形にしてください";
    DateNotReal         "N203" Held  "暦にない日付です" "住民票で確かめ、不詳であれば「生年月日_不詳フラグ」を 1 にしてください";
    DateEra             "N204" Alert "元号の範囲を外れた日付です" "";
    LeadingZeroLost     "N205" Held  "先頭の0が失われています" "列の表示形式を「文字列」にして抽出し直してください";
    NumberInexact       "N206" Held  "番号が数値として丸められています" "列の表示形式を「文字列」にして抽出し直してください";
    PostalCodeInvalid   "N207" Held  "郵便番号の誤り" "7けたの数字にしてください";
    ControlCharacter    "N208" Held  "制御文字があります" "元のデータから取り除いてください";
    CharacterRemoved    "N209" Note  "見えない文字を取り除きました" "";
    CodeUnknown         "N210" Held  "知らない値です" "rules/codes.toml に対応を加えてください";
    DateOrder           "N211" Held  "日付の前後が逆です" "住民票で確かめてください";
    DoseBeforeBirth     "N213" Held  "生年月日より前の実施日です" "実施日と生年月日を確かめてください";
    DateOutOfRange      "N214" Held  "ありえない日付です" "元のデータを確かめてください";
    DoseImpossible      "N215" Held  "ありえない回数です" "予防接種コードと回数を確かめてください";
    CellUnreadable      "N217" Held  "読めないセルです" "数式なら値に直し、エラー値なら元のデータを確かめてください";
    NumberMalformed     "N218" Held  "番号として読めません" "元のデータを確かめてください。列の表示形式は「文字列」にします";
    WordUnknown         "N219" Held  "知らない言葉です" "正しい言葉に直すか、市の言葉なら layouts/words.toml に加えてください";
    DayUnknown          "N220" Held  "日の分からない接種・通知です" "予診票や発送の記録で日を確かめ、台帳に入れてください";
    NameNothing         "N221" Held  "氏名ではない値です" "住民票で氏名を確かめてください。正しい氏名なら layouts/words.toml の [name] を直します";
    NameLost            "N222" Held  "失われた文字の跡があります" "住民票で字を確かめ、登録し直してください";
    NameDoubtful        "N223" Alert "氏名に確かめたい言葉があります" "氏名に敬称や注記が混じっていないか確かめてください";
    AddressNowhere      "N224" Held  "届かない住所です" "住民票で住所を確かめてください。正しい住所なら layouts/words.toml の [address] を直します";
    TextTooLong         "N225" Held  "長すぎる値です" "元のデータを確かめてください";
    ReasonContradicts   "N226" Held  "異動事由と日付が合いません" "住民票で異動と日付を確かめてください";
    EmptyWord           "N227" Note  "空欄を表す言葉です" "";
    MarkIncomplete      "N228" Held  "要る欄のない行です" "その欄を書いてください";
    ExceptionOpen       "N229" Alert "終わりの日のない特例です" "特例で受けられるようになる期間が決まったら、終了日を書いてください。それまでは特例として扱いません";
    SnapshotMissing     "N216" Error "抽出日がありません" "抽出日の列を加えるか、--snapshot で抽出日を指定してください";
    // join
    PersonDuplicate     "J301" Held  "同じ番号の人が二人います" "抽出元で名寄せを確かめてください";
    PersonUnknown       "J302" Note  "住民にいない人の行です" "転出・死亡で住民から外れた人なら、そのままで構いません";
    BirthDateDiffers    "J303" Held  "生年月日が住民と台帳で違います" "どちらが正しいか確かめてください";
    SexDiffers          "J304" Held  "性別が住民と台帳で違います" "どちらが正しいか確かめてください";
    NameDiffers         "J305" Alert "氏名が住民と台帳で違います" "改姓などであれば、そのままで構いません";
    DoseTwice           "J306" Note  "同じ接種が二度登録されています" "";
    StruckOffDiffers    "J307" Alert "消除フラグの人が住民では現住です" "住民票で確かめてください。この人には送りません";
    DoseConflict        "J308" Alert "同じ回の接種が別の日に登録されています" "予診票で確かめてください";
    ImportGap           "J309" Error "取り込まれていない月があります" "接種実績の取り込みを確かめてください";
    DosesSameDay        "J310" Alert "同じ日に同じ種類の接種が二つあります" "予診票で確かめてください";
    NumbersTwo          "J312" Held  "一人に二つの番号か、二人に一つの番号があります" "どちらが正しいか確かめてください。同じ人なら、名寄せのシートか名寄せ先宛名番号の列で一つにします";
    RowTwice            "J313" Note  "同じ行が二つあります" "";
    MarkOfNobody        "J314" Error "住民にいない人の送付先・支援措置などの行です" "番号を直してください。転出・死亡・他市の人なら、その行の「確認」の列に言葉と日付（例: 転出済 2026-10-01）を書きます";
    MarkOfGone          "J315" Note  "住民にいない人の行です（確認済みか、終わったもの）" "";
    MarkNumbersDiffer   "J316" Held  "行の予防接種番号と宛名番号が別の人です" "どちらが正しいか確かめてください";
    DestinationsTwo     "J317" Held  "送付先が二つあります" "古いほうの行に終了日を入れてください";
    LedgerEmpty         "J318" Error "台帳に行がありません" "台帳を抽出し直してください";
    LedgerElsewhere     "J319" Error "台帳と住民が別のもののようです" "二つのファイルが同じ市の、同じ番号のものか確かめてください";
    LedgerUnnamed       "J320" Error "だれの行か分からない台帳の行が多すぎます" "予防接種番号の列を確かめてください";
    LedgerOld           "J321" Error "台帳が古すぎます" "新しい台帳を抽出してください。正しいなら --accept-old-ledger に理由を書いて実行します";
    PerhapsTheSame      "J322" Held  "台帳の番号の違う行と、氏名・生年月日・性別が同じ人です" "同じ人なら番号を直すか名寄せのシートに加え、別の人なら台帳の行の番号を確かめてください";
    KeyMissing          "J323" Held  "台帳と突き合わせる番号がない人です" "住民ファイルに予防接種番号を入れてください";
    LaterDose           "J324" Note  "基準日より後の接種です" "";
    LaterNotice         "J325" Note  "基準日より後の通知です" "";
    FarLater            "J326" Held  "発送日より60日を超えて後の日付です" "日付を確かめてください";
    RowMissing          "J327" Held  "前にあって、いまの全件のファイルにない人か行です" "抽出の漏れがないか確かめ、次の全件で取り込むか、誤りの行なら kansho record --void で無効にしてください";
    ProtectedAddress    "J311" Note  "支援措置の対象です" "";
    // decide
    SnapshotOld         "D401" Error "抽出日が古すぎます" "45日以内の住民ファイルで実行してください";
    AsOfBeforeSnapshot  "D402" Error "基準日が抽出日より前です" "基準日は抽出日以後にしてください";
    RuleNotValid        "D403" Error "有効な規則がありません" "rules/ を更新してください";
    DoseInvalid         "D404" Alert "期間・間隔から外れた接種です" "接種間違いの報告の対象でないか確かめてください";
    HeldRefuses         "D405" Error "保留の人がいるため中止しました" "保留一覧の原因を取り除くか、municipality.toml の held を continue にしてください";
    NobodyDue           "D406" Alert "対象者がいません" "";
    NobodyInWard        "D407" Alert "ほかの区には送るのに、誰にも送らない区があります" "住民と台帳の抽出に漏れがないか確かめてください";
    ProgrammeGone       "D408" Alert "前回の通知事業が今の規則集にありません" "事業を廃止したなら、そのままで構いません。id を変えたなら、元の id に戻してください（前回の通知を数えないため、もう一度送るおそれがあります）";
    // compose
    GlyphMissing        "C501" Held  "どのフォントにもない文字です" "住民票で字を確かめ、外字なら gaiji.toml に means を書き、ほかの字なら印字できる字で登録し直してください";
    GlyphFallback       "C502" Note  "予備のフォントで印字する文字です" "";
    TextOverflow        "C503" Held  "枠に収まりません" "その欄を短く登録し直すか、大きい用紙を選んでください";
    CharacterUnmappable "C504" Held  "Shift_JISにない文字です" "gaiji.toml に代替文字を定めてください";
    CharacterReplaced   "C505" Note  "Shift_JISにないため代替した文字です" "";
    BarcodeOmitted      "C506" Note  "カスタマバーコードを省きました" "";
    Template            "C507" Error "ひな形の誤り" "templates/ のファイルを直してください";
    FieldFormula        "C509" Held  "数式とみなされる文字で始まる欄です" "元のデータを確かめてください";
    FieldTooLong        "C508" Held  "CSVの列に収まりません" "layouts/ の列幅を確かめてください";
    CheckDigit          "C511" Held  "予防接種番号の検査数字が合いません" "番号を登録元で確かめてください。検査数字のない番号なら municipality.toml の person_number.check_digit を false にします";
    NamesMadeEqual      "C510" Alert "代替文字のため同じ表記になる氏名があります" "封入と引き抜きでは、氏名ではなく通知コードで確かめてください";
    PostalCodeDiffers   "C512" Alert "郵便番号を確かめてください" "住民票で郵便番号と住所を確かめてください。正しければ、municipality.toml の postal.data の郵便番号データを新しくしてください";
    HouseNumberOdd      "C513" Alert "住所表示番号を読めません" "番地を、数字とハイフンで登録し直してください";
    TemplateItem        "C520" Error "ひな形に要る項目がないか、書けない言葉があります" "";
    TemplateName        "C521" Error "ひな形に知らない差し込みがあります" "";
    TemplateLeftover    "C522" Error "ひな形に書きかけの跡があります" "文を仕上げてください";
    TemplateCity        "C523" Error "ほかの市区町村の名があります" "自分の市区町村の名に直すか、{{ city.name }} を使ってください。正しい文なら templates/lint.toml の一覧から外します";
    TemplateBox         "C524" Error "ひな形の文が枠に収まりません" "文を短くしてください";
    TemplateWindow      "C525" Error "窓から宛名以外が見えることがあります" "municipality.toml の [envelope] を確かめてください";
    TemplateClass       "C526" Error "ひな形の類が通知事業と違います" "ひな形の class か、通知事業の class を直してください";
    TemplateApproval    "C527" Error "ひな形が承認したときから変わっています" "kansho templates check と試験（run --rehearsal）で確かめ、承認してから municipality.toml の run.templates を新しい照合値にしてください";
    Settings            "C530" Error "設定のファイルの誤り" "";
    SettingEmpty        "C528" Error "空の設定があります" "municipality.toml に値を書いてください（空のまま通知書に印字されます）";
    SettingSample       "C529" Error "見本のままの設定があります" "municipality.toml に市の値を書いてください。試しに動かすだけなら、先頭に sample = true と書きます";
    // emit, verify
    CountsDoNotClose    "E601" Error "件数が合いません" "";
    IssueBook           "E602" Error "発行簿を読めません" "発行簿は書き換えずに使います。控えから戻すか、その行を直してください。番号を消すと、同じ発行noがもう一度印刷されるおそれがあります";
    OutputDiffers       "V701" Error "出力が元と違います" "";
    FileHash            "V702" Error "ファイルが変わっています" "";
    FileExtra           "V703" Error "目録にないファイルがあります" "";
    FileMissing         "V704" Error "目録にあるファイルがありません" "";
    PackBroken          "V705" Error "受渡ファイルが壊れています" "もう一度受け取り直してください。繰り返すときは、渡した側に作り直しを頼んでください";
    PackPlain           "V706" Error "AES-256で暗号化されていないファイルがあります" "kansho pack で作った受渡ファイルを、そのまま使ってください";
    PackManifest        "V707" Error "受渡ファイルの目録の誤り" "渡した側に作り直しを頼んでください";
    Rehearsal           "V708" Error "試験と本番が混ざっています" "試験の出力は捨て、本番の処理をやり直してください";
    // rule book
    BookSyntax          "B801" Error "規則の書き方の誤り" "";
    BookGap             "B802" Error "規則の期間に空きがあります" "";
    BookOverlap         "B803" Error "規則の期間が重なっています" "";
    BookBounds          "B804" Error "規則の上限・下限がありません" "";
    BookUnknown         "B805" Error "規則に知らない名前があります" "";
    BookCase            "B806" Error "例と規則集の答えが違います" "法令の文言から、例か規則のどちらが正しいか確かめてください";
    BookUnreached       "B807" Error "どの例も通らない規則があります" "rules/cases/ に例を加えてください";
    BookPackage         "B808" Error "規則集のパッケージを入れられません" "配った担当に確かめてください。今の規則集はそのままです";
    // who (A601–A608)
    Account             "A601" Error "登録のない、または止められた利用者です" "利用者の名を確かめてください。登録は admin の人が kansho operator add で行います";
    Passphrase          "A602" Error "合言葉が違います" "五回続けて違うと使えなくなります。忘れたときは admin の人に頼んでください";
    Role                "A603" Error "この操作の権限がありません" "権限のある人に頼むか、admin の人に kansho operator roles で加えてもらってください";
    Purpose             "A604" Error "目的が要ります" "--purpose に、何のために見るのかを書いてください（例: 窓口照会）。記録に残ります";
    SamePerson          "A605" Error "もう一人、別の人が要ります" "同じ人は二度できません。その利用者を作った人、承認の権限を与えた人も別の人になれません";
    Locked              "A606" Error "合言葉を五回間違えたため、使えません" "admin の人に kansho operator unlock で解いてもらってください";
    LastAdmin           "A607" Error "最後の admin は止められません" "先に別の人を admin にしてください";
    AdminAndAudit       "A608" Error "admin と audit を同じ人にはできません" "記録を調べる人と、管理する人を分けてください";
    // register (G601–G641)
    NoRegister          "G601" Error "台帳の登録簿がありません" "--register の場所を確かめてください。新しく作るときは kansho init です";
    RegisterDamaged     "G603" Error "登録簿が壊れているか、別のファイルです" "控え（backup）から kansho restore で戻してください";
    RegisterNewer       "G604" Error "登録簿が、この版の kansho より新しい版のものです" "新しい版の kansho を使ってください";
    RegisterUnwritable  "G605" Error "登録簿に書けません" "フォルダーと空き容量、持ち主を確かめてください";
    TargetExists        "G606" Error "すでにあります" "上書きはしません。ほかの名前を指定してください";
    ClockBack           "G607" Error "計算機の時計が、最後の記録より前に戻っています" "計算機の時計を直してから、もう一度実行してください";
    FeedOlder           "G611" Error "登録簿より古いファイルです" "新しい抽出を指定してください";
    PeopleMissing       "G612" Error "全件のファイルに、登録簿の人が足りません" "抽出の漏れがないか確かめてください。正しいなら --accept-missing に理由を書いて実行します（その人たちは消さず、保留にします）";
    ReasonEmpty         "G613" Error "理由が空です" "理由を書いてください。記録に残ります";
    FullFeedOld         "G614" Error "この12か月、住民の全件の取り込みがありません" "住民の全件を kansho import residents で取り込んでください";
    LogDiffers          "G621" Error "記録が、控えた照合値と合いません" "登録簿を使うのをやめ、控えと突き合わせてください";
    SessionUnanswered   "G622" Error "回答のない長い利用があります" "所属課に利用の目的を聞き、kansho log reply で登録してください";
    IssuedUpToMissing   "G631" Error "発行no がどこまで使われたかが要ります" "最後の受渡書や点検表に印字された発行no を --issued-up-to に書いてください";
    CountDiffers        "G641" Error "件数が違います" "もう一度 --dry-run で確かめてください";
    // life of a batch (B602–B621)
    BatchAltered        "B602" Error "出力フォルダーが、作ったときから変わっています" "出力フォルダーを元に戻すか、捨てて作り直してください";
    NotTwoApprovals     "B603" Error "二人の承認がそろっていません" "kansho approve を別々の二人が実行してください";
    BatchState          "B604" Error "その操作ができる段階ではありません" "";
    BatchRehearsal      "B605" Error "試験の処理です" "試験は承認も封緘もできません。本番の処理を作ってください";
    FeedStale           "B606" Error "住民ファイルが古すぎるか、新しすぎます" "引渡日の前7日以内に抽出した、登録簿より古くない住民ファイルを指定してください";
    ErasureOverdue      "B607" Error "消去の証明が期限を過ぎています" "印刷会社から消去証明を受け取り、kansho receipt … --erased-on で登録してください";
    SealedSince         "B609" Error "この処理を作ったあとに、別の処理が封緘されています" "kansho run で作り直してください";
    BatchCounts         "B610" Error "件数が合いません" "受け取った数、刷った数、損じた数、差し出した数、抜いた数を数え直してください";
    AlreadyReturned     "B611" Error "すでに返戻を登録した通知です" "";
    PieceUnknown        "B612" Error "その通知はありません" "通知コードか発行no を確かめてください";
    FieldNotAllowed     "B613" Error "使えない条件です" "使えるのは no programme trigger series ward postal template file page alternate substituted です";
    ReturnsRow          "B614" Error "返戻の一覧の行を読めません" "見出しは 通知コード（か 発行no）、理由、返戻日 です。理由は あて所なし 転居 受取拒否 保管期間経過 その他 のどれかです";
    PersonProtected     "B620" Error "支援措置の対象の人です" "この人の通知は、protected の権限のある人が一人ずつ手で作ります";
    BatchReasonEmpty    "B621" Error "理由が空です" "理由を書いてください。記録に残ります";
    // shots (O600, O631, O632, O650; the checks of standard-spec 1.3 come with them)
    PersonNotFound      "O600" Error "その人はいません" "予防接種番号を確かめてください";
    ShotReasonEmpty     "O631" Error "理由が空です" "理由を書いてください。記録に残ります";
    ChangedMeanwhile    "O632" Error "ほかの人が先に変えました" "いまの内容を確かめてから、もう一度実行してください";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_id_and_a_title() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|c| c.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|c| !c.title().is_empty()));
    }
}
