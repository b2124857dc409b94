//! The rollout view: a Deployment as bands, one a revision, and between them the limits that it keeps.

use protocol::{DeploymentView, PodView, RevisionView, Selection};
use yew::prelude::*;

use super::session::{Session, use_session};
use super::stage::{class_of, first_command_button, pod_selection, split_name};
use super::state::{Shared, State, topic};
use super::text::{Text, use_text};

/// Old revisions without pods that are shown.
const OLD_MAX: usize = 4;

/// The rollout view.
#[function_component(Rollout)]
pub fn rollout() -> Html {
    let session = use_session(topic::DEPLOYMENTS | topic::PODS | topic::UI | topic::SETTINGS);
    let text = use_text();
    let (all, shown) = session.read(|state| {
        let mut all: Vec<Shared<DeploymentView>> =
            state.deployments.values().filter(|it| is_drawn(state, it)).cloned().collect();
        all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        let chosen = state.ui.deployment.as_ref().and_then(|key| all.iter().find(|it| it.key == *key));
        let moving = all.iter().find(|it| it.updated < it.desired || it.available < it.desired);
        let shown = chosen.or(moving).or(all.first()).cloned();
        (all, shown)
    });
    html! {
        <section class="rollout" aria-label={text.get("view-rollout")}>
            if all.len() > 1 {
                <div class="chips" role="group" aria-label={text.get("deployments")}>
                    { for all.iter().map(|deployment| {
                        let (session, key) = (session.clone(), deployment.key.clone());
                        let pressed = shown.as_ref() == Some(deployment);
                        let onclick = Callback::from(move |_: MouseEvent| session.change(topic::UI, |state| state.ui.deployment = Some(key.clone())));
                        html! { <button type="button" class="chip" aria-pressed={pressed.to_string()} {onclick}>
                            <span class="chip-name">{ &deployment.name }</span>
                            <span class="chip-count">{ format!("{}/{}", deployment.ready, deployment.desired) }</span></button> }
                    }) }
                </div>
            }
            if let Some(deployment) = shown {
                { bands(&session, &text, &deployment) }
            } else {
                <div class="empty">
                    <p>{ text.get("no-deployment") }</p>
                    { first_command_button(&session, &text) }
                </div>
            }
        </section>
    }
}

fn is_drawn(state: &State, deployment: &DeploymentView) -> bool {
    state.settings.system_pods || deployment.namespace != "kube-system"
}

fn bands(session: &Session, text: &Text, deployment: &Shared<DeploymentView>) -> Html {
    let pick = {
        let (session, deployment) = (session.clone(), deployment.clone());
        Callback::from(move |_: MouseEvent| {
            session.pick(Some(Selection {
                kind: "Deployment".to_owned(),
                namespace: deployment.namespace.clone(),
                name: deployment.name.clone(),
            }));
        })
    };
    let total: i32 = deployment.revisions.iter().map(|revision| revision.current).sum();
    let number = |key: &str, value: i32, of: Option<i32>| {
        let short = of.is_some_and(|of| value < of);
        html! {
            <div class={classes!("number", short.then_some("short"))}>
                <dt>{ text.get(key) }</dt>
                <dd>{ value }if let Some(of) = of { <small>{ format!("/{of}") }</small> }</dd>
            </div>
        }
    };
    let (reason, message) = &deployment.progress;
    let mut old = 0;
    let revisions = deployment.revisions.iter().filter(|revision| {
        let empty = revision.desired == 0 && revision.current == 0;
        old += usize::from(empty);
        !empty || old <= OLD_MAX
    });
    let newest = deployment.revisions.iter().map(|revision| revision.revision).max().unwrap_or(0);
    html! { <>
        <header class="rollout-head">
            <button type="button" class="rollout-name" onclick={pick}>
                <small>{ format!("Deployment · {}", deployment.namespace) }</small>
                <strong>{ &deployment.name }</strong>
            </button>
            <dl class="numbers">
                { number("ready", deployment.ready, Some(deployment.desired)) }
                { number("updated", deployment.updated, Some(deployment.desired)) }
                { number("available", deployment.available, None) }
                { number("total", total, None) }
            </dl>
        </header>
        { ruler(text, deployment, total) }
        if !reason.is_empty() || deployment.paused {
            <p class={classes!("progress-text", (reason == "ProgressDeadlineExceeded").then_some("warns"))}>
                if deployment.paused { <span class="flag flag-warn">{ text.get("paused") }</span> }
                <strong>{ reason }</strong><span>{ message }</span>
            </p>
        }
        <ol class="bands">
            { for revisions.map(|revision| band(session, text, revision, revision.revision == newest)) }
        </ol>
    </> }
}

