//! `test`, `[`, and the tests of `[[ ]]` that need no shell.

use brush_parser::ast::{BinaryPredicate, UnaryPredicate};

use super::options::is_busybox;
use crate::file_system::{FileKind, Metadata};
use crate::io::Io;

/// `test` and `[` as programs.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    match evaluate(io, args) {
        Ok(holds) => i32::from(!holds),
        Err(message) => {
            io.err(&format!("{message}\n"));
            2
        }
    }
}

/// Whether the condition holds.
///
/// # Errors
/// What is wrong with it, with the name of the command.
pub fn evaluate(io: &Io<'_>, args: &[String]) -> Result<bool, String> {
    let name = args.first().map_or("test", String::as_str).rsplit('/').next().unwrap_or("test").to_owned();
    let mut words: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    if name == "[" && words.pop() != Some("]") {
        return Err(if is_busybox(io) { "[: missing ]" } else { "[: missing `]'" }.to_owned());
    }
    Parser { words: &words, at: 0 }.whole(io).map_err(|message| match is_busybox(io) {
        true => format!("{name}: {}", busybox_message(&message, &words)),
        false => format!("{name}: {message}"),
    })
}

/// What BusyBox says instead.
fn busybox_message(message: &str, words: &[&str]) -> String {
    match message.strip_suffix(": integer expression expected") {
        Some(word) => format!("{word}: bad number"),
        None => format!("{}: unknown operand", words.get(1).unwrap_or(&"")),
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Parser<'_> {
    fn whole(&mut self, io: &Io<'_>) -> Result<bool, String> {
        match self.words {
            [] => Ok(false),
            [one] => Ok(!one.is_empty()),
            ["!", one] => Ok(one.is_empty()),
            // With three words an operator in the middle wins over everything.
            [left, operator, right] if binary_operator(operator).is_some() => test(io, left, operator, right),
            _ => {
                let holds = self.either(io)?;
                match self.words.get(self.at) {
                    None => Ok(holds),
                    Some(_) => Err("too many arguments".to_owned()),
                }
            }
        }
    }

    fn either(&mut self, io: &Io<'_>) -> Result<bool, String> {
        let mut holds = self.both(io)?;
        while self.words.get(self.at) == Some(&"-o") {
            self.at += 1;
            holds |= self.both(io)?;
        }
        Ok(holds)
    }

    fn both(&mut self, io: &Io<'_>) -> Result<bool, String> {
        let mut holds = self.primary(io)?;
        while self.words.get(self.at) == Some(&"-a") {
            self.at += 1;
            holds &= self.primary(io)?;
        }
        Ok(holds)
    }

    fn primary(&mut self, io: &Io<'_>) -> Result<bool, String> {
        let Some(word) = self.words.get(self.at).copied() else { return Err("argument expected".to_owned()) };
        let next = self.words.get(self.at + 1).copied();
        if let (Some(operator), Some(right)) = (next, self.words.get(self.at + 2))
            && binary_operator(operator).is_some()
        {
            self.at += 3;
            return test(io, word, operator, right);
        }
        match word {
            "!" => {
                self.at += 1;
                self.primary(io).map(|holds| !holds)
            }
            "(" => {
                self.at += 1;
                let holds = self.either(io)?;
                if self.words.get(self.at) != Some(&")") {
                    return Err("`)' expected".to_owned());
                }
                self.at += 1;
                Ok(holds)
            }
            _ => match (unary_operator(word), next) {
                (Some(predicate), Some(operand)) => {
                    self.at += 2;
                    Ok(unary(io, &predicate, operand))
                }
                (None, Some(operand))
                    if word.starts_with('-') && word.len() == 2 && self.words.len() == 2 =>
                {
                    let _ = operand;
                    Err(format!("{word}: unary operator expected"))
                }
                (None, Some(operator)) if self.at == 0 && self.words.len() == 3 => {
                    Err(format!("{operator}: binary operator expected"))
                }
                (None, Some(_)) if self.at == 0 && self.words.len() == 2 => {
                    Err(format!("{word}: unary operator expected"))
                }
                _ => {
                    self.at += 1;
                    Ok(!word.is_empty())
                }
            },
        }
    }
}

fn test(io: &Io<'_>, left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let Some(predicate) = binary_operator(operator) else {
        return Err(format!("{operator}: binary operator expected"));
    };
    if operator.starts_with('-') && !matches!(operator, "-nt" | "-ot" | "-ef") {
        let number = |text: &str| {
            text.trim().parse::<i64>().map_err(|_| format!("{text}: integer expression expected"))
        };
        return Ok(compare(&predicate, number(left)?, number(right)?));
    }
    // BusyBox's compares times of files that are both there.
    let missing = is_busybox(io) && (io.stat(left).is_err() || io.stat(right).is_err());
    if missing && matches!(operator, "-nt" | "-ot") {
        return Ok(false);
    }
    Ok(binary(io, &predicate, left, right))
}

fn binary_operator(operator: &str) -> Option<BinaryPredicate> {
    use BinaryPredicate as B;
    Some(match operator {
        "=" | "==" => B::StringExactlyMatchesString,
        "!=" => B::StringDoesNotExactlyMatchString,
        "<" => B::LeftSortsBeforeRight,
        ">" => B::LeftSortsAfterRight,
        "-eq" => B::ArithmeticEqualTo,
        "-ne" => B::ArithmeticNotEqualTo,
        "-lt" => B::ArithmeticLessThan,
        "-le" => B::ArithmeticLessThanOrEqualTo,
        "-gt" => B::ArithmeticGreaterThan,
        "-ge" => B::ArithmeticGreaterThanOrEqualTo,
        "-nt" => B::LeftFileIsNewerOrExistsWhenRightDoesNot,
        "-ot" => B::LeftFileIsOlderOrDoesNotExistWhenRightDoes,
        "-ef" => B::FilesReferToSameDeviceAndInodeNumbers,
        _ => return None,
    })
}

