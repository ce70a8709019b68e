//! The hard cases, on purpose: each with the bucket and the reason it must end in. Made for an as-of date of 2026-12-01.

use crate::people::{City, Made, MarkRow, Notice, Person, Shot};
use chrono::NaiveDate;

fn day(text: &str) -> Made<NaiveDate> {
    Ok(text.parse()?)
}

impl City {
    fn case(&mut self, person: Person, programme: &str, decision: &str, reason: &str, words: &str) {
        self.hard.push([person.number.clone(), programme.to_owned(), decision.to_owned(), reason.to_owned(), words.to_owned()]);
        self.people.push(person);
    }

    fn child(&mut self, birth: &str) -> Made<Person> {
        let mut person = self.person(day(birth)?, true, None);
        self.vaccinate(&mut person);
        Ok(person)
    }

    fn adult(&mut self, birth: &str) -> Made<Person> {
        Ok(self.person(day(birth)?, false, Some(day("1995-06-01")?)))
    }

    fn mark(&mut self, sheet: &'static str, person: &Person, cells: &[(&'static str, &str)]) {
        let mut row = vec![("予防接種番号", person.number.clone())];
        row.extend(cells.iter().map(|(heading, text)| (*heading, (*text).to_owned())));
        self.marks.push(MarkRow { sheet, cells: row });
    }
}

/// Puts every hard case into the city.
pub(crate) fn cases(city: &mut City) -> Made<()> {
    moves(city)?;
    births(city)?;
    names(city)?;
    marks(city)?;
    records(city)?;
    late(city)
}

fn moves(city: &mut City) -> Made<()> {
    for (removed, decision, reason, words) in [
        ("2026-11-30", "excluded", "moved_out", "基準日の前日に転出"),
        ("2026-12-01", "excluded", "moved_out", "基準日に転出（消除日の当日は住民でない）"),
        ("2026-12-02", "selected", "due", "基準日の翌日に転出（基準日と発送日には住民）"),
    ] {
        let mut person = city.child("2026-11-05")?;
        person.removed = Some(day(removed)?);
        person.reason = "転出".to_owned();
        city.case(person, "infant", decision, reason, words);
    }
    for (leaving, decision, reason, words) in [
        ("2026-12-20", "selected", "due", "転出予定日は発送日より後"),
        ("2026-12-01", "excluded", "leaving", "発送日までに転出予定日が来る"),
    ] {
        let mut person = city.child("2026-11-08")?;
        person.leaving = Some(day(leaving)?);
        person.reason = "転出予定".to_owned();
        city.case(person, "infant", decision, reason, words);
    }
    let mut dead = city.adult("1962-01-15")?;
    (dead.died, dead.removed, dead.reason) = (Some(day("2026-11-20")?), Some(day("2026-11-20")?), "死亡".to_owned());
    city.case(dead, "pneumo_adult", "excluded", "dead", "死亡");
    let mut struck = city.adult("1962-01-18")?;
    (struck.removed, struck.reason) = (Some(day("2026-10-31")?), "職権消除".to_owned());
    city.case(struck, "pneumo_adult", "excluded", "struck_off", "職権消除");
    let mut cancelled = city.child("2018-01-09")?;
    (cancelled.leaving, cancelled.reason) = (Some(day("2026-11-25")?), "異動の取消し（増）".to_owned());
    city.case(cancelled, "je2", "selected", "due", "転出の取消し（古い転出予定日が残っている）");
    let newcomer = city.person(day("2025-09-10")?, true, Some(day("2026-11-10")?));
    city.case(newcomer, "mr1", "selected", "due", "先月転入し、台帳に記録がない（接種歴は不明）");
    let future = city.person(day("2018-01-12")?, false, Some(day("2026-12-05")?));
    city.case(future, "je2", "excluded", "not_yet_resident", "基準日より後に転入");
    let girl = city.person(day("2013-07-07")?, true, Some(day("2026-11-12")?));
    city.case(girl, "hpv", "selected", "due", "先月転入した中学1年相当の女子");
    let elder = city.person(day("1956-08-08")?, false, Some(day("2026-11-15")?));
    city.case(elder, "zoster", "selected", "due", "先月転入した、年度内に70歳になる人");
    Ok(())
}

