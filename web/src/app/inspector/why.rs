//! Why a pod is where it is, or nowhere: the scheduler's attempts.

use protocol::{DecisionView, InspectorView, NodeScore, Selection};
use yew::prelude::*;

use super::pages::cause;
use crate::app::format::clock;
use crate::app::session::Session;
use crate::app::state::Shared;
use crate::app::text::Text;
use crate::app::ui::Icon;

#[derive(PartialEq, Properties)]
pub struct WhyProps {
    pub session: Session,
    pub text: Text,
    pub view: Shared<InspectorView>,
}

/// The newest attempt, and those before it.
#[function_component(Why)]
pub fn why(props: &WhyProps) -> Html {
    let text = &props.text;
    let Some((newest, earlier)) = props.view.decisions.split_first() else {
        return html! { <>{ cause(text, &props.view) }<p class="empty">{ text.get("no-decisions") }</p></> };
    };
    html! { <>
        if !newest.node.is_empty() {
            { cause(text, &props.view) }
        }
        { attempt(&props.session, text, newest) }
        if !earlier.is_empty() {
            <details class="earlier">
                <summary>{ text.with("earlier-attempts", &[("n", &earlier.len())]) }</summary>
                { for earlier.iter().map(|decision| attempt(&props.session, text, decision)) }
            </details>
        }
    </> }
}

fn attempt(session: &Session, text: &Text, decision: &DecisionView) -> Html {
    let fits = decision.nodes.iter().filter(|node| node.rejection.is_empty()).count();
    let best = decision.nodes.iter().map(|node| node.total).max().unwrap_or(1).max(1);
    let mut nodes: Vec<&NodeScore> = decision.nodes.iter().collect();
    nodes.sort_by_key(|node| (node.node != decision.node, !node.rejection.is_empty(), -node.total));
    let mut plugins: Vec<&str> = Vec::new();
    for (name, _) in decision.nodes.iter().flat_map(|node| &node.scores) {
        if !plugins.contains(&name.as_str()) {
            plugins.push(name);
        }
    }
    html! {
        <section class="attempt">
            <header>
                if decision.node.is_empty() {
                    <p class="verdict none"><Icon name="warning" /><span>{ text.get("no-node") }</span></p>
                } else {
                    <p class="verdict"><Icon name="check" /><span>{ text.with("chosen-node", &[("node", &decision.node)]) }</span></p>
                }
                <time>{ clock(decision.at_ms as f64) }</time>
            </header>
            <p class="note">
                { text.with("fits", &[("fits", &fits), ("all", &decision.nodes.len())]) }
                if decision.equals > 1 { { " " }{ text.with("equals", &[("n", &decision.equals)]) } }
            </p>
            if !decision.message.is_empty() {
                <pre class="message">{ &decision.message }</pre>
            }
            <ol class="scores">{ for nodes.into_iter().map(|node| score(session, text, decision, node, best, &plugins)) }</ol>
        </section>
    }
}

fn score(
    session: &Session,
    text: &Text,
    decision: &DecisionView,
    node: &NodeScore,
    best: i64,
    plugins: &[&str],
) -> Html {
    let chosen = node.node == decision.node;
    let out = !node.rejection.is_empty();
    let pick = {
        let (session, name) = (session.clone(), node.node.clone());
        Callback::from(move |_: MouseEvent| {
            session.pick(Some(Selection {
                kind: "Node".to_owned(),
                namespace: String::new(),
                name: name.clone(),
            }));
        })
    };
    html! {
        <li class={classes!("score", chosen.then_some("chosen"), out.then_some("out"))}>
            <header>
                <button type="button" class="link" onclick={pick}>{ &node.node }</button>
                if chosen { <span class="flag flag-ok">{ text.get("chosen") }</span> }
                if out { <span class="flag">{ text.get("ruled-out") }</span> } else if !node.scores.is_empty() { <strong>{ node.total }</strong> }
            </header>
            if out {
                <p>{ &node.rejection }</p>
            } else if !node.scores.is_empty() {
                <div class="score-bar" style={format!("width:{:.1}%", node.total as f64 * 100.0 / best as f64)}>
                    { for node.scores.iter().filter(|(_, value)| *value > 0).map(|(name, value)| {
                        let at = plugins.iter().position(|plugin| plugin == name).unwrap_or(0);
                        html! { <i title={format!("{name}: {value}")} style={format!("flex-grow:{value};--n:{at}")}></i> }
                    }) }
                </div>
                <details><summary>{ text.get("by-plugin") }</summary>
                    <dl>{ for node.scores.iter().map(|(name, value)| {
                        let at = plugins.iter().position(|plugin| plugin == name).unwrap_or(0);
                        html! { <><dt style={format!("--n:{at}")}>{ name }</dt><dd>{ value }</dd></> }
                    }) }</dl>
                </details>
            }
        </li>
    }
}
