//! The app's own words in Korean and English, from the Fluent files in `web/i18n`.
//!
//! Of Fluent's syntax the plain part is read: `key = text` with `{ $variable }`, text that goes on in indented lines, and comments.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;

use protocol::Words;
use yew::prelude::*;

const SOURCES: [(Language, &str); 2] =
    [(Language::Ko, include_str!("../../i18n/ko.ftl")), (Language::En, include_str!("../../i18n/en.ftl"))];

/// A language of the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Language {
    /// Its tag: `ko`, `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// The language of a tag such as `ko-KR`.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)? {
            "ko" => Some(Self::Ko),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Ko => Self::En,
            Self::En => Self::Ko,
        }
    }
}

/// All words in one language. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Text {
    /// The language.
    pub language: Language,
    messages: Rc<BTreeMap<&'static str, String>>,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language
    }
}

impl Text {
    /// The words in a language.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let source = SOURCES.iter().find(|(of, _)| *of == language).map_or("", |(_, source)| source);
        Self { language, messages: Rc::new(read(source)) }
    }

    /// The message of a key. An unknown key comes back as it is, to be seen.
    #[must_use]
    pub fn get(&self, key: &str) -> AttrValue {
        AttrValue::from(self.messages.get(key).map_or(key, String::as_str).to_owned())
    }

    /// Whether there is a message of a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.messages.contains_key(key)
    }

    /// The message of a key with its variables filled in.
    #[must_use]
    pub fn with(&self, key: &str, variables: &[(&str, &dyn Display)]) -> AttrValue {
        let mut text = self.get(key).to_string();
        for (name, value) in variables {
            text = text.replace(&format!("{{ ${name} }}"), &value.to_string());
        }
        AttrValue::from(text)
    }

    /// What the worker says by key.
    #[must_use]
    pub fn told(&self, words: &Words) -> AttrValue {
        let values: Vec<(&str, &dyn Display)> =
            words.values.iter().map(|(name, value)| (name.as_str(), value as &dyn Display)).collect();
        self.with(&words.key, &values)
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.messages.keys().copied()
    }
}

fn read(source: &'static str) -> BTreeMap<&'static str, String> {
    let mut messages = BTreeMap::new();
    let mut last = None;
    for line in source.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if line.starts_with(' ') {
            if let Some(text) = last.and_then(|key| messages.get_mut(key)) {
                let text: &mut String = text;
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(line.trim());
            }
        } else if let Some((key, text)) = line.split_once('=') {
            last = Some(key.trim());
            messages.insert(key.trim(), text.trim().to_owned());
        }
    }
    messages
}

/// The words in the learner's language.
#[hook]
pub fn use_text() -> Text {
    use_context::<Text>().unwrap_or_else(|| Text::new(Language::En))
}