fn births(city: &mut City) -> Made<()> {
    for (birth, programme, decision, reason, words) in [
        ("2020-04-01", "mr2", "excluded", "expired", "4月1日生まれは一つ上の学年（令和7年度が就学前年度）"),
        ("2020-04-02", "mr2", "selected", "due", "4月2日生まれは令和8年度が就学前年度"),
        ("2024-02-29", "je1", "excluded", "not_yet", "2月29日生まれ。3歳に達するのは2027年2月28日"),
        ("2026-08-31", "bcg", "selected", "due", "8月31日生まれ。生後5か月に達するのは2027年1月30日"),
    ] {
        let mut person = city.child(birth)?;
        person.shots.retain(|s| !(s.code == "11" && s.times == 2));
        city.case(person, programme, decision, reason, words);
    }
    let first = city.child("2026-11-15")?;
    let mut second = city.child("2026-11-15")?;
    second.household.clone_from(&first.household);
    (second.postal, second.address) = (first.postal.clone(), first.address.clone());
    (second.building, second.ward) = (first.building.clone(), first.ward.clone());
    city.case(first, "infant", "selected", "due", "双子（一人目）");
    city.case(second, "infant", "selected", "due", "双子（二人目）");
    for words in ["同姓同名で生年月日も同じ（一人目）", "同姓同名で生年月日も同じ（二人目）"] {
        let mut person = city.child("2018-01-20")?;
        (person.name, person.kana) = ("同姓\u{3000}同名".to_owned(), "ドウセイ\u{3000}ドウメイ".to_owned());
        city.case(person, "je2", "selected", "due", words);
    }
    let mut unknown = city.person(day("2026-11-01")?, false, None);
    unknown.uncertain = Some("令和8年11月不詳".to_owned());
    unknown.since = day("2026-11-20")?;
    city.case(unknown, "infant", "held", "held", "生まれた日が不詳");
    Ok(())
}

fn names(city: &mut City) -> Made<()> {
    for (birth, name, kana, programme, words) in [
        ("2026-08-10", "髙橋\u{3000}蓮", "タカハシ\u{3000}レン", "bcg", "髙（はしごだか。Shift_JISにある）"),
        ("2016-01-12", "山﨑\u{3000}葵", "ヤマザキ\u{3000}アオイ", "dt2", "﨑（たつさき。Shift_JISにある）"),
        ("2024-01-14", "𠮷田\u{3000}湊", "ヨシダ\u{3000}ミナト", "je1", "𠮷（つちよし。Shift_JISにない）"),
        ("2018-01-16", "渡邉\u{E0110}\u{3000}凛", "ワタナベ\u{3000}リン", "je2", "邉と異体字セレクタ"),
    ] {
        let mut person = city.child(birth)?;
        (person.name, person.kana) = (name.to_owned(), kana.to_owned());
        city.case(person, programme, "selected", "due", words);
    }
    let mut gaiji = city.adult("1962-01-11")?;
    (gaiji.name, gaiji.kana) = ("\u{E000}川\u{3000}一郎".to_owned(), "ガイカワ\u{3000}イチロウ".to_owned());
    city.case(gaiji, "pneumo_adult", "held", "held", "外字（私用領域 U+E000）");
    let mut foreign = city.adult("1962-01-21")?;
    (foreign.name, foreign.kana) = ("NGUYEN VAN ANH".to_owned(), "グエン\u{3000}ヴァン\u{3000}アイン".to_owned());
    foreign.alias = "山本\u{3000}アン".to_owned();
    city.case(foreign, "pneumo_adult", "selected", "due", "通称とローマ字名のある外国人住民");
    let mut long = city.child("2016-01-25")?;
    long.address = format!("{}見本大規模開発地区第三工区西側街区公園前南向き住宅群", long.address);
    long.building = "見本プレミアムレジデンスグランドタワー千葉ベイサイドウエスト3205号室".to_owned();
    city.case(long, "dt2", "selected", "due", "住所と方書が60字を超える");
    Ok(())
}