fn unary_operator(operator: &str) -> Option<UnaryPredicate> {
    use UnaryPredicate as U;
    Some(match operator {
        "-a" | "-e" => U::FileExists,
        "-b" => U::FileExistsAndIsBlockSpecialFile,
        "-c" => U::FileExistsAndIsCharSpecialFile,
        "-d" => U::FileExistsAndIsDir,
        "-f" => U::FileExistsAndIsRegularFile,
        "-g" => U::FileExistsAndIsSetgid,
        "-h" | "-L" => U::FileExistsAndIsSymlink,
        "-k" => U::FileExistsAndHasStickyBit,
        "-p" => U::FileExistsAndIsFifo,
        "-r" => U::FileExistsAndIsReadable,
        "-s" => U::FileExistsAndIsNotZeroLength,
        "-t" => U::FdIsOpenTerminal,
        "-u" => U::FileExistsAndIsSetuid,
        "-w" => U::FileExistsAndIsWritable,
        "-x" => U::FileExistsAndIsExecutable,
        "-G" => U::FileExistsAndOwnedByEffectiveGroupId,
        "-O" => U::FileExistsAndOwnedByEffectiveUserId,
        "-S" => U::FileExistsAndIsSocket,
        "-z" => U::StringHasZeroLength,
        "-n" => U::StringHasNonZeroLength,
        _ => return None,
    })
}

/// A test of one operand.
#[must_use]
pub fn unary(io: &Io<'_>, predicate: &UnaryPredicate, operand: &str) -> bool {
    use UnaryPredicate as U;
    let file = |holds: &dyn Fn(&Metadata) -> bool| io.stat(operand).is_ok_and(|metadata| holds(&metadata));
    match predicate {
        U::StringHasZeroLength => operand.is_empty(),
        U::StringHasNonZeroLength => !operand.is_empty(),
        U::FileExists => io.stat(operand).is_ok(),
        U::FileExistsAndIsDir => file(&|metadata| metadata.is_folder()),
        U::FileExistsAndIsRegularFile => file(&|metadata| metadata.is_file()),
        U::FileExistsAndIsSymlink => io.lstat(operand).is_ok_and(|metadata| metadata.is_symlink()),
        U::FileExistsAndIsNotZeroLength => file(&|metadata| metadata.size > 0),
        U::FileExistsAndIsReadable => file(&|metadata| allowed(io, metadata, 4)),
        U::FileExistsAndIsWritable => file(&|metadata| allowed(io, metadata, 2)),
        U::FileExistsAndIsExecutable => file(&|metadata| allowed(io, metadata, 1)),
        U::FileExistsAndIsCharSpecialFile => file(&|metadata| metadata.kind == FileKind::Device),
        U::FileExistsAndIsFifo => file(&|metadata| metadata.kind == FileKind::Pipe),
        U::FileExistsAndIsSetgid => file(&|metadata| metadata.mode & 0o2000 != 0),
        U::FileExistsAndIsSetuid => file(&|metadata| metadata.mode & 0o4000 != 0),
        U::FileExistsAndHasStickyBit => file(&|metadata| metadata.mode & 0o1000 != 0),
        U::FileExistsAndOwnedByEffectiveUserId => file(&|metadata| metadata.uid == io.user().0),
        U::FileExistsAndOwnedByEffectiveGroupId => file(&|metadata| metadata.gid == io.user().1),
        U::FdIsOpenTerminal => operand.parse().is_ok_and(|fd| io.is_terminal(fd)),
        _ => false,
    }
}

fn allowed(io: &Io<'_>, metadata: &Metadata, access: u32) -> bool {
    let context = io.context();
    if context.uid == 0 {
        return access != 1 || metadata.is_folder() || metadata.mode & 0o111 != 0;
    }
    let shift = if metadata.uid == context.uid {
        6
    } else if context.groups.contains(&metadata.gid) {
        3
    } else {
        0
    };
    (metadata.mode >> shift) & access == access
}

/// A test of two texts or files.
#[must_use]
pub fn binary(io: &Io<'_>, predicate: &BinaryPredicate, left: &str, right: &str) -> bool {
    use BinaryPredicate as B;
    let modified = |path: &str| io.stat(path).ok().map(|metadata| metadata.modified);
    match predicate {
        B::StringExactlyMatchesString => left == right,
        B::StringDoesNotExactlyMatchString => left != right,
        B::StringContainsSubstring => left.contains(right),
        B::LeftSortsBeforeRight => left < right,
        B::LeftSortsAfterRight => left > right,
        B::LeftFileIsNewerOrExistsWhenRightDoesNot => modified(left) > modified(right),
        B::LeftFileIsOlderOrDoesNotExistWhenRightDoes => modified(left) < modified(right),
        B::FilesReferToSameDeviceAndInodeNumbers => match (io.stat(left), io.stat(right)) {
            (Ok(left), Ok(right)) => (left.tree, left.ino) == (right.tree, right.ino),
            _ => false,
        },
        _ => false,
    }
}

/// A test of two numbers.
#[must_use]
pub fn compare(predicate: &BinaryPredicate, left: i64, right: i64) -> bool {
    use BinaryPredicate as B;
    match predicate {
        B::ArithmeticEqualTo => left == right,
        B::ArithmeticNotEqualTo => left != right,
        B::ArithmeticLessThan => left < right,
        B::ArithmeticLessThanOrEqualTo => left <= right,
        B::ArithmeticGreaterThan => left > right,
        B::ArithmeticGreaterThanOrEqualTo => left >= right,
        _ => false,
    }
}
