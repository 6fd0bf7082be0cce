//! The words that Outlook writes for its choices, in the languages of [`super::headings`].
//!
//! *Seen in the wild*: `Wahr`, `Vrai`, `Onwaar`; `Niet-gespecificeerd` for no gender; numbers where
//! other versions write words.

use super::headings::key;

/// Low, normal or high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Low.
    Low,
    /// Normal.
    Normal,
    /// High.
    High,
}

/// How confidential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Not confidential.
    Normal,
    /// Personal.
    Personal,
    /// Private.
    Private,
    /// Confidential.
    Confidential,
}

/// Gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// Not said.
    Unspecified,
    /// Female.
    Female,
    /// Male.
    Male,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not started.
    NotStarted,
    /// In progress.
    InProgress,
    /// Complete.
    Complete,
    /// Waiting on someone else.
    Waiting,
    /// Deferred.
    Deferred,
}

/// How time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// Free.
    Free,
    /// Tentative.
    Tentative,
    /// Busy.
    Busy,
    /// Out of office.
    Away,
    /// Working elsewhere.
    Elsewhere,
}

/// A meaning, and its words.
type Words<T> = &'static [(T, &'static str)];

const TRUTH: Words<bool> = &[
    (
        true,
        "true yes on 1 wahr ja ein vrai oui actif verdadero si activado vero attivato \
         waar aan verdadeiro sim ativado はい オン 真",
    ),
    (
        false,
        "false no off 0 falsch nein aus faux non inactif falso desactivado disattivato \
         onwaar nee uit nao desativado いいえ オフ 偽",
    ),
];

const LEVEL: Words<Level> = &[
    (
        Level::Low,
        "low niedrig gering faible basse bas baja bajo bassa laag baixa 低 低い",
    ),
    (
        Level::Normal,
        "normal normale mittel normaal media 標準 普通 中",
    ),
    (
        Level::High,
        "high hoch haute elevee haut alta alto hoog 高 高い",
    ),
];

const SENSITIVITY: Words<Sensitivity> = &[
    (Sensitivity::Normal, "normal normale normaal 標準 普通 0"),
    (
        Sensitivity::Personal,
        "personal personlich personnel personnelle personale persoonlijk pessoal 個人用 \
         個人 1",
    ),
    (
        Sensitivity::Private,
        "private privat prive privee privado privada privato privata particular \
         プライベート 親展 2",
    ),
    (
        Sensitivity::Confidential,
        "confidential vertraulich confidentiel confidentielle confidencial riservato \
         riservata confidenziale vertrouwelijk 社外秘 機密 3",
    ),
];

const GENDER: Words<Gender> = &[
    (
        Gender::Unspecified,
        "unspecified keineangabe nichtangegeben unbestimmt nonspecifie nonprecise \
         sinespecificar noespecificado sinprecisar nonspecificato nietgespecificeerd \
         naoespecificado 未指定 指定なし なし 0",
    ),
    (
        Gender::Female,
        "female weiblich frau feminin femme femenino mujer femmina femminile vrouw \
         vrouwelijk feminino 女性 女 f 1",
    ),
    (
        Gender::Male,
        "male mannlich mann masculin homme masculino hombre maschio maschile man \
         mannelijk 男性 男 m 2",
    ),
];

const STATUS: Words<Status> = &[
    (
        Status::NotStarted,
        "notstarted nichtbegonnen noncommence noncommencee nondemarree nocomenzada \
         noiniciada noiniciado noniniziata noniniziato nietgestart nietbegonnen \
         naoiniciada naoiniciado 未開始 0",
    ),
    (
        Status::InProgress,
        "inprogress inbearbeitung encours encurso enprogreso incorso inuitvoering \
         wordtuitgevoerd emcurso emandamento emprogresso 進行中 1",
    ),
    (
        Status::Complete,
        "completed complete erledigt abgeschlossen termine terminee acheve achevee \
         completada completado finalizada completata completato voltooid concluida \
         concluido 完了 2",
    ),
    (
        Status::Waiting,
        "waitingonsomeoneelse waitingonother wartenaufjemandanderen \
         wartetaufjemandanderen wartetaufandereperson enattentedequelquundautre enattente \
         alaesperadealguien alaesperadeotrapersona esperandoaotrapersona inattesadialtri \
         inattesadialtrapersona wachtenopiemandanders wachtopiemandanders \
         aguardaroutrapessoa aguardandooutrapessoa 待機中 3",
    ),
    (
        Status::Deferred,
        "deferred zuruckgestellt verschoben differe differee reporte reportee aplazada \
         diferida rinviata posticipata uitgesteld adiada adiado 延期 4",
    ),
];

