//! What buttons and keys do, in one place: each shortcut and each button calls one of these.

use protocol::{ClockCommand, Command, LessonCommand};

use super::session::Session;
use super::settings::{Theme, dress_page};
use super::state::{Lower, Pane, State, View, topic};
use super::{keeping, ui};

/// The speeds of the time bar.
pub const SPEEDS: [f64; 5] = [1.0, 2.0, 5.0, 10.0, 100.0];

/// Whether the page is dark now.
pub fn is_dark(state: &State) -> bool {
    match state.settings.theme {
        Theme::System => ui::prefers_dark(),
        Theme::Light => false,
        Theme::Dark => true,
    }
}

/// Puts language and theme on the page.
pub fn dress(session: &Session) {
    session.read(|state| dress_page(state.language, state.settings.theme));
}

/// Light becomes dark and dark light.
pub fn other_theme(session: &Session) {
    session.change(0, |state| {
        let dark = is_dark(state);
        state.settings.theme = match (dark, ui::prefers_dark()) {
            (true, false) | (false, true) => Theme::System,
            (true, true) => Theme::Light,
            (false, false) => Theme::Dark,
        };
        state.settings.save();
    });
    dress(session);
    session.change(topic::SETTINGS, |_| {});
}

/// Korean becomes English and English Korean.
pub fn other_language(session: &Session) {
    let language = session.read(|state| state.language.other());
    session.change(0, |state| {
        state.language = language;
        state.settings.language = language.tag().to_owned();
        state.settings.save();
    });
    dress(session);
    session.change(topic::SETTINGS, |_| {});
    if session.read(|state| state.lesson.is_some()) {
        session.send(Command::Lesson(LessonCommand::Language(language.tag().to_owned())));
    }
}

/// The start screen.
pub fn show_start(session: &Session) {
    session.change(topic::UI, |state| state.ui.start = true);
}

/// Fills the middle with a view.
pub fn show_view(session: &Session, view: View) {
    session.change(topic::UI, |state| {
        state.ui.view = view;
        state.ui.pane = Pane::Stage;
        state.ui.start = false;
    });
}

/// Fills the lower panel.
pub fn show_lower(session: &Session, lower: Lower) {
    session.change(topic::UI, |state| {
        state.ui.lower = lower;
        state.ui.pane = Pane::Terminal;
        state.ui.start = false;
    });
}

/// Shows or hides the list of keys.
pub fn toggle_help(session: &Session) {
    session.change(topic::UI, |state| state.ui.help = !state.ui.help);
}

/// Shows or hides the list of happenings.
pub fn toggle_happened(session: &Session) {
    session.change(topic::UI | topic::HAPPENED, |state| {
        state.ui.happened = !state.ui.happened;
        state.unseen = 0;
    });
}

/// Opens a lesson, or goes on with it.
pub fn open_lesson(session: &Session, id: &str) {
    let language = session.read(|state| state.language.tag().to_owned());
    let is_open = session.read(|state| state.lesson.as_ref().is_some_and(|lesson| lesson.id == id));
    enter(session, id);
    if !is_open {
        session.pick(None);
        session.send(Command::Lesson(LessonCommand::Open { id: id.to_owned(), language }));
    }
}

/// A cluster without a lesson.
pub fn free_play(session: &Session) {
    let had_lesson = session.read(|state| state.lesson.is_some());
    enter(session, "");
    if had_lesson {
        session.send(Command::Lesson(LessonCommand::Close));
    }
}

fn enter(session: &Session, lesson: &str) {
    session.change(topic::UI | topic::SETTINGS, |state| {
        state.ui.start = false;
        state.ui.pane = if lesson.is_empty() { Pane::Terminal } else { Pane::Lesson };
        state.settings.entered = true;
        lesson.clone_into(&mut state.settings.lesson);
        state.settings.save();
    });
}

/// Holds time or lets it go.
pub fn toggle_pause(session: &Session) {
    let paused = session.read(|state| state.clock.paused);
    clock(session, if paused { ClockCommand::Resume } else { ClockCommand::Pause });
}

/// To just after the next thing that happens.
pub fn step(session: &Session) {
    clock(session, ClockCommand::Step);
}

/// Straight to the next thing that happens.
pub fn skip(session: &Session) {
    clock(session, ClockCommand::SkipToNext);
}

/// Back to before the last command.
pub fn undo(session: &Session) {
    clock(session, ClockCommand::Undo);
}

/// Moves or holds time.
pub fn clock(session: &Session, command: ClockCommand) {
    session.send(Command::Clock(command));
}

/// Closes the uppermost thing that is open.
pub fn escape(session: &Session) {
    let (help, happened, picked) =
        session.read(|state| (state.ui.help, state.ui.happened, state.picked.is_some()));
    if help {
        toggle_help(session);
    } else if happened {
        toggle_happened(session);
    } else if picked {
        session.pick(None);
    }
}

/// A new world, and nothing kept of the old one.
pub fn begin_anew(session: &Session) {
    keeping::forget_world();
    session.change(topic::UI, |state| {
        state.settings.lesson.clear();
        state.settings.save();
    });
    keeping::start_world(session, None);
}
