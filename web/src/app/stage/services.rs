//! Services as chips. The pointer on one shows the pods that it sends to.

use protocol::{Selection, ServiceView};
use yew::prelude::*;

use super::at;
use super::layout::Rect;
use crate::app::session::{Session, use_session};
use crate::app::state::{Shared, State, topic};
use crate::app::text::Text;

#[derive(Clone, PartialEq, Properties)]
pub struct ServicesProps {
    pub session: Session,
    pub text: Text,
    pub rect: Rect,
}

/// Those that are drawn, by name.
fn drawn(state: &State) -> Vec<Shared<ServiceView>> {
    let visible =
        |service: &&Shared<ServiceView>| state.settings.system_pods || service.namespace != "kube-system";
    let mut services: Vec<_> = state.services.values().filter(visible).cloned().collect();
    services.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    services
}

/// How wide each chip is, about.
pub fn widths(state: &State) -> Vec<f64> {
    drawn(state)
        .iter()
        .map(|service| {
            let count = if is_the_api(service) { 0.0 } else { 52.0 };
            7.6 * (service.name.len() + shown_type(service).len()) as f64 + 24.0 + count
        })
        .collect()
}

/// `ClusterIP` is what a Service is if nothing else is said: it needs no word.
fn shown_type(service: &ServiceView) -> &str {
    match service.service_type.as_str() {
        "ClusterIP" if service.cluster_ip == "None" => "headless",
        "ClusterIP" => "",
        other => other,
    }
}

/// Behind `kubernetes` stands the API server, which is no pod that a selector finds.
fn is_the_api(service: &ServiceView) -> bool {
    service.namespace == "default" && service.name == "kubernetes"
}

/// The services' lane.
#[function_component(Services)]
pub fn services(props: &ServicesProps) -> Html {
    let session = use_session(topic::SERVICES | topic::SETTINGS);
    let services = session.read(drawn);
    let hover = |key: Option<String>| {
        let session = session.clone();
        move || session.change(topic::HOVER, |state| state.ui.hover.clone_from(&key))
    };
    html! {
        <section class="lane" style={at(props.rect)} aria-label={props.text.get("services")}>
            <h2>{ props.text.get("services") }<span class="count">{ services.len() }</span></h2>
            <div class="chips">
                { for services.iter().map(|service| {
                    let (enter, leave) = (hover(Some(service.key.clone())), hover(None));
                    let (focus, blur) = (enter.clone(), leave.clone());
                    let pick = {
                        let (session, service) = (session.clone(), service.clone());
                        Callback::from(move |_: MouseEvent| session.pick(Some(Selection {
                            kind: "Service".to_owned(), namespace: service.namespace.clone(), name: service.name.clone(),
                        })))
                    };
                    let (ready, all) = (service.ready_pods.len(), service.ready_pods.len() + service.unready_pods.len());
                    let title = format!("{} {} {}", service.service_type, service.cluster_ip, service.ports.join(", "));
                    html! {
                        <button type="button" class="chip" key={service.key.clone()} {title} onclick={pick}
                            onmouseenter={Callback::from(move |_: MouseEvent| enter())} onmouseleave={Callback::from(move |_: MouseEvent| leave())}
                            onfocus={Callback::from(move |_: FocusEvent| focus())} onblur={Callback::from(move |_: FocusEvent| blur())}>
                            <span class="chip-name">{ &service.name }</span>
                            if !shown_type(service).is_empty() {
                                <span class="chip-type">{ shown_type(service) }</span>
                            }
                            if !is_the_api(service) {
                                <span class={classes!("chip-count", (ready < all || all == 0).then_some("short"))}>{ format!("{ready}/{all}") }</span>
                            }
                        </button>
                    }
                }) }
            </div>
        </section>
    }
}
