//! Markdown as HTML.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// What a fenced block may be, as its first word says.
const FENCES: [&str; 3] = ["sh", "yaml", "text"];

/// Markdown as HTML. Raw HTML in it comes out as text: lessons are content, not programs. A fenced block becomes
/// `<pre data-fence="yaml" data-file="web.yaml">`, so that whoever shows it knows what can be done with it.
pub(super) fn to_html(markdown: &str) -> Result<String, String> {
    let events = Parser::new_ext(markdown.trim(), Options::ENABLE_TABLES).map(|event| {
        Ok(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::CodeBlock(kind)) => Event::Html(opening(&kind)?.into()),
            Event::End(TagEnd::CodeBlock) => Event::Html(CowStr::Borrowed("</code></pre>\n")),
            other => other,
        })
    });
    let events: Vec<Event<'_>> = events.collect::<Result<_, String>>()?;
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    Ok(out)
}

fn opening(kind: &CodeBlockKind<'_>) -> Result<String, String> {
    let info = match kind {
        CodeBlockKind::Indented => "text",
        CodeBlockKind::Fenced(info) => info.trim(),
    };
    let (fence, file) = info.split_once(' ').unwrap_or((info, ""));
    if !FENCES.contains(&fence) {
        return Err(format!("a fenced block is {info:?}: it should be one of {}", FENCES.join(", ")));
    }
    let file = file.trim();
    if !file.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter)) {
        return Err(format!("a fenced block's file is called {file:?}"));
    }
    let name = if file.is_empty() { String::new() } else { format!(" data-file=\"{file}\"") };
    Ok(format!("<pre data-fence=\"{fence}\"{name}><code>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_text_stays_text() {
        assert_eq!(to_html("a <b>x</b>").as_deref(), Ok("<p>a &lt;b&gt;x&lt;/b&gt;</p>\n"));
    }

    #[test]
    fn a_fenced_block_says_what_it_is() {
        let block = |info: &str| to_html(&format!("```{info}\na < b\n```\n"));
        assert_eq!(block("sh").as_deref(), Ok("<pre data-fence=\"sh\"><code>a &lt; b\n</code></pre>\n"));
        assert_eq!(
            block("yaml a.yaml").as_deref(),
            Ok("<pre data-fence=\"yaml\" data-file=\"a.yaml\"><code>a &lt; b\n</code></pre>\n")
        );
        assert!(block("").is_err() && block("rust").is_err());
    }
}
