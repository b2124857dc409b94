//! Text in aligned columns, as Go's `text/tabwriter` makes them: a column is as wide as the widest of the cells that stand above each
//! other without a gap.

/// How columns are made.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// A column is at least so wide, padding included.
    pub width_min: usize,
    /// Blanks after the widest cell.
    pub padding: usize,
    /// A column does not shrink after a gap.
    pub remembers: bool,
}

/// Of tables.
pub const TABLE: Style = Style { width_min: 6, padding: 3, remembers: true };
/// Of descriptions.
pub const DESCRIPTION: Style = Style { width_min: 0, padding: 2, remembers: false };

/// Aligns lines whose cells end in tabs.
#[must_use]
pub fn align(text: &str, style: Style) -> String {
    align_further(text, style, &mut Vec::new())
}

/// Aligns lines that follow others: `remembered` holds the widths of the columns printed before, which do not shrink.
#[must_use]
pub fn align_further(text: &str, style: Style, remembered: &mut Vec<usize>) -> String {
    let mut lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let ends_with_newline = text.ends_with('\n');
    if ends_with_newline {
        lines.pop();
    }
    let mut writer =
        Writer { lines: &lines, style, widths: Vec::new(), widest: remembered.clone(), out: String::new() };
    writer.format(0, lines.len());
    let (mut out, widest) = (writer.out, writer.widest);
    *remembered = widest;
    if !ends_with_newline {
        out.pop();
    }
    out
}

struct Writer<'a> {
    lines: &'a [Vec<&'a str>],
    style: Style,
    widths: Vec<usize>,
    /// The widest that each column has been.
    widest: Vec<usize>,
    out: String,
}

impl Writer<'_> {
    /// Prints the lines from `start` to `end`, of which the columns left of this one are known.
    fn format(&mut self, mut start: usize, end: usize) {
        let column = self.widths.len();
        let mut line = start;
        while line < end {
            if column + 1 >= self.lines[line].len() {
                line += 1;
                continue;
            }
            self.print(start, line);
            start = line;
            let before = self.widest.get(column).copied().filter(|_| self.style.remembers);
            let mut width = self.style.width_min.max(before.unwrap_or(0));
            while line < end && column + 1 < self.lines[line].len() {
                width = width.max(self.lines[line][column].chars().count() + self.style.padding);
                line += 1;
            }
            match self.widest.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => self.widest.push(width),
            }
            self.widths.push(width);
            self.format(start, line);
            self.widths.pop();
            start = line;
        }
        self.print(start, end);
    }

    fn print(&mut self, start: usize, end: usize) {
        for line in start..end {
            for (column, cell) in self.lines[line].iter().enumerate() {
                self.out.push_str(cell);
                if let Some(width) = self.widths.get(column)
                    && column + 1 < self.lines[line].len()
                {
                    let blanks = width.saturating_sub(cell.chars().count());
                    self.out.extend(std::iter::repeat_n(' ', blanks));
                }
            }
            self.out.push('\n');
        }
    }
}
