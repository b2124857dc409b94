//! Time: holding it, moving it, its marks, and what happened in it.

use gloo::timers::callback::Interval;
use protocol::ClockCommand;
use yew::prelude::*;

use super::actions::{self, SPEEDS};
use super::format::clock;
use super::happened::Happened;
use super::session::{Session, browser_ms, use_session};
use super::state::topic;
use super::text::use_text;
use super::ui::Icon;

const CLOCK_MS: u32 = 200;
/// At first the bar is a minute long: a mark of the first seconds should not run away.
const SPAN_MS_MIN: f64 = 60_000.0;

/// The time bar.
#[function_component(TimeBar)]
pub fn time_bar() -> Html {
    let session = use_session(topic::CLOCK | topic::UI);
    let text = use_text();
    let (paused, speed, can_undo) =
        session.read(|state| (state.clock.paused, state.clock.speed, state.clock.can_undo));
    let button = |icon: &'static str, key: &str, enabled: bool, act: fn(&Session)| {
        let session = session.clone();
        let words = text.get(key);
        html! {
            <button type="button" class="only-icon" title={words.clone()} aria-label={words} disabled={!enabled}
                onclick={Callback::from(move |_: MouseEvent| act(&session))}><Icon name={icon} /></button>
        }
    };
    html! {
        <footer class="timebar" data-pane="time">
            <div class="time-keys" role="group" aria-label={text.get("time")}>
                { button("undo", "undo", can_undo, actions::undo) }
                { button(if paused { "play" } else { "pause" }, if paused { "resume" } else { "pause" }, true, actions::toggle_pause) }
                { button("step", "step", true, actions::step) }
                { button("skip", "skip", true, actions::skip) }
            </div>
            <div class="segments speeds" role="group" aria-label={text.get("speed")}>
                { for SPEEDS.into_iter().map(|of| {
                    let session = session.clone();
                    let onclick = Callback::from(move |_: MouseEvent| actions::clock(&session, ClockCommand::Speed(of)));
                    html! { <button type="button" {onclick} aria-pressed={(of == speed).to_string()}>{ format!("{of}×") }</button> }
                }) }
            </div>
            <Now />
            <Happened />
        </footer>
    }
}

/// The running clock and the track of moments. It alone draws several times a second.
#[function_component(Now)]
fn now() -> Html {
    let session = use_session(topic::CLOCK);
    let text = use_text();
    let draw = use_force_update();
    let paused = session.read(|state| state.clock.paused);
    use_effect_with(paused, move |paused| {
        let ticking = (!paused).then(|| Interval::new(CLOCK_MS, move || draw.force_update()));
        move || drop(ticking)
    });
    session.read(|state| {
        let now = state.now_ms(browser_ms());
        let span = now.max(SPAN_MS_MIN);
        html! { <>
            <time class={classes!("clock", paused.then_some("held"))} aria-label={text.get("clock")}>{ clock(now) }</time>
            <div class="track">
                <i class="track-past" style={format!("width:{:.2}%", now / span * 100.0)}></i>
                { for state.clock.moments.iter().map(|moment| {
                    let at_ms = moment.at_ms;
                    let session = session.clone();
                    let words = text.with("go-to", &[("time", &clock(at_ms as f64)), ("what", &moment.label)]);
                    html! {
                        <button type="button" class="moment" title={words.clone()} aria-label={words}
                            style={format!("left:{:.2}%", at_ms as f64 / span * 100.0)}
                            onclick={Callback::from(move |_: MouseEvent| actions::clock(&session, ClockCommand::GoTo { at_ms }))}></button>
                    }
                }) }
                <i class="track-now" style={format!("left:{:.2}%", now / span * 100.0)}></i>
            </div>
        </> }
    })
}