/// How many pods there may be and must be, and how many there are.
fn ruler(text: &Text, deployment: &DeploymentView, total: i32) -> Html {
    let rolling = deployment.strategy != "Recreate";
    let most = deployment.desired + if rolling { deployment.max_surge } else { 0 };
    let least = if rolling { (deployment.desired - deployment.max_unavailable).max(0) } else { 0 };
    let end = f64::from(most.max(total).max(1));
    let percent = |count: i32| f64::from(count) / end * 100.0;
    let mark = |count: i32, class: &'static str, words: AttrValue| {
        html! {
            <span class={classes!("ruler-mark", class)} style={format!("left:{:.2}%", percent(count))}><i></i><b>{ words }</b></span>
        }
    };
    html! {
        <div class="ruler" role="img" aria-label={text.with("ruler", &[("total", &total), ("available", &deployment.available), ("least", &least), ("most", &most)])}>
            <div class="ruler-bar">
                { for deployment.revisions.iter().rev().filter(|revision| revision.current > 0).map(|revision| html! {
                    <i key={revision.key.clone()} class="ruler-part" style={format!("width:{:.2}%;--hue:{}", percent(revision.current), revision.hue)}></i>
                }) }
            </div>
            <div class="ruler-available" style={format!("width:{:.2}%", percent(deployment.available))}></div>
            if rolling && least < deployment.desired {
                { mark(least, "least", text.with("least", &[("n", &least)])) }
            }
            { mark(deployment.desired, "desired", text.with("desired", &[("n", &deployment.desired)])) }
            if most > deployment.desired {
                { mark(most, "most", text.with("most", &[("n", &most)])) }
            }
        </div>
    }
}

fn band(session: &Session, text: &Text, revision: &RevisionView, newest: bool) -> Html {
    let pods: Vec<Shared<PodView>> = session.read(|state| {
        let mut pods: Vec<_> = state.pods.values().filter(|pod| pod.owner == revision.key).cloned().collect();
        pods.sort_by_key(|pod| pod.order);
        pods
    });
    let namespace = pods.first().map(|pod| pod.namespace.clone());
    let pick = {
        let (session, name) = (session.clone(), revision.name.clone());
        let namespace = namespace.unwrap_or_else(|| {
            session.read(|state| {
                let owner = state
                    .deployments
                    .values()
                    .find(|it| it.revisions.iter().any(|other| other.key == revision.key));
                owner.map_or_else(|| "default".to_owned(), |owner| owner.namespace.clone())
            })
        });
        Callback::from(move |_: MouseEvent| {
            session.pick(Some(Selection {
                kind: "ReplicaSet".to_owned(),
                namespace: namespace.clone(),
                name: name.clone(),
            }));
        })
    };
    let empty = revision.desired == 0 && revision.current == 0;
    let small = pods.len() > 60;
    html! {
        <li key={revision.key.clone()} class={classes!("band", empty.then_some("drained"), newest.then_some("newest"))} style={format!("--hue:{}", revision.hue)}>
            <button type="button" class="band-head" onclick={pick}>
                <span class="band-number">{ revision.revision }</span>
                <span class="band-words">
                    <strong>{ revision.images.join(", ") }</strong>
                    <small>{ if revision.change_cause.is_empty() { revision.name.clone() } else { revision.change_cause.clone() } }</small>
                </span>
                <span class="band-count">{ revision.ready }<small>{ format!("/{}", revision.desired) }</small></span>
            </button>
            if !pods.is_empty() {
                <div class={classes!("band-pods", small.then_some("many"))}>
                    { for pods.into_iter().map(|pod| {
                        let (class, session) = (class_of(pod.phase), session.clone());
                        let title = format!("{} · {} · {}", pod.name, pod.status, if pod.node.is_empty() { "-" } else { &pod.node });
                        let onclick = { let pod = pod.clone(); Callback::from(move |_: MouseEvent| session.pick(Some(pod_selection(&pod)))) };
                        html! { <button type="button" key={pod.key.clone()} class={classes!("tile", "still", if small { "small" } else { "medium" }, class)}
                            style={format!("--hue:{}", pod.hue)} title={title.clone()} aria-label={title} {onclick}>
                            if !small { <i class="glyph"></i><span class="tile-name"><span class="tile-end">{ split_name(&pod).1 }</span></span> }
                        </button> }
                    }) }
                </div>
            } else if empty {
                <span class="band-empty">{ text.get("band-empty") }</span>
            }
        </li>
    }
}
