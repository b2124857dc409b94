//! The lesson: text, steps that tick, hints, solution. Commands in it can be typed by a click.

use protocol::{Command, LessonCommand, LessonView, StepView};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::actions;
use super::anew::Anew;
use super::session::{Session, use_session};
use super::state::{Shared, topic};
use super::text::{Text, use_text};
use super::ui::Icon;

/// The lesson panel.
#[function_component(Lesson)]
pub fn lesson() -> Html {
    let session = use_session(topic::LESSON);
    let text = use_text();
    let lesson = session.read(|state| state.lesson.clone());
    let panel = use_node_ref();
    let opened = lesson.as_ref().map(|lesson| lesson.id.clone());
    use_effect_with(opened, {
        let (panel, current) = (panel.clone(), lesson.as_ref().map_or(0, |lesson| lesson.current));
        move |_| {
            // Where the learner left off comes into view. When a step ticks nothing moves: it may still be read.
            let step = (current > 0)
                .then(|| panel.cast::<Element>())
                .flatten()
                .and_then(|panel| panel.query_selector(".at-hand, .outro").ok()?);
            if let Some(step) = step {
                step.scroll_into_view();
            }
        }
    });
    let Some(lesson) = lesson else { return ghost() };
    let on_click = {
        let session = session.clone();
        Callback::from(move |event: MouseEvent| act_on_block(&session, &event))
    };
    let all = lesson.steps.len();
    let done = lesson.current as usize;
    html! {
        <article class="lesson" onclick={on_click} ref={panel}>
            <header class="lesson-head">
                <div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax={all.to_string()} aria-valuenow={done.to_string()}
                    aria-label={text.get("progress")}>
                    { for (0..all).map(|index| html! { <i class={classes!((index < done).then_some("done"))}></i> }) }
                </div>
                <h1>{ &lesson.title }</h1>
                <div class="prose">{ markup(&lesson.intro_html, &text) }</div>
            </header>
            <ol class="steps">
                { for lesson.steps.iter().enumerate().map(|(index, step)| step_item(&session, &text, step, index, done)) }
            </ol>
            if done >= all {
                { outro(&session, &text, &lesson) }
            }
            <footer class="lesson-foot">
                <Anew class="small" label="restart" />
            </footer>
        </article>
    }
}

/// What stands there until the lesson does.
fn ghost() -> Html {
    html! {
        <div class="lesson" aria-busy="true">
            <div class="lesson-head"><div class="progress"><i></i><i></i><i></i></div><div class="ghost-line title"></div>
                <div class="ghost-line"></div><div class="ghost-line"></div><div class="ghost-line short"></div></div>
        </div>
    }
}

fn step_item(session: &Session, text: &Text, step: &StepView, index: usize, current: usize) -> Html {
    let at_hand = index == current;
    // Of the finished steps the last one stays open: its tick may come before its end is read.
    let just_done = step.done && index + 1 == current;
    let class = classes!(
        "step",
        step.done.then_some("done"),
        at_hand.then_some("at-hand"),
        just_done.then_some("just-done")
    );
    let number = html! {
        <span class="step-mark" aria-hidden="true">
            if step.done { <Icon name="check" /> } else { { index + 1 } }
        </span>
    };
    if !at_hand {
        return html! {
            <li {class}>{ number }
                <details open={just_done}>
                    <summary><h2>{ &step.title }</h2></summary>
                    <div class="prose">{ markup(&step.html, text) }</div>
                </details>
            </li>
        };
    }
    html! {
        <li {class} aria-current="step">{ number }
            <div>
                <h2>{ &step.title }</h2>
                <div class="prose">{ markup(&step.html, text) }</div>
                if !step.problem.is_empty() {
                    <div class="problem" role="status"><Icon name="warning" /><div class="prose">{ markup(&step.problem, text) }</div></div>
                }
                { for step.hints.iter().map(|hint| html! {
                    <div class="hint"><Icon name="hint" /><div class="prose">{ markup(hint, text) }</div></div>
                }) }
                <div class="step-buttons">
                    if step.more_hints {
                        { command(session, text, "hint", if step.hints.is_empty() { "hint" } else { "hint-more" }, LessonCommand::Hint) }
                    }
                    { command(session, text, "wand", "solution", LessonCommand::ShowSolution) }
                </div>
            </div>
        </li>
    }
}

