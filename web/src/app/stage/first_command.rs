//! On an empty stage: what one can do first, to be typed by a click.

use yew::prelude::*;

use super::at;
use super::layout::{NARROW, Rect};
use crate::app::session::Session;
use crate::app::text::Text;
use crate::app::ui::Icon;

/// What makes the first pods.
pub const FIRST_COMMAND: &str = "kubectl create deployment web --image=nginx --replicas=3";
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
    let onclick = {
        let session = props.session.clone();
        Callback::from(move |_: MouseEvent| session.type_lines(FIRST_COMMAND))
    };
    html! {
        <div class={classes!("first-command", narrow.then_some("narrow"))} style={at(rect)}>
            <div class="first-note">
                <p>{ props.text.get("first-command") }</p>
                <button type="button" {onclick}><Icon name="terminal" /><code>{ FIRST_COMMAND }</code><span>{ props.text.get("type-it") }</span></button>
            </div>
        </div>
    }
}