fn marks(city: &mut City) -> Made<()> {
    let parent = city.adult("1988-03-03")?;
    let mut child = city.child("2026-11-18")?;
    child.household.clone_from(&parent.household);
    city.mark("支援措置", &parent, &[("区分", "本支援"), ("開始日", "2026-04-01"), ("終了日", "2027-03-31")]);
    city.people.push(parent);
    city.case(child, "infant", "excluded", "protected", "支援措置の対象者の子");
    let moved = city.child("2026-01-13")?;
    let cells = [
        ("送付先郵便番号", "2600855"),
        ("送付先住所", "千葉県千葉市中央区市場町1番1号"),
        ("送付先方書", "見本病院"),
        ("理由", "長期入院の付き添い"),
        ("開始日", "2026-10-01"),
        ("終了日", "2027-03-31"),
    ];
    city.mark("送付先", &moved, &cells);
    city.case(moved, "mr1", "selected", "due", "送付先の登録がある");
    let returned = city.adult("1962-01-09")?;
    city.mark("発送停止", &returned, &[("区分", "返戻"), ("理由", "あて所なし"), ("開始日", "2026-09-10")]);
    city.case(returned, "pneumo_adult", "excluded", "returned", "前回の通知が返戻");
    let stopped = city.adult("1962-01-10")?;
    city.mark("発送停止", &stopped, &[("区分", "本人希望"), ("理由", "案内は不要との申し出"), ("開始日", "2026-05-01")]);
    city.case(stopped, "pneumo_adult", "excluded", "mail_stopped", "本人の希望で発送停止");
    let unfit = city.child("2026-08-12")?;
    let cells = [("区分", "禁忌"), ("疾病", "免疫不全"), ("系列", "bcg"), ("開始日", "2026-09-01")];
    city.mark("罹患", &unfit, &cells);
    city.case(unfit, "bcg", "excluded", "contraindicated", "BCGの接種不適当者");
    let exempt = city.adult("1962-01-26")?;
    city.mark("免除", &exempt, &[("区分", "生活保護"), ("開始日", "2026-04-01")]);
    city.case(exempt, "pneumo_adult", "selected", "due", "自己負担の免除がある");
    Ok(())
}

fn records(city: &mut City) -> Made<()> {
    let mut twice = city.child("2016-01-08")?;
    let shot = Shot { code: "16", times: 1, on: day("2026-11-28")?, given: true };
    twice.shots.extend([shot.clone(), shot]);
    city.case(twice, "dt2", "held", "held", "同じ接種が二度登録されている（11歳になる前の接種）");
    let last = city.hard.len() - 1;
    city.hard[last][2] = "excluded".to_owned();
    city.hard[last][3] = "already_done".to_owned();
    let mut interview = city.child("2018-01-24")?;
    interview.shots.push(Shot { code: "15", times: 4, on: day("2026-11-10")?, given: false });
    city.case(interview, "je2", "selected", "due", "予診のみ（接種ではない）");
    let mut flagged = city.child("2026-01-20")?;
    flagged.struck_flag = true;
    city.case(flagged, "mr1", "excluded", "struck_off", "台帳に消除フラグ、住民では現住");
    let mut noticed = city.child("2024-01-18")?;
    noticed.notices.push(Notice { on: day("2026-11-20")?, kind: "N07", issue: 100_123 });
    city.case(noticed, "je1", "excluded", "already_notified", "すでに通知した");
    let mut done = city.child("2020-09-09")?;
    done.shots.retain(|s| !(s.code == "11" && s.times == 2));
    done.shots.push(Shot { code: "11", times: 2, on: day("2026-06-15")?, given: true });
    city.case(done, "mr2", "excluded", "already_done", "第2期は接種済み");
    Ok(())
}

