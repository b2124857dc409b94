//! Beginning anew. It cannot be undone, so it is asked for twice.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::actions;
use super::session::use_session;
use super::text::use_text;
use super::ui::Icon;

/// How long the second click is waited for.
const SURE_MS: u32 = 4000;

#[derive(PartialEq, Properties)]
pub struct AnewProps {
    #[prop_or_default]
    pub class: Classes,
    /// The key of its words.
    #[prop_or("begin-anew")]
    pub label: &'static str,
}

/// The button that begins free play with a new cluster, or the lesson anew.
#[function_component(Anew)]
pub fn anew(props: &AnewProps) -> Html {
    let session = use_session(0);
    let text = use_text();
    let asked = use_state(|| false);
    let waiting = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let asked = asked.clone();
        Callback::from(move |_: MouseEvent| {
            if *asked {
                waiting.borrow_mut().take();
                asked.set(false);
                actions::begin_anew(&session);
            } else {
                let again = asked.clone();
                *waiting.borrow_mut() = Some(Timeout::new(SURE_MS, move || again.set(false)));
                asked.set(true);
            }
        })
    };
    let class = classes!(props.class.clone(), asked.then_some("sure"));
    html! {
        <button type="button" {class} {onclick}><Icon name="restart" /><span aria-live="polite">{ text.get(if *asked { "begin-anew-sure" } else { props.label }) }</span></button>
    }
}
