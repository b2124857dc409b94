//! A small backtracking matcher for what needs it: back-references, and the longest of several alternatives.

use super::parse::Node;
use super::{Options, Span};

/// How many steps one attempt may take before the best match so far is taken.
const STEPS: u32 = 100_000;
/// How deep one attempt may go.
const DEPTH: u32 = 300;

struct Matcher<'a> {
    text: &'a str,
    options: Options,
    steps: u32,
    depth: u32,
}

type Groups = Vec<Option<Span>>;
type Rest<'a> = &'a mut dyn FnMut(&mut Matcher<'_>, usize, &mut Groups) -> bool;

/// The longest match that starts at `start`.
pub fn longest(node: &Node, groups: usize, options: Options, text: &str, start: usize) -> Option<Groups> {
    let mut matcher = Matcher { text, options, steps: STEPS, depth: 0 };
    let mut best: Option<Groups> = None;
    let mut found: Groups = vec![None; groups + 1];
    if options.word && word_before(text, start) || options.line && start != 0 {
        return None;
    }
    matcher.run(node, start, &mut found, &mut |_, end, groups| {
        let allowed = !(options.word && word_after(text, end) || options.line && end != text.len());
        let longer = best.as_ref().and_then(|best| best[0]).is_none_or(|(_, known)| end > known);
        if allowed && longer {
            let mut copy = groups.clone();
            copy[0] = Some((start, end));
            best = Some(copy);
        }
        false
    });
    best
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn word_before(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_some_and(is_word)
}

fn word_after(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(is_word)
}

impl Matcher<'_> {
    /// Matches `node` at `at`, then the rest; true if the rest says that this is enough.
    fn run(&mut self, node: &Node, at: usize, groups: &mut Groups, rest: Rest<'_>) -> bool {
        if self.steps == 0 || self.depth >= DEPTH {
            return false;
        }
        self.steps -= 1;
        self.depth += 1;
        let enough = self.node(node, at, groups, rest);
        self.depth -= 1;
        enough
    }

    fn node(&mut self, node: &Node, at: usize, groups: &mut Groups, rest: Rest<'_>) -> bool {
        match node {
            Node::Literal(_) | Node::Any | Node::Class { .. } => match self.one(node, at) {
                Some(end) => rest(self, end, groups),
                None => false,
            },
            Node::Concat(nodes) => self.sequence(nodes, at, groups, rest),
            Node::Alternate(nodes) => nodes.iter().any(|node| self.run(node, at, groups, rest)),
            Node::Group(number, inner) => self.run(inner, at, groups, &mut |matcher, end, groups| {
                let before = groups[*number].replace((at, end));
                let enough = rest(matcher, end, groups);
                if !enough {
                    groups[*number] = before;
                }
                enough
            }),
            Node::Repeat { node, min, max }
                if matches!(**node, Node::Literal(_) | Node::Any | Node::Class { .. }) =>
            {
                let mut ends = vec![at];
                while max.is_none_or(|max| ends.len() <= max as usize) {
                    let Some(end) = self.one(node, ends[ends.len() - 1]) else { break };
                    ends.push(end);
                }
                ends.iter().skip(*min as usize).rev().any(|end| rest(self, *end, groups))
            }
            Node::Repeat { node, min, max } => self.repeat(node, *min, *max, at, groups, rest),
            Node::BackReference(group) => {
                let Some((start, end)) = groups[*group] else { return false };
                let length = end - start;
                let wanted = &self.text[start..end];
                let same = self.text.get(at..at + length).is_some_and(|found| {
                    if self.options.ignore_case {
                        found.eq_ignore_ascii_case(wanted)
                    } else {
                        found == wanted
                    }
                });
                same && rest(self, at + length, groups)
            }
            Node::Empty | Node::Start | Node::End | Node::Assertion(_) => {
                self.holds(node, at) && rest(self, at, groups)
            }
        }
    }

    fn sequence(&mut self, nodes: &[Node], at: usize, groups: &mut Groups, rest: Rest<'_>) -> bool {
        match nodes.split_first() {
            None => rest(self, at, groups),
            Some((first, others)) => self.run(first, at, groups, &mut |matcher, end, groups| {
                matcher.sequence(others, end, groups, rest)
            }),
        }
    }

    fn repeat(
        &mut self,
        node: &Node,
        min: u32,
        max: Option<u32>,
        at: usize,
        groups: &mut Groups,
        rest: Rest<'_>,
    ) -> bool {
        if max != Some(0) {
            let more = self.run(node, at, groups, &mut |matcher, end, groups| {
                (end > at || min > 0)
                    && matcher.repeat(node, min.saturating_sub(1), max.map(|max| max - 1), end, groups, rest)
            });
            if more {
                return true;
            }
        }
        min == 0 && rest(self, at, groups)
    }

    /// Where a node of one character ends.
    fn one(&self, node: &Node, at: usize) -> Option<usize> {
        let letter = self.text[at..].chars().next()?;
        let fits = |letter: char| match node {
            Node::Literal(wanted) => letter == *wanted,
            Node::Class { ranges, .. } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)),
            _ => true,
        };
        let found = fits(letter)
            || self.options.ignore_case
                && (fits(letter.to_ascii_lowercase()) || fits(letter.to_ascii_uppercase()));
        let negated = matches!(node, Node::Class { negated: true, .. });
        (found != negated).then(|| at + letter.len_utf8())
    }

    fn holds(&self, node: &Node, at: usize) -> bool {
        let (before, after) = (word_before(self.text, at), word_after(self.text, at));
        let newline = |found: Option<&u8>| self.options.multiline && found == Some(&b'\n');
        let bytes = self.text.as_bytes();
        match node {
            Node::Start => at == 0 || newline(bytes.get(at - 1)),
            Node::End => at == bytes.len() || newline(bytes.get(at)),
            Node::Assertion("\\b") => before != after,
            Node::Assertion("\\B") => before == after,
            Node::Assertion("\\b{start}") => !before && after,
            Node::Assertion("\\b{end}") => before && !after,
            Node::Assertion("\\A") => at == 0,
            Node::Assertion("\\z") => at == bytes.len(),
            _ => true,
        }
    }
}
