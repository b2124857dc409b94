//! What the learner chose, and what the page's address asks for.

use serde::{Deserialize, Serialize};

use super::text::Language;
use super::ui;

const KEY: &str = "podarium";

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is kept from visit to visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A language's tag; empty for the browser's.
    pub language: String,
    /// Light or dark.
    pub theme: Theme,
    /// Whether pods of `kube-system` are drawn.
    pub system_pods: bool,
    /// The lower panel's share of the height, in percent.
    pub lower_percent: f64,
    /// Steps done and steps in all, by lesson.
    pub progress: std::collections::BTreeMap<String, (u32, u32)>,
    /// The lesson that was open; empty for free play.
    pub lesson: String,
    /// Whether the bench was entered before: then it opens again.
    pub entered: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: String::new(),
            theme: Theme::System,
            system_pods: false,
            lower_percent: 38.0,
            progress: std::collections::BTreeMap::new(),
            lesson: String::new(),
            entered: false,
        }
    }
}

impl Settings {
    /// What was kept; the defaults if nothing was.
    #[must_use]
    pub fn load() -> Self {
        let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keeps it. A browser that keeps nothing is no error.
    pub fn save(&self) {
        if let (Ok(text), Some(storage)) = (serde_json::to_string(self), storage()) {
            let _ = storage.set_item(KEY, &text);
        }
    }
}

/// The browser's storage. In a frame of another site there may be none.
fn storage() -> Option<web_sys::Storage> {
    gloo::utils::window().local_storage().ok().flatten()
}

/// What the page's address asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// `embed=1`: no chrome.
    pub embed: bool,
    /// `lesson=ID`.
    pub lesson: Option<String>,
    /// `play=1`: free play at once.
    pub play: bool,
    /// `lang=ko`.
    pub language: Option<Language>,
    /// `theme=dark`.
    pub theme: Option<Theme>,
    /// `demo=busy`: no worker, a still picture.
    pub demo: Option<String>,
    /// `view=rollout`.
    pub view: Option<String>,
    /// `pick=Pod/default/web`: opens the inspector.
    pub pick: Option<String>,
    /// `tab=why`: the inspector's page.
    pub tab: Option<String>,
}

impl Query {
    /// Reads the address.
    #[must_use]
    pub fn read() -> Self {
        let search = gloo::utils::window().location().search().unwrap_or_default();
        let mut query = Self::default();
        for pair in search.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = js_sys::decode_uri_component(value).map_or_else(|_| value.to_owned(), String::from);
            match name {
                "embed" => query.embed = value != "0",
                "play" => query.play = value != "0",
                "lesson" => query.lesson = Some(value),
                "lang" => query.language = Language::of_tag(&value),
                "theme" if value == "dark" => query.theme = Some(Theme::Dark),
                "theme" if value == "light" => query.theme = Some(Theme::Light),
                "demo" => query.demo = Some(value),
                "view" => query.view = Some(value),
                "pick" => query.pick = Some(value),
                "tab" => query.tab = Some(value),
                _ => {}
            }
        }
        query
    }
}

/// The language to begin with: the address's, the kept one, the browser's.
#[must_use]
pub fn first_language(query: &Query, settings: &Settings) -> Language {
    let of_browser = || gloo::utils::window().navigator().language().as_deref().and_then(Language::of_tag);
    query
        .language
        .or_else(|| Language::of_tag(&settings.language))
        .or_else(of_browser)
        .unwrap_or(Language::En)
}

/// Puts language and theme on the page itself, where the styles look.
pub fn dress_page(language: Language, theme: Theme) {
    let Some(root) = gloo::utils::document().document_element() else { return };
    let dark = match theme {
        Theme::System => ui::prefers_dark(),
        Theme::Light => false,
        Theme::Dark => true,
    };
    let _ = root.set_attribute("lang", language.tag());
    let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
}
