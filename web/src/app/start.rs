//! The start screen: lessons and free play.

use yew::prelude::*;

use super::actions;
use super::header::Mark;
use super::session::use_session;
use super::state::topic;
use super::text::use_text;
use super::ui::Icon;

/// So many empty cards stand there until the worker has said which lessons there are.
const GHOSTS: usize = 3;

/// The start screen.
#[function_component(Start)]
pub fn start() -> Html {
    let session = use_session(topic::SETTINGS | topic::LESSON);
    let text = use_text();
    let (lessons, progress) = session.read(|state| (state.lessons.clone(), state.settings.progress.clone()));
    let play = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| actions::free_play(&session))
    };
    let first_open =
        lessons.iter().position(|card| progress.get(&card.id).is_none_or(|(done, all)| done < all));
    html! {
        <main class="start" data-pane="start">
            <div class="start-words">
                <Mark />
                <h1>{ text.get("start-title") }</h1>
                <p class="lead">{ text.get("start-lead") }</p>
                <ul class="points">
                    <li><Icon name="terminal" />{ text.get("start-point-real") }</li>
                    <li><Icon name="boxes" />{ text.get("start-point-see") }</li>
                    <li><Icon name="undo" />{ text.get("start-point-time") }</li>
                </ul>
            </div>
            <div class="start-list">
                <h2>{ text.get("lessons") }</h2>
                <ol class="cards" aria-busy={lessons.is_empty().to_string()}>
                    if lessons.is_empty() {
                        { for (0..GHOSTS).map(|_| html! { <li class="card ghost" aria-hidden="true"></li> }) }
                    }
                    { for lessons.iter().enumerate().map(|(index, card)| {
                        let (done, all) = progress.get(&card.id).copied().unwrap_or((0, 0));
                        let finished = all > 0 && done >= all;
                        let (title, about) = session.read(|state| {
                            let about = state.lesson_words(card).map(|words| words.about.clone());
                            (state.lesson_title(card).to_owned(), about.unwrap_or_default())
                        });
                        let (session, id) = (session.clone(), card.id.clone());
                        let onclick = Callback::from(move |_: MouseEvent| actions::open_lesson(&session, &id));
                        let next = first_open == Some(index);
                        html! {
                            <li><button type="button" class={classes!("card", next.then_some("card-next"))} {onclick}>
                                <span class={classes!("card-number", finished.then_some("done"))}>
                                    if finished { <Icon name="check" /> } else { { index + 1 } }
                                </span>
                                <span class="card-words">
                                    <strong>{ title }</strong>
                                    <span>{ about }</span>
                                </span>
                                <span class="card-end">
                                    { if done > 0 && !finished {
                                        text.with("steps-done", &[("done", &done), ("all", &all)])
                                    } else {
                                        text.with("minutes", &[("n", &card.minutes)])
                                    } }
                                    <Icon name="arrow-right" />
                                </span>
                            </button></li>
                        }
                    }) }
                </ol>
                <button type="button" class="card card-play" onclick={play}>
                    <span class="card-number"><Icon name="terminal" /></span>
                    <span class="card-words"><strong>{ text.get("free-play") }</strong><span>{ text.get("free-play-about") }</span></span>
                    <span class="card-end"><Icon name="arrow-right" /></span>
                </button>
            </div>
        </main>
    }
}
