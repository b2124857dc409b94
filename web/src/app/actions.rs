//! What buttons and keys do, in one place: each shortcut and each button calls one of these.

use protocol::{ClockCommand, Command, FileView, LessonCommand};

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

/// Hides the list of keys.
pub fn close_help(session: &Session) {
    session.change(topic::UI, |state| state.ui.help = false);
}

/// Shows or hides the list of happenings.
pub fn toggle_happened(session: &Session) {
    session.change(topic::UI | topic::HAPPENED, |state| {
        state.ui.happened = !state.ui.happened;
        state.read_all();
    });
}

/// Opens a lesson, or goes on with it.
pub fn open_lesson(session: &Session, id: &str) {
    enter(session, id, Pane::Lesson);
}

/// A cluster without a lesson.
pub fn free_play(session: &Session) {
    enter(session, "", Pane::Terminal);
}

fn enter(session: &Session, lesson: &str, pane: Pane) {
    let is_open = session.read(|state| state.settings.lesson == lesson);
    session.change(topic::UI | topic::SETTINGS, |state| {
        state.ui.start = false;
        state.ui.pane = pane;
        state.settings.entered = true;
        state.settings.save();
    });
    if !is_open {
        session.pick(None);
        keeping::go_to_world(session, lesson);
    }
}

/// Opens a manifest of a lesson in the editor, as a file of its own: none of the learner's is written over.
pub fn open_manifest(session: &Session, name: &str, content: &str) {
    let path = session.read(|state| {
        let same = |path: &str| state.files.iter().any(|file| file.path == path && file.text == content);
        let taken = |path: &str| state.files.iter().any(|file| file.path == path);
        let free = names_like(name).find(|path| same(path) || !taken(path));
        free.unwrap_or_else(|| name.to_owned())
    });
    session.send(Command::WriteFile { path: path.clone(), text: content.to_owned() });
    session.change(topic::UI | topic::FILES, |state| {
        state.files.retain(|file| file.path != path);
        state.files.push(FileView { path: path.clone(), text: content.to_owned() });
        state.files.sort_by(|a, b| a.path.cmp(&b.path));
        state.ui.file = Some(path);
    });
    show_lower(session, Lower::Files);
}

/// `app.yaml`, `app-2.yaml` and so on.
pub fn names_like(name: &str) -> impl Iterator<Item = String> {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, "yaml"));
    let (stem, end) = (stem.to_owned(), end.to_owned());
    (1_u32..).map(move |n| if n == 1 { format!("{stem}.{end}") } else { format!("{stem}-{n}.{end}") })
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

/// A new world, and nothing kept of the one that is open.
pub fn begin_anew(session: &Session) {
    session.pick(None);
    keeping::begin_anew(session);
}