fn outro(session: &Session, text: &Text, lesson: &Shared<LessonView>) -> Html {
    let next = session.read(|state| {
        let at = state.lessons.iter().position(|known| known.id == lesson.id)?;
        let next = state.lessons.get(at + 1)?;
        Some((next.id.clone(), state.lesson_title(next).to_owned()))
    });
    let onclick = {
        let (session, next) = (session.clone(), next.clone());
        Callback::from(move |_: MouseEvent| match &next {
            Some((id, _)) => actions::open_lesson(&session, id),
            None => actions::show_start(&session),
        })
    };
    html! {
        <section class="outro">
            <h2><Icon name="check" />{ text.get("lesson-done") }</h2>
            <div class="prose">{ markup(&lesson.outro_html, text) }</div>
            <button type="button" class="primary" {onclick}>
                { next.map_or_else(|| text.get("lessons"), |(_, title)| text.with("lesson-next", &[("title", &title)])) }
                <Icon name="arrow-right" />
            </button>
        </section>
    }
}

fn command(session: &Session, text: &Text, icon: &'static str, key: &str, command: LessonCommand) -> Html {
    let session = session.clone();
    let onclick = Callback::from(move |_: MouseEvent| session.send(Command::Lesson(command.clone())));
    html! { <button type="button" class="small" {onclick}><Icon name={icon} />{ text.get(key) }</button> }
}

/// How the HTML of a fenced block begins; what it is follows.
const FENCE: &str = "<pre data-fence=\"";

/// What can be done with a fenced block: the key of the button's words.
const FENCE_BUTTONS: [(&str, &str); 2] = [("sh", "type-it"), ("yaml", "open-in-editor")];

/// No word up to so many letters is broken at the end of a line in a block: `--image=nginx` stays whole. Longer ones break before a dot.
const WORD_MAX: usize = 34;

/// A fenced block: its words whole, and what a line has left over indented under its beginning.
fn whole_words(block: &str) -> String {
    let Some((head, text)) = block.split_once("<code>") else { return block.to_owned() };
    let (text, tail) = text.split_once("</code>").unwrap_or((text, ""));
    let mut lines = String::new();
    for line in text.split_inclusive('\n') {
        let lead = line.len() - line.trim_start_matches(' ').len();
        lines += &format!("<span class=\"line\" style=\"--lead:{lead}ch\">");
        for piece in line.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            if word.is_empty() || word.chars().count() > WORD_MAX {
                lines += &piece.replace('.', "<wbr>.");
            } else {
                lines += &format!("<span>{word}</span>{}", &piece[word.len()..]);
            }
        }
        lines += "</span>";
    }
    format!("{head}<code>{lines}</code>{tail}")
}

/// A lesson's HTML; under a fenced block of commands or of a manifest stands the button that uses it.
fn markup(html: &str, text: &Text) -> Html {
    let mut parts = html.split(FENCE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, after) = part.split_once("</pre>").unwrap_or((part, ""));
        let button = FENCE_BUTTONS.iter().find(|(fence, _)| block.split('"').next() == Some(fence)).map(
            |(fence, key)| {
                format!(
                    "<button type=\"button\" class=\"small\" data-use=\"{fence}\">{}</button>",
                    text.get(key)
                )
            },
        );
        out += &format!(
            "<div class=\"fence\">{FENCE}{}</pre>{}</div>{after}",
            whole_words(block),
            button.unwrap_or_default()
        );
    }
    Html::from_html_unchecked(AttrValue::from(out))
}

/// Types the commands over the button that was clicked, or opens the manifest there.
fn act_on_block(session: &Session, event: &MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button = target.and_then(|target| target.closest("[data-use]").ok().flatten());
    let Some((button, block)) = button.and_then(|button| {
        let block = button.previous_element_sibling()?;
        Some((button, block))
    }) else {
        return;
    };
    let content = block.text_content().unwrap_or_default();
    match button.get_attribute("data-use").as_deref() {
        Some("sh") => session.type_lines(&content),
        _ => {
            let file = block.get_attribute("data-file").unwrap_or_else(|| "app.yaml".to_owned());
            actions::open_manifest(session, &file, &content);
        }
    }
}
