//! Where lessons are taken from: each is a file of its own, since a learner takes one of many at a time.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::edition::{Card, Edition};

/// The name of the list of all lessons, beside theirs.
pub const INDEX: &str = "index";

/// Gives the file of this name: [`INDEX`] or a lesson's id. Nothing if it cannot be had now.
pub type Shelf = fn(&str) -> Option<Cow<'static, [u8]>>;

static SHELF: OnceLock<Shelf> = OnceLock::new();

/// Says where lessons come from, before anybody asks for one. The first shelf stays.
pub fn take_from(shelf: Shelf) {
    SHELF.get_or_init(|| shelf);
}

/// All lessons, in the order in which they are best taken; none if the list cannot be had.
#[must_use]
pub fn cards() -> Vec<Card> {
    read(INDEX).unwrap_or_default()
}

/// The lesson of this id.
///
/// # Errors
/// If there is none, or it cannot be had.
pub fn find(id: &str) -> Result<Edition, String> {
    let plain = id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let found = if plain && id != INDEX { read(id) } else { None };
    found.ok_or_else(|| format!("there is no lesson {id:?}"))
}

fn read<T: DeserializeOwned>(name: &str) -> Option<T> {
    let shelf = SHELF.get().copied().unwrap_or(authored);
    postcard::from_bytes(&shelf(name)?).ok()
}

/// Where nobody named a shelf, authors have theirs.
#[cfg(feature = "author")]
fn authored(name: &str) -> Option<Cow<'static, [u8]>> {
    static PUBLISHED: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    let files = PUBLISHED.get_or_init(|| crate::author::publish().unwrap_or_default());
    let (_, bytes) = files.iter().find(|(file, _)| file == name)?;
    Some(Cow::Borrowed(bytes))
}

#[cfg(not(feature = "author"))]
fn authored(_: &str) -> Option<Cow<'static, [u8]>> {
    None
}
