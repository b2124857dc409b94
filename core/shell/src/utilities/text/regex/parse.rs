//! Reads POSIX expressions and writes them for `regex-lite`.

use super::Syntax;

/// A part of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    Empty,
    Literal(char),
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Start,
    End,
    /// `\b`, `\B`, `\<`, `\>`, `` \` ``, `\'` as `regex-lite` writes them.
    Assertion(&'static str),
    Group(usize, Box<Node>),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
    },
    BackReference(usize),
}

const CLASSES: [(&str, &[(char, char)]); 12] = [
    ("alpha", &[('a', 'z'), ('A', 'Z')]),
    ("digit", &[('0', '9')]),
    ("alnum", &[('a', 'z'), ('A', 'Z'), ('0', '9')]),
    ("upper", &[('A', 'Z')]),
    ("lower", &[('a', 'z')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("print", &[(' ', '~')]),
    ("graph", &[('!', '~')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("xdigit", &[('0', '9'), ('a', 'f'), ('A', 'F')]),
];
const WORD: &[(char, char)] = &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
const UNMATCHED_BRACKET: &str = "Unmatched [, [^, [:, [., or [=";

/// The characters of a POSIX class.
pub fn class(name: &str) -> Option<&'static [(char, char)]> {
    CLASSES.iter().find(|(known, _)| *known == name).map(|(_, ranges)| *ranges)
}

impl Node {
    /// Whether this or an inner node is such.
    pub fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::Group(_, node) | Self::Repeat { node, .. } => node.any(test),
                Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().any(|node| node.any(test)),
                _ => false,
            }
    }

    /// The text, if it is nothing but text.
    pub fn literal(&self) -> Option<String> {
        match self {
            Self::Literal(letter) => Some(letter.to_string()),
            Self::Concat(nodes) => nodes
                .iter()
                .map(|node| if let Self::Literal(letter) = node { Some(*letter) } else { None })
                .collect(),
            _ => None,
        }
    }

    /// Appends it in the syntax of `regex-lite`.
    pub fn write(&self, text: &mut String) {
        match self {
            Self::Empty => {}
            Self::Literal(letter) => escape(*letter, text),
            Self::Any => text.push('.'),
            Self::Class { negated, ranges } => {
                text.push_str(if *negated { "[^" } else { "[" });
                for (from, to) in ranges {
                    escape(*from, text);
                    text.push('-');
                    escape(*to, text);
                }
                text.push(']');
            }
            Self::Start => text.push('^'),
            Self::End => text.push('$'),
            Self::Assertion(assertion) => text.push_str(assertion),
            Self::Group(_, node) => {
                text.push('(');
                node.write(text);
                text.push(')');
            }
            Self::Concat(nodes) => nodes.iter().for_each(|node| node.write(text)),
            Self::Alternate(nodes) => {
                text.push_str("(?:");
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        text.push('|');
                    }
                    node.write(text);
                }
                text.push(')');
            }
            Self::Repeat { node, min, max } => {
                text.push_str("(?:");
                node.write(text);
                text.push(')');
                match (min, max) {
                    (0, None) => text.push('*'),
                    (1, None) => text.push('+'),
                    (0, Some(1)) => text.push('?'),
                    (min, None) => text.push_str(&format!("{{{min},}}")),
                    (min, Some(max)) => text.push_str(&format!("{{{min},{max}}}")),
                }
            }
            Self::BackReference(_) => {}
        }
    }
}

fn escape(letter: char, text: &mut String) {
    // Behind a backslash these two are edges of words.
    if letter.is_ascii_punctuation() && !matches!(letter, '<' | '>') {
        text.push('\\');
    }
    text.push(letter);
}

