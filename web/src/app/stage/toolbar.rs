//! Above the stage: how many pods are in which state, and what is drawn.

use std::collections::BTreeMap;

use yew::prelude::*;

use super::glyph::{PHASES, class_of};
use crate::app::anew::Anew;
use crate::app::session::{Session, use_session};
use crate::app::state::topic;
use crate::app::text::Text;

#[derive(Clone, PartialEq, Properties)]
pub struct ToolbarProps {
    pub session: Session,
    pub text: Text,
}

/// Counts by state, which are the key to the shapes too.
#[function_component(Toolbar)]
pub fn toolbar(props: &ToolbarProps) -> Html {
    let session = use_session(topic::PODS | topic::SETTINGS | topic::LESSON);
    let text = &props.text;
    let (counts, system, in_lesson) = session.read(|state| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in state.pods.values().filter(|pod| state.is_drawn(pod)) {
            *counts.entry(class_of(pod.phase)).or_default() += 1;
        }
        (counts, state.settings.system_pods, state.lesson.is_some())
    });
    let toggle = {
        let session = session.clone();
        Callback::from(move |_: Event| {
            session.change(topic::SETTINGS, |state| {
                state.settings.system_pods = !state.settings.system_pods;
                state.settings.save();
            });
        })
    };
    let total: usize = counts.values().sum();
    html! {
        <div class="stage-bar">
            <ul class="census" aria-label={text.get("pods")}>
                <li class="census-total"><strong>{ total }</strong>{ text.get("pods") }</li>
                { for PHASES.into_iter().filter_map(|phase| {
                    let class = class_of(phase);
                    let count = *counts.get(class)?;
                    Some(html! {
                        <li class={classes!("state", class)}><i class="glyph"></i><strong>{ count }</strong>
                            <span>{ text.get(&format!("phase-{class}")) }</span></li>
                    })
                }) }
            </ul>
            if !in_lesson {
                <Anew class="quiet small" />
            }
            <label class="switch"><input type="checkbox" checked={system} onchange={toggle} />{ text.get("system-pods") }</label>
        </div>
    }
}
