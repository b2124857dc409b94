//! Terminals: xterm.js in a tab each, bytes to and from the worker.

use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::prelude::*;

use super::session::{Session, use_session};
use super::state::topic;
use super::text::use_text;

#[wasm_bindgen(raw_module = "./assets/terminal.js")]
extern "C" {
    /// An open terminal.
    type XTerm;
    #[wasm_bindgen(js_name = openTerminal)]
    fn open_terminal(element: &Element, label: &str, on_data: &Function, on_size: &Function) -> XTerm;
    #[wasm_bindgen(method)]
    fn write(this: &XTerm, bytes: &Uint8Array);
    #[wasm_bindgen(method)]
    fn focus(this: &XTerm);
    #[wasm_bindgen(method)]
    fn dress(this: &XTerm);
    #[wasm_bindgen(method)]
    fn close(this: &XTerm);
}

/// Helper keys for narrow pages: what is shown, what it sends.
const HELPER_KEYS: [(&str, &str); 8] = [
    ("Tab", "\t"),
    ("Ctrl-C", "\x03"),
    ("↑", "\x1b[A"),
    ("↓", "\x1b[B"),
    ("|", "|"),
    ("-", "-"),
    ("/", "/"),
    ("Esc", "\x1b"),
];

/// All terminals, the one in front visible.
#[function_component(Terminals)]
pub fn terminals() -> Html {
    let session = use_session(topic::UI);
    let text = use_text();
    let (world, numbers, front) =
        session.read(|state| (state.ui.world, state.ui.terminals.clone(), state.ui.terminal));
    let helper = |(shown, sends): (&'static str, &'static str)| {
        let session = session.clone();
        // The keyboard of a phone stays: the field that has the focus keeps it.
        let onpointerdown = Callback::from(move |event: PointerEvent| {
            event.prevent_default();
            let terminal = session.read(|state| state.ui.terminal);
            session.type_keys(terminal, sends.as_bytes().to_vec());
        });
        html! { <button type="button" {onpointerdown}>{ shown }</button> }
    };
    html! { <>
        <div class="terminals">
            { for numbers.into_iter().map(|number| html! {
                <TerminalView key={format!("{world}-{number}")} session={session.clone()} {number} front={number == front} label={text.with("terminal-n", &[("n", &number)])} />
            }) }
        </div>
        <div class="helper-keys" role="group" aria-label={text.get("helper-keys")}>{ for HELPER_KEYS.into_iter().map(helper) }</div>
    </> }
}

#[derive(PartialEq, Properties)]
struct TerminalProps {
    session: Session,
    number: u32,
    front: bool,
    label: AttrValue,
}

#[function_component(TerminalView)]
fn terminal_view(props: &TerminalProps) -> Html {
    let host = use_node_ref();
    let opened = use_mut_ref(|| None::<Rc<XTerm>>);
    use_effect_with(props.number, {
        let (host, session, opened) = (host.clone(), props.session.clone(), opened.clone());
        let label = props.label.clone();
        move |&number| {
            let element = host.cast::<Element>().expect("the host is drawn");
            let on_data = {
                let session = session.clone();
                Closure::<dyn FnMut(Uint8Array)>::new(move |bytes: Uint8Array| {
                    session.type_keys(number, bytes.to_vec());
                })
            };
            let on_size = {
                let session = session.clone();
                Closure::<dyn FnMut(u16, u16)>::new(move |columns, rows| {
                    session.size_terminal(number, columns, rows);
                })
            };
            let (data, size) = (on_data.as_ref().unchecked_ref(), on_size.as_ref().unchecked_ref());
            let terminal = Rc::new(open_terminal(&element, &label, data, size));
            session.show_terminal(number, {
                let terminal = Rc::clone(&terminal);
                move |bytes| terminal.write(&Uint8Array::from(bytes))
            });
            let dressed = session.listen(topic::SETTINGS, {
                let terminal = Rc::clone(&terminal);
                move |_| terminal.dress()
            });
            *opened.borrow_mut() = Some(Rc::clone(&terminal));
            move || {
                session.hide_terminal(number);
                terminal.close();
                drop((dressed, on_data, on_size));
            }
        }
    });
    use_effect_with(props.front, move |front| {
        if let (true, Some(terminal)) = (*front, opened.borrow().as_ref()) {
            terminal.focus();
        }
    });
    html! { <div class="terminal" hidden={!props.front} ref={host}></div> }
}
