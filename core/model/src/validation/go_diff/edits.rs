//! How one sequence becomes another.
//!
//! The search is greedy, as the API server's is, so that it takes a time linear in the lengths and may miss the shortest way: it goes
//! from both ends in turns, looks along a diagonal through its frontier for the nearest pair that is equal, takes it and all equal
//! pairs behind it, and steps the frontier towards the other end.

/// How like two elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Equal,
    /// One may be told as the other, changed.
    Similar,
    Unlike,
}

/// One step of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Same,
    Changed,
    Removed,
    Inserted,
}

/// Steps tried in vain for each element, before the rest is taken as it comes.
const PATIENCE: isize = 4;

/// How far one end's search has come, counted from that end.
struct Way {
    old: isize,
    new: isize,
    frontier: (isize, isize),
    edits: Vec<Edit>,
}

impl Way {
    fn start() -> Self {
        Self { old: 0, new: 0, frontier: (0, 0), edits: Vec::new() }
    }

    fn go(&mut self, edit: Edit) {
        self.old += isize::from(edit != Edit::Inserted);
        self.new += isize::from(edit != Edit::Removed);
        self.edits.push(edit);
    }

    /// Goes to a place without looking for better ways. Where as many old as new elements are left, `first` goes first.
    fn reach(&mut self, (old, new): (isize, isize), first: Edit, like: &impl Fn(isize, isize) -> Likeness) {
        while self.old < old && self.new < new {
            let (olds, news) = (old - self.old, new - self.new);
            let edit = match like(self.old, self.new) {
                Likeness::Equal => Edit::Same,
                Likeness::Similar => Edit::Changed,
                Likeness::Unlike if olds > news => Edit::Removed,
                Likeness::Unlike if olds < news => Edit::Inserted,
                Likeness::Unlike => first,
            };
            self.go(edit);
        }
        while self.old < old {
            self.go(Edit::Removed);
        }
        while self.new < new {
            self.go(Edit::Inserted);
        }
    }

    /// Looks for the nearest equal pair short of `end`, which the other way has reached.
    fn search(
        &mut self,
        end: (isize, isize),
        first: Edit,
        patience: &mut isize,
        like: &impl Fn(isize, isize) -> Likeness,
    ) {
        let (mut right, mut left) = (true, true);
        let mut turn = 0;
        while (right || left) && *patience > 0 {
            let aside = if turn % 2 == 0 { turn / 2 } else { -(turn + 1) / 2 };
            turn += 1;
            let (old, new) = (self.frontier.0 + aside, self.frontier.1 - aside);
            if old >= end.0 || new < self.new {
                right = false;
            } else if new >= end.1 || old < self.old {
                left = false;
            } else if like(old, new) == Likeness::Equal {
                self.reach((old, new), first, like);
                while self.old < end.0 && self.new < end.1 && like(self.old, self.new) == Likeness::Equal {
                    self.go(Edit::Same);
                }
                self.frontier = (self.old, self.new);
                break;
            } else {
                *patience -= 1;
            }
        }
        if end.0 - self.frontier.0 >= end.1 - self.frontier.1 {
            self.frontier.0 += 1;
        } else {
            self.frontier.1 += 1;
        }
    }
}

/// The steps from a sequence of `old` elements to one of `new` elements.
pub(super) fn edits(old: usize, new: usize, like: impl Fn(usize, usize) -> Likeness) -> Vec<Edit> {
    let (olds, news) = (old.cast_signed(), new.cast_signed());
    let from_start = |i: isize, j: isize| like(i.unsigned_abs(), j.unsigned_abs());
    let from_end = |i: isize, j: isize| from_start(olds - 1 - i, news - 1 - j);
    let (mut head, mut tail) = (Way::start(), Way::start());
    let mut patience = PATIENCE * (olds + news);
    let mut forward = true;
    while head.frontier.0 + tail.frontier.0 < olds && head.frontier.1 + tail.frontier.1 < news && patience > 0
    {
        if forward {
            let end = (olds - tail.old, news - tail.new);
            head.search(end, Edit::Removed, &mut patience, &from_start);
        } else {
            let end = (olds - head.old, news - head.new);
            tail.search(end, Edit::Inserted, &mut patience, &from_end);
        }
        forward = !forward;
    }
    head.reach((olds - tail.old, news - tail.new), Edit::Removed, &from_start);
    head.edits.extend(tail.edits.into_iter().rev());
    head.edits
}
