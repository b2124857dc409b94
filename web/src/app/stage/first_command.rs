//! On an empty stage: what one can do first, to be typed by a click.

use yew::prelude::*;

use super::at;
use super::layout::{NARROW, Rect};
use crate::app::session::Session;
use crate::app::text::Text;
use crate::app::ui::Icon;

/// What makes the first pods.
const FIRST_COMMAND: &str = "kubectl create deployment web --image=nginx --replicas=3";
/// The rooms' heads and floors stay free.
const HEAD: f64 = 38.0;
const FLOOR: f64 = 48.0;
const MARGIN: f64 = 8.0;

#[derive(Clone, PartialEq, Properties)]
pub struct FirstCommandProps {
    pub session: Session,
    pub text: Text,
    pub rooms: Vec<Rect>,
}

/// A note over the first row of rooms.
#[function_component(FirstCommand)]
pub fn first_command(props: &FirstCommandProps) -> Html {
    let Some(first) = props.rooms.first() else { return html! {} };
    let right =
        props.rooms.iter().filter(|room| room.y == first.y).map(|room| room.x + room.w).fold(0.0, f64::max);
    let narrow = right - first.x < NARROW;
    let rect = Rect {
        x: first.x + MARGIN,
        y: first.y + HEAD,
        w: right - first.x - 2.0 * MARGIN,
        h: first.h - HEAD - FLOOR,
    };
    html! {
        <div class={classes!("first-command", narrow.then_some("narrow"))} style={at(rect)}>
            <div class="first-note">
                <p>{ props.text.get("first-command") }</p>
                { first_command_button(&props.session, &props.text) }
            </div>
        </div>
    }
}

/// What types the command. No word of it is broken at a hyphen.
pub fn first_command_button(session: &Session, text: &Text) -> Html {
    let session = session.clone();
    let onclick = Callback::from(move |_: MouseEvent| session.type_lines(FIRST_COMMAND));
    html! {
        <button type="button" class="command" {onclick}><Icon name="terminal" />
            <code>{ for FIRST_COMMAND.split_inclusive(' ').map(|word| html! { <><i>{ word.trim_end() }</i>{ " " }</> }) }</code>
            <span>{ text.get("type-it") }</span>
        </button>
    }
}