/// Reads an expression; gives it and the number of its groups.
pub fn parse(source: &str, syntax: Syntax) -> Result<(Node, usize), String> {
    let mut parser = Parser {
        letters: source.chars().collect(),
        at: 0,
        extended: matches!(syntax, Syntax::Extended | Syntax::SedExtended | Syntax::Awk),
        escapes: matches!(syntax, Syntax::SedBasic | Syntax::SedExtended | Syntax::Awk),
        awk: syntax == Syntax::Awk,
        literal_parenthesis: syntax == Syntax::Extended,
        groups: 0,
        closed: Vec::new(),
        depth: 0,
    };
    let node = parser.alternatives()?;
    if parser.at < parser.letters.len() {
        return Err("Unmatched ) or \\)".to_owned());
    }
    Ok((node, parser.groups))
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    extended: bool,
    escapes: bool,
    /// A backslash quotes in brackets too.
    awk: bool,
    /// An unmatched `)` stands for itself.
    literal_parenthesis: bool,
    groups: usize,
    closed: Vec<usize>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Whether an operator (`(`, `|`, `{`...) stands here: bare in an extended expression, after a backslash in a basic one.
    fn operator(&self, operator: char) -> bool {
        if self.extended {
            self.peek() == Some(operator)
        } else {
            self.peek() == Some('\\') && self.letters.get(self.at + 1) == Some(&operator)
        }
    }

    fn width(&self) -> usize {
        if self.extended { 1 } else { 2 }
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut branches = vec![self.sequence()?];
        while self.operator('|') {
            self.at += self.width();
            branches.push(self.sequence()?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternate(branches) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes: Vec<Node> = Vec::new();
        loop {
            if self.peek().is_none()
                || self.operator('|')
                || self.operator(')') && !(self.literal_parenthesis && self.depth == 0)
            {
                break;
            }
            let first = nodes.iter().all(|node| *node == Node::Start);
            if let Some((min, max)) = self.quantifier(first)? {
                let Some(node) = nodes.pop() else { continue };
                nodes.push(Node::Repeat { node: Box::new(node), min, max });
                continue;
            }
            let atom = self.atom(nodes.is_empty())?;
            nodes.push(atom);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    fn quantifier(&mut self, first: bool) -> Result<Option<(u32, Option<u32>)>, String> {
        if self.peek() == Some('*') {
            if first && !self.extended {
                return Ok(None);
            }
            self.at += 1;
            return Ok(Some((0, None)));
        }
        for (operator, bounds) in [('+', (1, None)), ('?', (0, Some(1)))] {
            if (self.extended || !first) && self.operator(operator) {
                self.at += self.width();
                return Ok(Some(bounds));
            }
        }
        if !self.operator('{') || first {
            return Ok(None);
        }
        let start = self.at;
        self.at += self.width();
        let min = self.number();
        let (mut max, mut comma) = (min, false);
        if self.peek() == Some(',') {
            self.at += 1;
            comma = true;
            max = self.number();
        }
        if self.operator('}') && (min.is_some() || comma) {
            self.at += self.width();
            let min = min.unwrap_or(0);
            if max.is_some_and(|max| max < min) {
                return Err("Invalid content of \\{\\}".to_owned());
            }
            if min.max(max.unwrap_or(0)) > 32767 {
                return Err("Regular expression too big".to_owned());
            }
            return Ok(Some((min, max)));
        }
        if self.extended {
            self.at = start;
            return Ok(None);
        }
        Err(if self.at >= self.letters.len() { "Unmatched \\{" } else { "Invalid content of \\{\\}" }
            .to_owned())
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.letters[start..self.at].iter().collect();
        if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX)) }
    }

    fn atom(&mut self, first: bool) -> Result<Node, String> {
        if self.operator('(') {
            return self.group();
        }
        let Some(letter) = self.peek() else { return Ok(Node::Empty) };
        self.at += 1;
        Ok(match letter {
            '.' => Node::Any,
            '[' => self.bracket()?,
            '^' if self.extended || first => Node::Start,
            '$' if self.extended || self.peek().is_none() || self.operator(')') || self.operator('|') => {
                Node::End
            }
            '\\' => self.escaped()?,
            _ => Node::Literal(letter),
        })
    }

    fn group(&mut self) -> Result<Node, String> {
        self.at += self.width();
        self.groups += 1;
        self.depth += 1;
        if self.depth > 40 {
            return Err("Regular expression too big".to_owned());
        }
        let number = self.groups;
        let inner = self.alternatives()?;
        if !self.operator(')') {
            return Err("Unmatched ( or \\(".to_owned());
        }
        self.at += self.width();
        self.depth -= 1;
        self.closed.push(number);
        Ok(Node::Group(number, Box::new(inner)))
    }

    fn escaped(&mut self) -> Result<Node, String> {
        let Some(letter) = self.peek() else { return Err("Trailing backslash".to_owned()) };
        self.at += 1;
        let class = |ranges: &[(char, char)], negated| Node::Class { negated, ranges: ranges.to_vec() };
        Ok(match letter {
            'w' => class(WORD, false),
            'W' => class(WORD, true),
            's' => class(&[('\t', '\r'), (' ', ' ')], false),
            'S' => class(&[('\t', '\r'), (' ', ' ')], true),
            'b' => Node::Assertion("\\b"),
            'B' => Node::Assertion("\\B"),
            '<' => Node::Assertion("\\b{start}"),
            '>' => Node::Assertion("\\b{end}"),
            '`' => Node::Assertion("\\A"),
            '\'' => Node::Assertion("\\z"),
            '1'..='9' => {
                let group = letter as usize - '0' as usize;
                if !self.closed.contains(&group) {
                    return Err("Invalid back reference".to_owned());
                }
                Node::BackReference(group)
            }
            'n' if self.escapes => Node::Literal('\n'),
            't' if self.escapes => Node::Literal('\t'),
            'r' if self.escapes => Node::Literal('\r'),
            'f' if self.escapes => Node::Literal('\x0c'),
            'v' if self.escapes => Node::Literal('\x0b'),
            'a' if self.escapes => Node::Literal('\x07'),
            'x' if self.escapes => self.hexadecimal(),
            _ => Node::Literal(letter),
        })
    }

    fn hexadecimal(&mut self) -> Node {
        let digits: String =
            self.letters[self.at..].iter().take(2).take_while(|letter| letter.is_ascii_hexdigit()).collect();
        self.at += digits.len();
        Node::Literal(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('x'))
    }

    fn bracket(&mut self) -> Result<Node, String> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let start = self.at;
        loop {
            let Some(letter) = self.peek() else { return Err(UNMATCHED_BRACKET.to_owned()) };
            if letter == ']' && self.at > start {
                self.at += 1;
                return Ok(Node::Class { negated, ranges });
            }
            if letter == '[' && self.letters.get(self.at + 1) == Some(&':') {
                let name = self.named(':')?;
                ranges.extend_from_slice(class(&name).ok_or("Invalid character class name")?);
                continue;
            }
            let from = self.member()?;
            let is_range =
                self.peek() == Some('-') && self.letters.get(self.at + 1).is_some_and(|next| *next != ']');
            if !is_range {
                ranges.push((from, from));
                continue;
            }
            self.at += 1;
            let to = self.member()?;
            if to < from {
                return Err("Invalid range end".to_owned());
            }
            ranges.push((from, to));
        }
    }

    fn member(&mut self) -> Result<char, String> {
        let Some(letter) = self.peek() else { return Err(UNMATCHED_BRACKET.to_owned()) };
        let next = self.letters.get(self.at + 1).copied();
        if letter == '[' && matches!(next, Some('.' | '=')) {
            let name = self.named(next.unwrap_or('.'))?;
            return name.chars().next().ok_or_else(|| "Invalid collation character".to_owned());
        }
        self.at += 1;
        if letter == '\\' && self.escapes {
            let known = match next {
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                Some('f') => Some('\x0c'),
                Some('v') => Some('\x0b'),
                other if self.awk => other,
                _ => None,
            };
            if let Some(known) = known {
                self.at += 1;
                return Ok(known);
            }
        }
        Ok(letter)
    }

    fn named(&mut self, kind: char) -> Result<String, String> {
        self.at += 2;
        let start = self.at;
        while self.at + 1 < self.letters.len() {
            if self.letters[self.at] == kind && self.letters[self.at + 1] == ']' {
                let name = self.letters[start..self.at].iter().collect();
                self.at += 2;
                return Ok(name);
            }
            self.at += 1;
        }
        Err(UNMATCHED_BRACKET.to_owned())
    }
}
