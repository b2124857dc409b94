//! The learner's files: a list and an editor. The editor's program is fetched when it is first needed.

mod asks;
mod list;

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use protocol::{Command, Reply, Request, Severity};
use wasm_bindgen::JsValue;
use web_sys::Element;
use yew::platform::spawn_local;
use yew::prelude::*;

use self::asks::{Asks, Editor};
use self::list::FileList;
use super::session::{Session, use_session};
use super::state::{Lower, topic};
use super::text::use_text;
use super::ui::{self, Icon};

/// What is typed is written after so long a pause.
const WRITE_MS: u32 = 400;

/// The files panel.
#[function_component(Files)]
pub fn files() -> Html {
    let session = use_session(topic::FILES | topic::UI);
    let text = use_text();
    let (waiting, shown) = session.read(|state| {
        let named =
            state.ui.file.as_ref().and_then(|path| state.files.iter().find(|file| file.path == *path));
        (state.waiting.clone(), named.or(state.files.first()).cloned())
    });
    if let Some(waiting) = waiting {
        return html! { <WaitingFile {session} path={waiting.file.path.clone()} content={waiting.file.text.clone()} terminal={waiting.terminal} /> };
    }
    html! {
        <div class="files">
            <FileList session={session.clone()} shown={shown.as_ref().map(|file| file.path.clone())} />
            if let Some(file) = shown {
                <OpenFile key={file.path.clone()} {session} path={file.path.clone()} content={file.text.clone()} />
            } else {
                <p class="empty">{ text.get("no-files") }</p>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct FileProps {
    session: Session,
    path: String,
    content: String,
    #[prop_or_default]
    terminal: u32,
}

/// The editor, once its program is there.
type Open = Rc<RefCell<Option<Editor>>>;

/// The editor in `host` over a text; follows the text when it changes outside.
#[hook]
fn use_editor(session: &Session, path: &str, content: &str, changed: Rc<dyn Fn(String)>) -> (NodeRef, Open) {
    let host = use_node_ref();
    let open = use_mut_ref(|| None::<Editor>);
    let typed = use_mut_ref(|| content.to_owned());
    use_effect_with(path.to_owned(), {
        let (host, open, typed, session, content) =
            (host.clone(), open.clone(), typed.clone(), session.clone(), content.to_owned());
        move |path: &String| {
            let asks = Rc::new(Asks::new(&session, move |text: String| {
                typed.borrow_mut().clone_from(&text);
                changed(text);
            }));
            let (path, holds) = (path.clone(), Rc::clone(&asks));
            let (slot, gone) = (open.clone(), Rc::new(std::cell::Cell::new(false)));
            let was_closed = Rc::clone(&gone);
            spawn_local(async move {
                let module = wasm_bindgen_futures::JsFuture::from(ui::load_editor()).await;
                let (Ok(module), Some(element), false) = (module, host.cast::<Element>(), was_closed.get())
                else {
                    return;
                };
                *slot.borrow_mut() = holds.open(&module, &element, &path, &content);
            });
            move || {
                gone.set(true);
                if let Some(editor) = open.borrow_mut().take() {
                    editor.close();
                }
                drop(asks);
            }
        }
    });
    use_effect_with(content.to_owned(), {
        let (open, typed) = (open.clone(), typed);
        move |content: &String| {
            if *typed.borrow() != *content {
                typed.borrow_mut().clone_from(content);
                if let Some(editor) = open.borrow().as_ref() {
                    editor.replace(content);
                }
            }
        }
    });
    (host, open)
}

/// One of the learner's files: what is typed is written by itself.
#[function_component(OpenFile)]
fn open_file(props: &FileProps) -> Html {
    let text = use_text();
    let writing = use_mut_ref(|| None::<Timeout>);
    let write = {
        let (session, path) = (props.session.clone(), props.path.clone());
        Rc::new(move || {
            let text = session.read(|state| {
                state.files.iter().find(|file| file.path == path).map(|file| file.text.clone())
            });
            if let Some(text) = text {
                session.send(Command::WriteFile { path: path.clone(), text });
            }
        })
    };
    let changed = {
        let (session, path) = (props.session.clone(), props.path.clone());
        let (writing, write) = (writing.clone(), Rc::clone(&write));
        Rc::new(move |text: String| {
            session.change(0, |state| {
                if let Some(file) = state.files.iter_mut().find(|file| file.path == path) {
                    file.text = text;
                }
            });
            let write = Rc::clone(&write);
            *writing.borrow_mut() = Some(Timeout::new(WRITE_MS, move || write()));
        })
    };
    // What was typed last is not lost with the editor.
    use_effect_with((), {
        let (writing, write) = (writing, Rc::clone(&write));
        move |()| {
            move || {
                if writing.borrow_mut().take().is_some() {
                    write();
                }
            }
        }
    });
    let (host, open) = use_editor(&props.session, &props.path, &props.content, changed);
    let refused = use_mut_ref(String::new);
    let apply = {
        let (session, path) = (props.session.clone(), props.path.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(text) = text_of(&open) else { return };
            session.send(Command::WriteFile { path: path.clone(), text: text.clone() });
            let (session, path, open, refused) =
                (session.clone(), path.clone(), open.clone(), refused.clone());
            session.clone().ask(Request::Check { text: text.clone() }, move |reply| {
                // A mistake is shown where it is; who insists sees what kubectl says of it.
                if let (Some((line, column)), Some(editor)) = (mistake(reply), open.borrow().as_ref())
                    && *refused.borrow() != text
                {
                    editor.show_mistake(line, column);
                    *refused.borrow_mut() = text;
                    return;
                }
                session.type_lines(&format!("kubectl apply -f {path}"));
            });
        })
    };
    html! {
        <div class="file">
            <div class="file-bar">
                <code>{ &props.path }</code>
                if is_manifest(&props.path) {
                    <button type="button" class="primary small" onclick={apply}><Icon name="enter" />{ text.get("apply") }</button>
                }
            </div>
            <div class="editor" ref={host}></div>
        </div>
    }
}

fn text_of(open: &Open) -> Option<String> {
    open.borrow().as_ref().map(Editor::text)
}

/// Where the first mistake of a checked manifest is.
fn mistake(reply: Result<Reply, String>) -> Option<(u32, u32)> {
    let Ok(Reply::Diagnostics(found)) = reply else { return None };
    let wrong = found.into_iter().find(|it| it.severity == Severity::Error)?;
    Some((wrong.line, wrong.column))
}

/// Whether a file may be a manifest.
pub fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

/// A file that a command waits for, as `kubectl edit` does.
#[function_component(WaitingFile)]
fn waiting_file(props: &FileProps) -> Html {
    let text = use_text();
    let (host, open) = use_editor(&props.session, &props.path, &props.content, Rc::new(|_| {}));
    let close = |saves: bool| {
        let (session, terminal, open) = (props.session.clone(), props.terminal, Rc::clone(&open));
        Callback::from(move |_: MouseEvent| {
            let text = text_of(&open).filter(|_| saves);
            session.change(topic::FILES | topic::UI, |state| {
                state.waiting = None;
                state.ui.lower = Lower::Terminal;
            });
            session.send(Command::EditorClosed { terminal, text });
        })
    };
    html! {
        <div class="files">
            <div class="file waiting">
                <div class="file-bar">
                    <span>{ text.get("edit-waits") }</span><code>{ props.path.rsplit('/').next().unwrap_or_default().to_owned() }</code>
                    <button type="button" class="small" onclick={close(false)}>{ text.get("give-up") }</button>
                    <button type="button" class="primary small" onclick={close(true)}>{ text.get("save") }</button>
                </div>
                <div class="editor" ref={host}></div>
            </div>
        </div>
    }
}

/// `null`, for a question that got no answer.
fn nothing() -> JsValue {
    JsValue::from_str("null")
}