/// People near the end of a window, and a pregnancy.
fn late(city: &mut City) -> Made<()> {
    for (birth, words) in
        [("2025-03-10", "1歳9か月で第1期の記録がない（再勧奨）"), ("2025-01-10", "1歳11か月で第1期の記録がない（最終勧奨）")]
    {
        let mut child = city.child(birth)?;
        child.shots.retain(|s| s.code != "11");
        city.case(child, "mr1", "selected", "due", words);
    }
    let mut special = city.person(day("2007-02-10")?, false, None);
    for (times, on) in [(1, "2011-06-01"), (2, "2011-06-15"), (3, "2012-07-01")] {
        special.shots.push(Shot { code: "15", times, on: day(on)?, given: true });
    }
    city.case(special, "je_special", "selected", "due", "日本脳炎の特例、20歳になる2か月前");
    let mother = city.person(day("1996-05-05")?, true, Some(day("2020-04-01")?));
    city.mark("妊娠", &mother, &[("出産予定日", "2027-04-05")]);
    city.case(mother, "rsv", "selected", "due", "妊娠28週0日は2027年1月11日");
    let father_age = city.adult("1962-01-20")?;
    city.case(father_age, "flu", "selected", "due", "接種期間中の2027年1月19日に65歳になる");
    Ok(())
}

/// People whose right comes from a mark, and doses that do not count. They come after everybody else, so that the others stay who they are.
pub(crate) fn second_reading(city: &mut City) -> Made<()> {
    let man = city.adult("1970-06-10")?;
    city.mark("特例", &man, &[("区分", "供給不足"), ("系列", "風しん第5期"), ("開始日", "2025-04-01")]);
    city.case(man, "rubella5", "selected", "due", "供給不足で受けられなかったと認められた（風しん第5期）");
    let mut child = city.child("2022-06-10")?;
    child.shots.retain(|s| s.code != "11");
    city.mark("特例", &child, &[("区分", "供給不足"), ("系列", "mr"), ("開始日", "2025-04-01")]);
    city.case(child, "mr1", "selected", "due", "供給不足で受けられなかったと認められた（第1期）");
    let heart = city.adult("1964-03-03")?;
    city.mark("特例", &heart, &[("区分", "心臓"), ("開始日", "2026-06-01")]);
    city.case(heart, "pneumo_adult", "selected", "due", "62歳、心臓の障害");
    let immune = city.adult("1965-03-03")?;
    city.mark("特例", &immune, &[("区分", "免疫"), ("開始日", "2026-06-01")]);
    city.case(immune, "zoster", "selected", "due", "61歳、免疫の障害");
    let stated = city.adult("1965-04-03")?;
    city.mark("特例", &stated, &[("区分", "障害"), ("開始日", "2026-06-01")]);
    city.case(stated, "zoster", "held", "held", "61歳、障害の種類が書かれていない");
    let mut early = city.child("2025-01-12")?;
    early.shots.retain(|s| s.code != "11");
    early.shots.push(Shot { code: "11", times: 1, on: day("2025-12-20")?, given: true });
    city.case(early, "mr1", "selected", "due", "1歳前に受けた第1期は数えない");
    let mut mistyped = city.child("2025-01-14")?;
    mistyped.shots.retain(|s| s.code != "11");
    mistyped.shots.push(Shot { code: "11", times: 2, on: day("2026-04-10")?, given: true });
    city.case(mistyped, "mr1", "held", "held", "1歳の「第2期」は回の書き違いかもしれない");
    Ok(())
}
