//! The folder pattern: a path of folders with wildcards.
//!
//! *Spec*: `formats/profile.md`, "Folder patterns".
//!
//! *Shape*: `Inbox/Clients/**`, `/Archive/20??`, `**/Junk*`, `A\/B` for a folder called `A/B`.

use super::keys;

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// `**`: any number of folders, none included.
    Any,
    /// One folder.
    One(Vec<Mark>),
}

/// One sign of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// `*`: any letters, none included.
    Many,
    /// `?`: one letter.
    One,
    /// This letter.
    This(char),
}

/// A path of folders with wildcards, compared in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPattern {
    text: String,
    steps: Vec<Step>,
}

impl FolderPattern {
    /// Reads a pattern. `None` when it names no folder at all.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let folded = keys::category(text);
        let (anchored, path) = match folded.strip_prefix('/') {
            Some(path) => (true, path),
            None => (false, folded.as_str()),
        };
        let mut steps = if anchored {
            Vec::new()
        } else {
            vec![Step::Any]
        };
        for part in split_steps(path) {
            let step = if part == [Mark::Many, Mark::Many] {
                Step::Any
            } else {
                Step::One(part)
            };
            if step != Step::Any || steps.last() != Some(&Step::Any) {
                steps.push(step);
            }
        }
        let names_one = path.chars().any(|c| c != '/');
        names_one.then(|| Self {
            text: text.trim().to_owned(),
            steps,
        })
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches a path of folders, from the top down.
    #[must_use]
    pub fn matches(&self, folder: &[String]) -> bool {
        let names: Vec<Vec<char>> = folder
            .iter()
            .map(|name| keys::category(name).chars().collect())
            .collect();
        wild(
            &self.steps,
            &names,
            |step| *step == Step::Any,
            |step, name| match step {
                Step::Any => true,
                Step::One(marks) => wild(
                    marks,
                    name,
                    |mark| *mark == Mark::Many,
                    |mark, letter| match mark {
                        Mark::This(c) => c == letter,
                        Mark::One | Mark::Many => true,
                    },
                ),
            },
        )
    }
}

/// Splits at `/`, with `\` before a sign that means itself. Empty steps are dropped.
fn split_steps(path: &str) -> Vec<Vec<Mark>> {
    let mut steps = vec![Vec::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        let mark = match c {
            '/' => {
                steps.push(Vec::new());
                continue;
            }
            '*' => Mark::Many,
            '?' => Mark::One,
            '\\' => Mark::This(chars.next().unwrap_or('\\')),
            c => Mark::This(c),
        };
        if let Some(step) = steps.last_mut() {
            step.push(mark);
        }
    }
    steps.retain(|step| !step.is_empty());
    steps
}

/// Wildcard matching in at most pattern × text steps: on a failure, the last wildcard takes one
/// more.
fn wild<P, T>(
    pattern: &[P],
    text: &[T],
    is_many: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut resume: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(sign), _) if is_many(sign) => {
                p += 1;
                resume = Some((p, t));
                continue;
            }
            (Some(sign), Some(letter)) if fits(sign, letter) => {
                p += 1;
                t += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match resume {
            Some((after, taken)) if taken < text.len() => {
                p = after;
                t = taken + 1;
                resume = Some((after, t));
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, folder: &str) -> bool {
        let path: Vec<String> = folder.split('>').map(str::to_owned).collect();
        FolderPattern::new(pattern).unwrap().matches(&path)
    }

    #[test]
    fn paths() {
        assert!(matches("Inbox/Clients/**", "Inbox>Clients"));
        assert!(matches("Inbox/Clients/**", "INBOX>clients>Acme>2024"));
        assert!(matches(
            "inbox/clients/**",
            "Top of Personal Folders>Inbox>Clients>Acme"
        ));
        assert!(!matches("Inbox/Clients/**", "Inbox>Clientele"));
        assert!(!matches("Inbox/Clients", "Inbox>Clients>Acme"));
        assert!(!matches("/Inbox", "Top>Inbox"));
        assert!(matches("/Inbox", "Inbox"));
        assert!(matches("Archive/20??", "Archive>2024"));
        assert!(!matches("Archive/20??", "Archive>20245"));
        assert!(matches("**/Junk*", "a>b>Junk E-mail"));
        assert!(matches("A\\/B", "A/B"));
        assert!(!matches("A/B", "A/B"));
        assert!(matches("a/**/z", "a>z"));
        assert!(matches("a/**/z", "a>b>c>z"));
        assert!(!matches("a/**/z", "a>b>c"));
        assert!(matches("Boîte de réception", "BOÎTE DE RÉCEPTION"));
        assert!(matches("**", "Anything"));
        assert!(FolderPattern::new(" / ").is_none());
    }

    proptest! {
        #[test]
        fn any_pattern_ends(pattern in "[a/*?\\\\]{1,40}", folder in "[a>]{0,40}") {
            if FolderPattern::new(&pattern).is_some() {
                matches(&pattern, &folder);
            }
        }
    }
}