/// `1` to `4` are Outlook's own numbers in its exports; `0` is free where a program wrote
/// `PidLidBusyStatus`.
const BUSY: Words<Busy> = &[
    (
        Busy::Free,
        "free frei libre disponible libero disponibile vrij livre disponivel 空き時間 0 3",
    ),
    (
        Busy::Tentative,
        "tentative mitvorbehalt provisoire provisional provvisorio voorlopig provisorio \
         tentativa 仮の予定 仮 1",
    ),
    (
        Busy::Busy,
        "busy gebucht beschaftigt occupe occupee ocupado occupato bezet 予定あり 2",
    ),
    (
        Busy::Away,
        "outofoffice oof away abwesend ausserhaus absent absentdubureau fueradelaoficina \
         fuoriufficio fuorisede afwezig nietaanwezig ausente foradoescritorio \
         foradolocaldetrabalho 外出中 4",
    ),
    (
        Busy::Elsewhere,
        "workingelsewhere anandeemortatig anandeteremort ananderemorttatig \
         travailledansunautreendroit trabajandoenotrolugar alavoroaltrove lavoroaltrove \
         elderswerken elderswerkzaam trabalharnoutrolocal trabalhandoemoutrolugar \
         trabalhandoemoutrolocal 他の場所で作業中",
    ),
];

/// The words are written as [`key`] gives them, but for those in Japanese.
fn find<T: Copy>(words: Words<T>, text: &str) -> Option<T> {
    let word = key(text);
    let meant = |is: &dyn Fn(&str) -> bool| {
        let found = words
            .iter()
            .find(|(_, own)| own.split_ascii_whitespace().any(is));
        found.map(|(meaning, _)| *meaning)
    };
    meant(&|known| known == word).or_else(|| {
        let foreign = !word.is_ascii();
        foreign
            .then(|| meant(&|known| key(known) == word))
            .flatten()
    })
}

/// Yes or no.
#[must_use]
pub fn truth(text: &str) -> Option<bool> {
    find(TRUTH, text)
}

/// A priority or importance.
#[must_use]
pub fn level(text: &str) -> Option<Level> {
    find(LEVEL, text)
}

/// A sensitivity.
#[must_use]
pub fn sensitivity(text: &str) -> Option<Sensitivity> {
    find(SENSITIVITY, text)
}

/// A gender.
#[must_use]
pub fn gender(text: &str) -> Option<Gender> {
    find(GENDER, text)
}

/// How far a task is.
#[must_use]
pub fn status(text: &str) -> Option<Status> {
    find(STATUS, text)
}

/// How time is shown.
#[must_use]
pub fn busy(text: &str) -> Option<Busy> {
    find(BUSY, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_in_every_language() {
        for text in [
            "True",
            "WAHR",
            "Vrai",
            "Verdadero",
            "Vero",
            "Waar",
            "Verdadeiro",
            "はい",
        ] {
            assert_eq!(truth(text), Some(true), "{text}");
        }
        for text in ["FALSE", "Falsch", "Faux", "Falso", "Onwaar", "Aus", "Off"] {
            assert_eq!(truth(text), Some(false), "{text}");
        }
        for text in ["High", "Hoch", "Haute", "Élevée", "Alta", "Hoog", "高"] {
            assert_eq!(level(text), Some(Level::High), "{text}");
        }
        for text in [
            "Unspecified",
            "Keine Angabe",
            "Niet-gespecificeerd",
            "Sin especificar",
        ] {
            assert_eq!(gender(text), Some(Gender::Unspecified), "{text}");
        }
        assert_eq!(status("In Bearbeitung"), Some(Status::InProgress));
        assert_eq!(status("Waiting on someone else"), Some(Status::Waiting));
        assert_eq!(busy("Out of Office"), Some(Busy::Away));
        assert_eq!(busy("Mit Vorbehalt"), Some(Busy::Tentative));
        assert_eq!(sensitivity("プライベート"), Some(Sensitivity::Private));
        assert_eq!(truth("perhaps"), None);
    }
}
