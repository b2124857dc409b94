//! Reads a lesson's words: Markdown with a heading for each step.
//!
//! ```text
//! # Title
//! > What it is about, in a line: the list of lessons says it.
//!
//! An introduction.
//! ## A step's title {#step-id}
//! What to do.
//! ### hint
//! What helps.
//! ### problem
//! What to say if the step's `fail` script holds.
//! ## {#end}
//! What was learnt.
//! ```
//!
//! A fenced block says what it is: `sh` (commands to type), `yaml` (a manifest; behind it its file's name, if it has one) or `text`.

use super::markup::to_html;
use crate::lesson::Lesson;
use crate::text::{StepText, Text};

const END: &str = "end";

/// A piece of Markdown under a heading.
struct Section<'a> {
    id: &'a str,
    title: &'a str,
    body: String,
    hints: Vec<String>,
    problem: String,
}

/// Reads the Markdown of a lesson.
///
/// # Errors
/// If a step has no words, or words have no step.
pub fn read_text(lesson: &Lesson, markdown: &str) -> Result<Text, String> {
    let (title, intro, sections) = divide(markdown)?;
    let (about, intro) = intro.trim_start().split_once('\n').unwrap_or_default();
    let about = about.strip_prefix("> ").ok_or("no line `> What it is about` is under the title")?;
    let mut text = Text { title, about: about.trim().to_owned(), intro: to_html(intro)?, ..Text::default() };
    for step in &lesson.steps {
        let section = sections.iter().find(|section| section.id == step.id);
        let section = section.ok_or_else(|| format!("the step {} has no words", step.id))?;
        if section.hints.len() != step.hints.len() {
            let (words, hints) = (section.hints.len(), step.hints.len());
            return Err(format!("the step {} has {hints} hints, but words for {words}", step.id));
        }
        if section.problem.is_empty() != step.fail.is_empty() {
            return Err(format!("the step {} has `fail` or `### problem`, but not both", step.id));
        }
        text.steps.push(StepText {
            title: section.title.to_owned(),
            body: to_html(&section.body)?,
            hints: section.hints.iter().map(|hint| to_html(hint)).collect::<Result<_, _>>()?,
            problem: to_html(&section.problem)?,
        });
    }
    let known = |id: &str| id == END || lesson.steps.iter().any(|step| step.id == id);
    if let Some(section) = sections.iter().find(|section| !known(section.id)) {
        return Err(format!("there are words for {:?}, but no such step", section.id));
    }
    if let Some(end) = sections.iter().find(|section| section.id == END) {
        text.outro = to_html(&end.body)?;
    }
    Ok(text)
}

/// The title, the words before the first step, and the sections.
fn divide(markdown: &str) -> Result<(String, String, Vec<Section<'_>>), String> {
    let (mut title, mut intro) = (String::new(), String::new());
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut part = Part::Body;
    let mut fenced = false;
    for line in markdown.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = if fenced { "" } else { line };
        if let Some(text) = heading.strip_prefix("# ") {
            title = text.trim().to_owned();
        } else if let Some(text) = heading.strip_prefix("## ") {
            let (text, id) = text.split_once("{#").ok_or_else(|| format!("{line:?} names no step"))?;
            let id = id.trim_end().trim_end_matches('}');
            let (body, problem) = (String::new(), String::new());
            sections.push(Section { id, title: text.trim(), body, hints: Vec::new(), problem });
            part = Part::Body;
        } else if let (Some(word), Some(section)) = (heading.strip_prefix("### "), sections.last_mut()) {
            part = match word.trim() {
                "hint" => {
                    section.hints.push(String::new());
                    Part::Hint
                }
                "problem" => Part::Problem,
                other => return Err(format!("{other:?} is neither hint nor problem")),
            };
        } else {
            let into = match (sections.last_mut(), part) {
                (None, _) => &mut intro,
                (Some(section), Part::Body) => &mut section.body,
                (Some(section), Part::Problem) => &mut section.problem,
                (Some(section), Part::Hint) => match section.hints.last_mut() {
                    Some(hint) => hint,
                    None => &mut section.body,
                },
            };
            into.push_str(line);
            into.push('\n');
        }
    }
    Ok((title, intro, sections))
}

#[derive(Clone, Copy)]
enum Part {
    Body,
    Hint,
    Problem,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::bones::read_bones;

    const LESSON: &str =
        "id: a\nminutes: 1\nsteps:\n- id: one\n  check: 'true'\n  solution: 'true'\n  hints: [{}]\n";

    #[test]
    fn words_are_found_by_step() {
        let lesson = read_bones(LESSON).expect("a lesson");
        let markdown = "# A\n> about\n\nhello\n## One {#one}\ndo `x`\n### hint\ntry\n## {#end}\nbye\n";
        let text = read_text(&lesson, markdown).expect("a text");
        assert_eq!((text.title.as_str(), text.about.as_str()), ("A", "about"));
        assert_eq!(text.intro, "<p>hello</p>\n");
        assert_eq!(text.steps[0].title, "One");
        assert_eq!(text.steps[0].body, "<p>do <code>x</code></p>\n");
        assert_eq!(text.steps[0].hints, ["<p>try</p>\n"]);
        assert_eq!(text.outro, "<p>bye</p>\n");
    }

    #[test]
    fn a_step_without_words_is_told() {
        let lesson = read_bones(LESSON).expect("a lesson");
        assert_eq!(read_text(&lesson, "# A\n> about\n").expect_err("no words"), "the step one has no words");
    }
}
