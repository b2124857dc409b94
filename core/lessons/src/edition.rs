//! A lesson as a learner gets it: made ready, with its words in every language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lesson::Lesson;
use crate::text::Text;

/// A lesson with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// What is done in it.
    pub lesson: Lesson,
    /// Its words by language.
    pub texts: BTreeMap<String, Text>,
}

/// What a list of lessons says of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// How long it takes.
    pub minutes: u32,
    /// How many steps it has.
    pub steps: usize,
    /// By language its title, and what it is about in a line.
    pub words: Vec<(String, String, String)>,
}

impl Edition {
    /// What a list says of it.
    #[must_use]
    pub fn card(&self) -> Card {
        let words =
            |(language, text): (&String, &Text)| (language.clone(), text.title.clone(), text.about.clone());
        let Lesson { id, minutes, steps, .. } = &self.lesson;
        Card {
            id: id.clone(),
            minutes: *minutes,
            steps: steps.len(),
            words: self.texts.iter().map(words).collect(),
        }
    }
}
