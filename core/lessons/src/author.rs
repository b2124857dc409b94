//! The author's side: lessons as they are written, and how they become what a learner gets.
//!
//! It is not there in the browser: a page fetches lessons that were made ready when it was built.

mod bones;
pub mod catalog;
mod markdown;
mod markup;

pub use bones::read_bones;
pub use catalog::Source;
pub use markdown::read_text;

use crate::edition::{Card, Edition};
use crate::library::INDEX;

/// Makes a lesson ready.
///
/// # Errors
/// If its files are not as they should be: which, and what is wrong.
pub fn make(source: &Source) -> Result<Edition, String> {
    let lesson = read_bones(source.lesson).map_err(|why| format!("lesson.yaml: {why}"))?;
    if lesson.id != source.id {
        return Err(format!("lesson.yaml: it calls itself {:?}", lesson.id));
    }
    let text = |(language, markdown): &(&str, &str)| {
        let text = read_text(&lesson, markdown).map_err(|why| format!("{language}.md: {why}"))?;
        Ok(((*language).to_owned(), text))
    };
    let texts = source.texts.iter().map(text).collect::<Result<_, String>>()?;
    Ok(Edition { lesson, texts })
}

/// All lessons ready to be published: the name of a file and what it holds, the index first.
///
/// # Errors
/// If a lesson's files are not as they should be.
pub fn publish() -> Result<Vec<(String, Vec<u8>)>, String> {
    let ready = |source: &Source| make(source).map_err(|why| format!("{}/{why}", source.id));
    let editions = catalog::ALL.iter().map(ready).collect::<Result<Vec<_>, _>>()?;
    let cards: Vec<Card> = editions.iter().map(Edition::card).collect();
    let packed = |bytes: postcard::Result<Vec<u8>>| bytes.map_err(|error| error.to_string());
    let mut files = vec![(INDEX.to_owned(), packed(postcard::to_allocvec(&cards))?)];
    for edition in &editions {
        files.push((edition.lesson.id.clone(), packed(postcard::to_allocvec(edition))?));
    }
    Ok(files)
}
