//! Lists in lists as lines: what fits stays in one line, the rest is broken and indented.

/// A removed or inserted list wider than this is broken.
const WIDTH: usize = 80;

/// Stands before a line's tabs, as recorded: the library that upstream prints with takes it now and then to keep machines from
/// reading its output.
const GAP: char = '\u{a0}';

/// How a line, and what is inside it, is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Holds differences.
    Mixed,
    /// Is the same in both.
    Same,
    Removed,
    Inserted,
}

impl Mark {
    fn sign(self) -> char {
        match self {
            Self::Mixed | Self::Same => GAP,
            Self::Removed => '-',
            Self::Inserted => '+',
        }
    }

    pub(super) fn is_change(self) -> bool {
        matches!(self, Self::Removed | Self::Inserted)
    }

    /// What stands in a change is one.
    fn within(self, outer: Self) -> Self {
        if outer.is_change() { outer } else { self }
    }
}

/// A text that may take several lines.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Line(String),
    /// Something between two texts, such as braces.
    Wrap(String, Box<Text>, &'static str),
    List(Vec<Item>),
}

/// One of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub mark: Mark,
    /// Stands before a colon, unless empty.
    pub key: String,
    pub text: Text,
    pub note: Option<String>,
    pub comma: bool,
}

impl Item {
    pub(super) fn new(mark: Mark, key: &str, text: Text) -> Self {
        Self { mark, key: key.to_owned(), text, note: None, comma: true }
    }

    /// A line of its own, without what separates it from the next.
    pub(super) fn bare(mark: Mark, line: &str) -> Self {
        Self { comma: false, ..Self::new(mark, "", Text::Line(line.to_owned())) }
    }

    /// Stands for what is left out.
    pub(super) fn rest(mark: Mark, note: Option<String>) -> Self {
        Self { note, ..Self::bare(mark, "...") }
    }

    pub(super) fn is_rest(&self) -> bool {
        self.text == Text::Line("...".to_owned())
    }

    fn line(&self) -> Option<&str> {
        match &self.text {
            Text::Line(line) => Some(line),
            _ => None,
        }
    }
}

impl Text {
    /// The text as lines, the last one ended too.
    pub(super) fn print(self) -> String {
        let mut out = String::new();
        start_line(&mut out, Mark::Mixed, 0);
        self.compact(Mark::Mixed).write(&mut out, Mark::Mixed, 0);
        out.push('\n');
        out
    }

    /// What can be one line becomes one.
    fn compact(self, mark: Mark) -> Self {
        match self {
            Self::Line(_) => self,
            Self::Wrap(open, inner, close) => match inner.compact(mark) {
                Self::Line(line) => Self::Line(format!("{open}{line}{close}")),
                inner => Self::Wrap(open, Box::new(inner), close),
            },
            Self::List(items) => Self::compact_list(items, mark),
        }
    }

    fn compact_list(items: Vec<Item>, mark: Mark) -> Self {
        let items: Vec<Item> = items
            .into_iter()
            .map(|item| Item { text: item.text.compact(item.mark.within(mark)), ..item })
            .collect();
        let broken = |item: &Item| item.mark.is_change() || item.note.is_some() || item.line().is_none();
        if items.iter().any(broken) {
            return Self::List(items);
        }
        let texts: Vec<String> = items
            .iter()
            .map(|item| {
                let colon = if item.key.is_empty() { "" } else { ": " };
                format!("{}{colon}{}", item.key, item.line().unwrap_or_default())
            })
            .collect();
        let line = texts.join(", ");
        if mark.is_change() && line.len() > WIDTH { Self::List(items) } else { Self::Line(line) }
    }

    fn write(&self, out: &mut String, mark: Mark, depth: usize) {
        match self {
            Self::Line(line) => out.push_str(line),
            Self::Wrap(open, inner, close) => {
                out.push_str(open);
                inner.write(out, mark, depth);
                out.push_str(close);
            }
            Self::List(items) => {
                let simple = |item: &Item| {
                    item.mark == Mark::Mixed
                        && item.key.is_empty()
                        && item.note.is_none()
                        && item.line().is_some()
                };
                if items.iter().all(simple) {
                    write_filled(out, items, mark, depth + 1);
                } else {
                    write_items(out, items, mark, depth + 1);
                }
                next_line(out, mark, depth);
            }
        }
    }
}

fn start_line(out: &mut String, mark: Mark, depth: usize) {
    out.push(mark.sign());
    out.push(GAP);
    out.extend(std::iter::repeat_n('\t', depth));
}

fn next_line(out: &mut String, mark: Mark, depth: usize) {
    out.push('\n');
    start_line(out, mark, depth);
}

/// As many short elements a line as fit.
fn write_filled(out: &mut String, items: &[Item], mark: Mark, depth: usize) {
    let mut line = String::new();
    for text in items.iter().filter_map(Item::line) {
        if !line.is_empty() && line.len() + text.len() + 2 > WIDTH {
            next_line(out, mark, depth);
            out.push_str(line.trim_end_matches(' '));
            line.clear();
        }
        line.push_str(text);
        line.push_str(", ");
    }
    next_line(out, mark, depth);
    out.push_str(line.trim_end_matches(' '));
}

fn write_items(out: &mut String, items: &[Item], mark: Mark, depth: usize) {
    let keys =
        padding(items, |item| (!item.key.is_empty()).then(|| item.line()).flatten().map(|_| &*item.key));
    let notes = padding(items, |item| item.line().filter(|_| item.note.is_some() && !item.is_rest()));
    for (index, item) in items.iter().enumerate() {
        let mark = item.mark.within(mark);
        next_line(out, mark, depth);
        if !item.key.is_empty() {
            out.push_str(&item.key);
            out.push_str(": ");
        }
        out.extend(std::iter::repeat_n(' ', keys[index]));
        item.text.write(out, mark, depth);
        if item.comma {
            out.push(',');
        }
        out.extend(std::iter::repeat_n(' ', notes[index]));
        if let Some(note) = &item.note {
            out.push_str(" // ");
            out.push_str(note);
        }
    }
}

/// How many blanks bring neighbours that have such a part to the width of the widest.
fn padding<'a>(items: &'a [Item], part: impl Fn(&'a Item) -> Option<&'a str>) -> Vec<usize> {
    let widths: Vec<Option<usize>> =
        items.iter().map(|item| part(item).map(|it| it.chars().count())).collect();
    let mut padding = Vec::with_capacity(items.len());
    for run in widths.chunk_by(|left, right| left.is_some() == right.is_some()) {
        let widest = run.iter().flatten().max().copied().unwrap_or(0);
        padding.extend(run.iter().map(|width| width.map_or(0, |width| widest - width)));
    }
    padding
}
