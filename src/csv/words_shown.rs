//! The words that Outlook shows for its choices, one of each in each language; [`super::words`] has
//! all that are read.

use super::headings::Language;
use super::words::{Gender, Level, Sensitivity, Status};

/// The words of a language, in the order of [`Words`]' methods.
#[derive(Debug)]
pub struct Words {
    truth: [&'static str; 2],
    level: [&'static str; 3],
    sensitivity: [&'static str; 4],
    gender: [&'static str; 3],
    status: [&'static str; 5],
}

static ENGLISH: Words = Words {
    truth: ["True", "False"],
    level: ["Low", "Normal", "High"],
    sensitivity: ["Normal", "Personal", "Private", "Confidential"],
    gender: ["Unspecified", "Female", "Male"],
    status: [
        "Not Started",
        "In Progress",
        "Completed",
        "Waiting on someone else",
        "Deferred",
    ],
};

static OTHERS: [(&str, Words); 8] = [
    (
        "German",
        Words {
            truth: ["Wahr", "Falsch"],
            level: ["Niedrig", "Normal", "Hoch"],
            sensitivity: ["Normal", "Persönlich", "Privat", "Vertraulich"],
            gender: ["Keine Angabe", "Weiblich", "Männlich"],
            status: [
                "Nicht begonnen",
                "In Bearbeitung",
                "Erledigt",
                "Wartet auf jemand anderen",
                "Zurückgestellt",
            ],
        },
    ),
    (
        "French",
        Words {
            truth: ["Vrai", "Faux"],
            level: ["Basse", "Normale", "Haute"],
            sensitivity: ["Normale", "Personnelle", "Privée", "Confidentielle"],
            gender: ["Non spécifié", "Féminin", "Masculin"],
            status: [
                "Non commencée",
                "En cours",
                "Terminée",
                "En attente",
                "Différée",
            ],
        },
    ),
    (
        "Spanish",
        Words {
            truth: ["Verdadero", "Falso"],
            level: ["Baja", "Normal", "Alta"],
            sensitivity: ["Normal", "Personal", "Privado", "Confidencial"],
            gender: ["Sin especificar", "Femenino", "Masculino"],
            status: [
                "No comenzada",
                "En curso",
                "Completada",
                "A la espera de otra persona",
                "Aplazada",
            ],
        },
    ),
    (
        "Italian",
        Words {
            truth: ["Vero", "Falso"],
            level: ["Bassa", "Normale", "Alta"],
            sensitivity: ["Normale", "Personale", "Privato", "Riservato"],
            gender: ["Non specificato", "Femmina", "Maschio"],
            status: [
                "Non iniziata",
                "In corso",
                "Completata",
                "In attesa di altri",
                "Rinviata",
            ],
        },
    ),
    (
        "Dutch",
        Words {
            truth: ["Waar", "Onwaar"],
            level: ["Laag", "Normaal", "Hoog"],
            sensitivity: ["Normaal", "Persoonlijk", "Privé", "Vertrouwelijk"],
            gender: ["Niet-gespecificeerd", "Vrouwelijk", "Mannelijk"],
            status: [
                "Niet gestart",
                "In uitvoering",
                "Voltooid",
                "Wachten op iemand anders",
                "Uitgesteld",
            ],
        },
    ),
    ("Brazilian Portuguese", PORTUGUESE),
    ("Portuguese", PORTUGUESE),
    (
        "Japanese",
        Words {
            truth: ["はい", "いいえ"],
            level: ["低", "標準", "高"],
            sensitivity: ["標準", "個人用", "プライベート", "社外秘"],
            gender: ["指定なし", "女性", "男性"],
            status: ["未開始", "進行中", "完了", "待機中", "延期"],
        },
    ),
];

const PORTUGUESE: Words = Words {
    truth: ["Verdadeiro", "Falso"],
    level: ["Baixa", "Normal", "Alta"],
    sensitivity: ["Normal", "Pessoal", "Particular", "Confidencial"],
    gender: ["Não especificado", "Feminino", "Masculino"],
    status: [
        "Não iniciada",
        "Em curso",
        "Concluída",
        "Aguardando outra pessoa",
        "Adiada",
    ],
};

/// The words of a language; English where there are none.
#[must_use]
pub fn words(language: &Language) -> &'static Words {
    let found = OTHERS.iter().find(|(name, _)| *name == language.name);
    found.map_or(&ENGLISH, |(_, words)| words)
}

impl Words {
    /// Yes or no.
    #[must_use]
    pub fn truth(&self, own: bool) -> &'static str {
        let [yes, no] = self.truth;
        if own { yes } else { no }
    }

    /// A priority.
    #[must_use]
    pub fn level(&self, own: Level) -> &'static str {
        let [low, normal, high] = self.level;
        match own {
            Level::Low => low,
            Level::Normal => normal,
            Level::High => high,
        }
    }

    /// A sensitivity.
    #[must_use]
    pub fn sensitivity(&self, own: Sensitivity) -> &'static str {
        let [normal, personal, private, confidential] = self.sensitivity;
        match own {
            Sensitivity::Normal => normal,
            Sensitivity::Personal => personal,
            Sensitivity::Private => private,
            Sensitivity::Confidential => confidential,
        }
    }

    /// A gender.
    #[must_use]
    pub fn gender(&self, own: Gender) -> &'static str {
        let [none, female, male] = self.gender;
        match own {
            Gender::Unspecified => none,
            Gender::Female => female,
            Gender::Male => male,
        }
    }

    /// How far a task is.
    #[must_use]
    pub fn status(&self, own: Status) -> &'static str {
        let [not_started, in_progress, complete, waiting, deferred] = self.status;
        match own {
            Status::NotStarted => not_started,
            Status::InProgress => in_progress,
            Status::Complete => complete,
            Status::Waiting => waiting,
            Status::Deferred => deferred,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::headings::LANGUAGES;
    use crate::csv::words;

    #[test]
    fn every_word_is_read_as_what_it_is() {
        for language in LANGUAGES.iter().filter(|own| own.tables.len() > 1) {
            let own = super::words(language);
            if language.name != "English" {
                assert!(!std::ptr::eq(own, &raw const ENGLISH), "{}", language.name);
            }
            for truth in [true, false] {
                assert_eq!(words::truth(own.truth(truth)), Some(truth));
            }
            for level in [Level::Low, Level::Normal, Level::High] {
                assert_eq!(words::level(own.level(level)), Some(level));
            }
            for gender in [Gender::Unspecified, Gender::Female, Gender::Male] {
                assert_eq!(words::gender(own.gender(gender)), Some(gender));
            }
            for word in [
                Sensitivity::Normal,
                Sensitivity::Personal,
                Sensitivity::Private,
                Sensitivity::Confidential,
            ] {
                assert_eq!(words::sensitivity(own.sensitivity(word)), Some(word));
            }
            for status in [
                Status::NotStarted,
                Status::InProgress,
                Status::Complete,
                Status::Waiting,
                Status::Deferred,
            ] {
                assert_eq!(
                    words::status(own.status(status)),
                    Some(status),
                    "{}",
                    language.name
                );
            }
        }
    }
}
