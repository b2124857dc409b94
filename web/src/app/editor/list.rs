//! The list of files: open, new, rename, delete.

use protocol::Command;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::actions::names_like;
use crate::app::session::{Session, use_session};
use crate::app::state::topic;
use crate::app::text::use_text;
use crate::app::ui::Icon;

#[derive(PartialEq, Properties)]
pub struct ListProps {
    pub session: Session,
    pub shown: Option<String>,
}

/// What is being named.
#[derive(Clone, PartialEq)]
enum Naming {
    Nothing,
    New,
    Again(String),
}

/// The list of files.
#[function_component(FileList)]
pub fn file_list(props: &ListProps) -> Html {
    let session = use_session(topic::FILES);
    let text = use_text();
    let naming = use_state(|| Naming::Nothing);
    let paths: Vec<String> = session.read(|state| state.files.iter().map(|file| file.path.clone()).collect());
    let start = |what: Naming| {
        let naming = naming.clone();
        Callback::from(move |_: MouseEvent| naming.set(what.clone()))
    };
    let named = {
        let (session, naming) = (session.clone(), naming.clone());
        Callback::from(move |name: String| {
            let old = if let Naming::Again(old) = &*naming { Some(old.clone()) } else { None };
            naming.set(Naming::Nothing);
            write(&session, old.as_deref(), name.trim());
        })
    };
    html! {
        <nav class="file-list" aria-label={text.get("files")}>
            <ul>
                { for paths.iter().map(|path| {
                    if *naming == Naming::Again(path.clone()) {
                        return html! { <li key={path.clone()}><NameField value={path.clone()} named={named.clone()} /></li> };
                    }
                    let selected = props.shown.as_ref() == Some(path);
                    let (open, delete) = (session.clone(), session.clone());
                    let (of_open, of_delete) = (path.clone(), path.clone());
                    let onopen = Callback::from(move |_: MouseEvent| open.change(topic::UI, |state| state.ui.file = Some(of_open.clone())));
                    let ondelete = Callback::from(move |_: MouseEvent| {
                        delete.send(Command::DeleteFile { path: of_delete.clone() });
                        delete.change(topic::FILES, |state| state.files.retain(|file| file.path != of_delete));
                    });
                    html! {
                        <li key={path.clone()} class={classes!(selected.then_some("selected"))}>
                            <button type="button" class="file-name" onclick={onopen} aria-current={selected.to_string()}>{ path }</button>
                            <button type="button" class="only-icon quiet" onclick={start(Naming::Again(path.clone()))}
                                aria-label={text.with("rename-file", &[("file", path)])}><Icon name="pencil" /></button>
                            <button type="button" class="only-icon quiet" onclick={ondelete}
                                aria-label={text.with("delete-file", &[("file", path)])}><Icon name="trash" /></button>
                        </li>
                    }
                }) }
                if *naming == Naming::New {
                    <li><NameField value={new_name(&paths)} named={named} /></li>
                }
            </ul>
            <button type="button" class="quiet small" onclick={start(Naming::New)}><Icon name="file-new" />{ text.get("new-file") }</button>
        </nav>
    }
}

fn new_name(paths: &[String]) -> String {
    names_like("app.yaml").find(|name| !paths.contains(name)).unwrap_or_default()
}

/// A new file, or an old one under another name. An empty name changes nothing, and no file is written over.
fn write(session: &Session, old: Option<&str>, name: &str) {
    let taken = session.read(|state| state.files.iter().any(|file| file.path == name));
    if name.is_empty() || taken {
        return;
    }
    let content = session.read(|state| {
        let file = state.files.iter().find(|file| Some(file.path.as_str()) == old);
        file.map(|file| file.text.clone()).unwrap_or_default()
    });
    session.send(Command::WriteFile { path: name.to_owned(), text: content.clone() });
    if let Some(old) = old {
        session.send(Command::DeleteFile { path: old.to_owned() });
    }
    session.change(topic::UI | topic::FILES, |state| {
        state.files.retain(|file| Some(file.path.as_str()) != old);
        state.files.push(protocol::FileView { path: name.to_owned(), text: content });
        state.files.sort_by(|a, b| a.path.cmp(&b.path));
        state.ui.file = Some(name.to_owned());
    });
}

#[derive(PartialEq, Properties)]
struct FieldProps {
    value: String,
    named: Callback<String>,
}

#[function_component(NameField)]
fn name_field(props: &FieldProps) -> Html {
    let field = use_node_ref();
    let text = use_text();
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            if let Some(input) = field.cast::<HtmlInputElement>() {
                let _ = input.focus();
                input.select();
            }
        }
    });
    let done = {
        let (field, named) = (field.clone(), props.named.clone());
        move |keeps: bool| {
            let value = field.cast::<HtmlInputElement>().filter(|_| keeps).map(|input| input.value());
            named.emit(value.unwrap_or_default());
        }
    };
    let onkeydown = {
        let done = done.clone();
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            // Enter also ends a Korean syllable: then it is not meant for us.
            "Enter" if !event.is_composing() => done(true),
            "Escape" => done(false),
            _ => {}
        })
    };
    let onblur = Callback::from(move |_: FocusEvent| done(true));
    html! { <input ref={field} value={props.value.clone()} {onkeydown} {onblur} aria-label={text.get("file-name")} spellcheck="false" /> }
}
