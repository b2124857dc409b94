//! Runs the instructions. It can stop before any of them, to wait or to let others run, and be stored.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::builtins::{general_substitution, pieces, pure};
use super::code::{
    CONVFMT, Code, FILENAME, FNR, FS, NF, NR, OFMT, OFS, ORS, Op, Place, RLENGTH, RS, RSTART, Reading,
    SUBSEP, Separator,
};
use super::files::{Files, Got};
use super::format::format;
use super::record::{Patterns, Record, Separators, split, split_by};
use super::syntax::{Comparison, Redirection};
use super::value::Value;
use crate::program::{Io, Step};
use crate::utilities::text::regex::replace;

/// How deep functions may call each other.
const DEPTH: usize = 1_000;

/// An array; keys keep the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Array {
    entries: BTreeMap<String, (u64, Value)>,
    next: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Frame {
    back: usize,
    locals: Vec<Value>,
    /// Arrays that end with the call.
    owned: Vec<usize>,
    iterators: usize,
}

/// The state of a program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    at: usize,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    iterators: Vec<VecDeque<String>>,
    globals: Vec<Value>,
    arrays: BTreeMap<usize, Array>,
    next_array: usize,
    record: Record,
    ranges: Vec<bool>,
    outcome: f64,
    seed: Option<(u64, f64)>,
    pub files: Files,
    #[serde(skip)]
    patterns: Patterns,
}

/// Why a run stopped.
pub enum Pause {
    /// The rules have run.
    Done,
    Next,
    NextFile,
    Exit(Option<i32>),
    Wait(Step),
    /// It has run long enough for one step.
    Turn,
}

/// A run-time error.
pub type Fault = String;

impl Machine {
    pub fn new(code: &Code, files: Files) -> Self {
        let mut machine = Self {
            globals: vec![Value::Unset; code.globals.len()],
            ranges: vec![false; code.ranges],
            next_array: code.arrays.len(),
            files,
            ..Self::default()
        };
        for (index, text) in [
            (FS, " "),
            (OFS, " "),
            (ORS, "\n"),
            (RS, "\n"),
            (SUBSEP, "\x1c"),
            (CONVFMT, "%.6g"),
            (OFMT, "%.6g"),
            (FILENAME, ""),
        ] {
            machine.globals[index] = Value::Text(text.to_owned());
        }
        machine.globals[RSTART] = Value::Number(0.0);
        machine.globals[RLENGTH] = Value::Number(-1.0);
        machine
    }

    /// Assigns a variable from the command line.
    pub fn assign(&mut self, code: &mut Code, name: &str, text: &str) {
        let index = code.globals.iter().position(|known| known == name).unwrap_or_else(|| {
            code.globals.push(name.to_owned());
            self.globals.push(Value::Unset);
            code.globals.len() - 1
        });
        let value = Value::input(super::lex::unescape(text));
        let _ = self.set(Place::Global(index), value);
    }

    /// Fills an array of awk's own.
    pub fn fill(&mut self, array: usize, entries: impl Iterator<Item = (String, String)>) {
        for (key, text) in entries {
            self.store_in(array, key, Value::input(text));
        }
    }

    /// Where a run-time error came, as mawk tells it.
    pub fn place(&self) -> String {
        let [file, of_file, number] = [FILENAME, FNR, NR].map(|global| self.globals[global].text("%.6g"));
        let zero = |text: String| if text.is_empty() { "0".to_owned() } else { text };
        format!("\tFILENAME=\"{file}\" FNR={} NR={}", zero(of_file), zero(number))
    }

    /// Starts at an instruction.
    pub fn start(&mut self, at: usize) {
        self.at = at;
        self.stack.clear();
        self.frames.clear();
        self.iterators.clear();
    }

    /// Reads the next record of the operands into `$0`.
    pub fn next_record(&mut self, io: &mut Io<'_>, code: &mut Code) -> Result<bool, Result<Step, Fault>> {
        match self.input_record(io, Some(code))? {
            Some(text) => {
                self.record.set(text);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn input_record(
        &mut self,
        io: &mut Io<'_>,
        mut code: Option<&mut Code>,
    ) -> Result<Option<String>, Result<Step, Fault>> {
        loop {
            let separator = self.text_of(RS);
            match self.files.next_record(io, &separator, &mut self.patterns) {
                Got::Record(text) => {
                    for counter in [NR, FNR] {
                        self.globals[counter] = Value::Number(self.globals[counter].number() + 1.0);
                    }
                    return Ok(Some(text));
                }
                Got::File(name) => {
                    self.globals[FILENAME] = Value::Text(name);
                    self.globals[FNR] = Value::Number(0.0);
                }
                Got::Assign(name, value) => {
                    if let Some(code) = &mut code {
                        self.assign(code, &name, &value);
                    }
                }
                Got::Wait(step) => return Err(Ok(step)),
                Got::Failed(name) => {
                    let error =
                        io.stat(&name).err().map_or("Is a directory".to_owned(), |error| error.to_string());
                    return Err(Err(format!("cannot open {name} ({error})")));
                }
                Got::End => return Ok(None),
            }
        }
    }

    fn text_of(&self, global: usize) -> String {
        self.globals[global].text("%.6g")
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_default()
    }

    fn pop_text(&mut self) -> String {
        let value = self.pop();
        self.string(&value)
    }

    fn string(&self, value: &Value) -> String {
        match (value, &self.globals[CONVFMT]) {
            (Value::Number(_), Value::Text(format)) => value.text(format),
            _ => value.text("%.6g"),
        }
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn push_number(&mut self, number: f64) {
        self.stack.push(Value::Number(number));
    }

    fn with_record<T>(&mut self, act: impl FnOnce(&mut Record, &Separators<'_>, &mut Patterns) -> T) -> T {
        let (fields, output) = (self.text_of(FS), self.text_of(OFS));
        let paragraphs = matches!(&self.globals[RS], Value::Text(text) if text.is_empty());
        act(
            &mut self.record,
            &Separators { fields: &fields, paragraphs, output: &output },
            &mut self.patterns,
        )
    }

    fn get(&mut self, place: Place) -> Result<Value, Fault> {
        Ok(match place {
            Place::Global(NF) => {
                Value::Number(self.with_record(|record, by, patterns| record.count(by, patterns))? as f64)
            }
            Place::Global(index) => self.globals[index].clone(),
            Place::Local(index) => {
                self.frames.last().and_then(|frame| frame.locals.get(index)).cloned().unwrap_or_default()
            }
        })
    }

    fn set(&mut self, place: Place, value: Value) -> Result<(), Fault> {
        match place {
            Place::Global(NF) => {
                let count = value.number().max(0.0) as usize;
                self.with_record(|record, by, patterns| record.resize(count, by, patterns))?;
            }
            // The record is split by the separator that it was read under.
            Place::Global(FS) => {
                self.with_record(|record, by, patterns| record.count(by, patterns))?;
                self.globals[FS] = value;
            }
            Place::Global(index) => self.globals[index] = value,
            Place::Local(index) => {
                if let Some(local) = self.frames.last_mut().and_then(|frame| frame.locals.get_mut(index)) {
                    *local = value;
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, index: f64) -> Result<Value, Fault> {
        let index = field_index(index)?;
        self.with_record(|record, by, patterns| record.field(index, by, patterns))
    }

    fn set_field(&mut self, index: f64, value: Value) -> Result<(), Fault> {
        let index = field_index(index)?;
        self.with_record(|record, by, patterns| record.set_field(index, value, by, patterns))
    }

    fn array(&mut self, place: Place) -> usize {
        let index = match place {
            Place::Global(index) => return index,
            Place::Local(index) => index,
        };
        let next = self.next_array;
        let Some(frame) = self.frames.last_mut() else { return next };
        match frame.locals.get(index) {
            Some(Value::Array(id)) => *id,
            _ => {
                self.next_array += 1;
                frame.owned.push(next);
                if let Some(local) = frame.locals.get_mut(index) {
                    *local = Value::Array(next);
                }
                next
            }
        }
    }

    fn store_in(&mut self, array: usize, key: String, value: Value) {
        let array = self.arrays.entry(array).or_default();
        let order = array.entries.get(&key).map_or(array.next, |(order, _)| *order);
        array.next = array.next.max(order + 1);
        array.entries.insert(key, (order, value));
    }

    /// An element, which exists from then on.
    fn load_from(&mut self, array: usize, key: String) -> Value {
        if let Some((_, value)) = self.arrays.get(&array).and_then(|array| array.entries.get(&key)) {
            return value.clone();
        }
        self.store_in(array, key, Value::Unset);
        Value::Unset
    }

    /// Runs at most `budget` instructions.
    pub fn run(&mut self, io: &mut Io<'_>, code: &Code, budget: &mut u32) -> Result<Pause, Fault> {
        while let Some(op) = code.ops.get(self.at) {
            if *budget == 0 {
                return Ok(Pause::Turn);
            }
            *budget -= 1;
            self.at += 1;
            if let Some(pause) = self.control(io, code, op)? {
                return Ok(pause);
            }
        }
        Ok(Pause::Done)
    }

    /// Jumps, calls, and what may have to wait; the rest is left to `data`.
    fn control(&mut self, io: &mut Io<'_>, code: &Code, op: &Op) -> Result<Option<Pause>, Fault> {
        match op {
            Op::Jump(to) => self.at = *to,
            Op::JumpIf(to) if self.pop().truth() => self.at = *to,
            Op::JumpUnless(to) if !self.pop().truth() => self.at = *to,
            Op::JumpIfNone(to) if self.outcome <= 0.0 => self.at = *to,
            Op::JumpIfInRange(range, to) if self.ranges[*range] => self.at = *to,
            Op::JumpIf(_) | Op::JumpUnless(_) | Op::JumpIfNone(_) | Op::JumpIfInRange(..) => {}
            Op::SetRange(range, inside) => self.ranges[*range] = *inside,
            Op::NextKey(to) => match self.iterators.last_mut().and_then(VecDeque::pop_front) {
                Some(key) => self.push(Value::input(key)),
                None => self.at = *to,
            },
            Op::EndKeys => drop(self.iterators.pop()),
            Op::Call(function, count) => self.call(code, *function, *count)?,
            Op::Return => self.leave(),
            Op::Next => return Ok(Some(Pause::Next)),
            Op::NextFile => return Ok(Some(Pause::NextFile)),
            Op::Exit(valued) => {
                let status = valued.then(|| self.pop().number() as i32);
                return Ok(Some(Pause::Exit(status)));
            }
            Op::Done => return Ok(Some(Pause::Done)),
            Op::Getline(reading) => return self.getline(io, *reading),
            Op::Builtin(name, _) if name == "system" || name == "close" => return Ok(self.child(io, name)),
            Op::Builtin(name, count) => self.builtin(io, name, *count)?,
            Op::Print(count, to) => self.print(io, *count, *to)?,
            Op::Printf(count, to) => self.printf(io, *count, *to)?,
            _ => self.data(op)?,
        }
        Ok(None)
    }

    fn call(&mut self, code: &Code, function: usize, count: usize) -> Result<(), Fault> {
        if self.frames.len() >= DEPTH {
            return Err("function call nesting too deep".to_owned());
        }
        let entry = &code.functions[function];
        let mut locals = self.stack.split_off(self.stack.len().saturating_sub(count));
        locals.resize(entry.parameters.len(), Value::Unset);
        self.frames.push(Frame { back: self.at, locals, owned: Vec::new(), iterators: self.iterators.len() });
        self.at = entry.at;
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.at = frame.back;
            self.iterators.truncate(frame.iterators);
            for array in frame.owned {
                self.arrays.remove(&array);
            }
        }
    }

    fn getline(&mut self, io: &mut Io<'_>, reading: Reading) -> Result<Option<Pause>, Fault> {
        let got = match reading {
            Reading::Input => match self.input_record(io, None) {
                Ok(Some(text)) => Got::Record(text),
                Ok(None) => Got::End,
                Err(Ok(step)) => Got::Wait(step),
                Err(Err(_)) => Got::Failed(String::new()),
            },
            Reading::File | Reading::Command => {
                let value = self.stack.last().cloned().unwrap_or_default();
                let (name, separator) = (self.string(&value), self.text_of(RS));
                self.files.read(io, &name, reading == Reading::Command, &separator, &mut self.patterns)
            }
        };
        if let Got::Wait(step) = got {
            self.at -= 1;
            return Ok(Some(Pause::Wait(step)));
        }
        if reading != Reading::Input {
            self.pop();
        }
        self.outcome = match got {
            Got::Record(text) => {
                if reading == Reading::Command {
                    self.globals[NR] = Value::Number(self.globals[NR].number() + 1.0);
                }
                self.push(Value::input(text));
                1.0
            }
            Got::Failed(_) => -1.0,
            _ => 0.0,
        };
        Ok(None)
    }

    fn child(&mut self, io: &mut Io<'_>, name: &str) -> Option<Pause> {
        let value = self.stack.last().cloned().unwrap_or_default();
        let command = self.string(&value);
        let ended =
            if name == "system" { self.files.system(io, &command) } else { self.files.close(io, &command) };
        match ended {
            Ok(status) => {
                self.pop();
                self.push_number(f64::from(status));
                None
            }
            Err(step) => {
                self.at -= 1;
                Some(Pause::Wait(step))
            }
        }
    }

    fn arguments(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(count))
    }

    fn print(&mut self, io: &mut Io<'_>, count: usize, to: Option<Redirection>) -> Result<(), Fault> {
        let to = to.map(|kind| (kind, self.pop_text()));
        let arguments = self.arguments(count);
        let (separator, end, number) = (self.text_of(OFS), self.text_of(ORS), self.text_of(OFMT));
        let mut line = if count == 0 {
            self.record.text(&separator).to_owned()
        } else {
            arguments.iter().map(|value| value.text(&number)).collect::<Vec<_>>().join(&separator)
        };
        line.push_str(&end);
        self.files.write(io, to.as_ref().map(|(kind, name)| (*kind, name.as_str())), line.as_bytes())
    }

    fn printf(&mut self, io: &mut Io<'_>, count: usize, to: Option<Redirection>) -> Result<(), Fault> {
        let to = to.map(|kind| (kind, self.pop_text()));
        let arguments = self.arguments(count);
        let text = self.formatted(&arguments, "printf")?;
        self.files.write(io, to.as_ref().map(|(kind, name)| (*kind, name.as_str())), text.as_bytes())
    }

    fn formatted(&self, arguments: &[Value], name: &str) -> Result<String, Fault> {
        let text = arguments.first().map(|value| self.string(value)).unwrap_or_default();
        format(&text, &arguments[1..])
            .ok_or_else(|| format!("not enough arguments passed to {name}(\"{text}\")"))
    }

    fn builtin(&mut self, io: &mut Io<'_>, name: &str, count: usize) -> Result<(), Fault> {
        let arguments = self.arguments(count);
        let conversion = self.text_of(CONVFMT);
        if let Some(value) = pure(name, &arguments, &conversion) {
            self.push(value);
            return Ok(());
        }
        let text = |index: usize| {
            arguments.get(index).map(|value: &Value| value.text(&conversion)).unwrap_or_default()
        };
        match name {
            "sprintf" => {
                let text = self.formatted(&arguments, name)?;
                self.push(Value::Text(text));
            }
            "match" => {
                let subject = text(0);
                let found = self.patterns.get(&text(1))?.find_at(&subject, 0);
                let (start, length) = found.map_or((0.0, -1.0), |(from, to)| {
                    (subject[..from].chars().count() as f64 + 1.0, subject[from..to].chars().count() as f64)
                });
                self.globals[RSTART] = Value::Number(start);
                self.globals[RLENGTH] = Value::Number(length);
                self.push_number(start);
            }
            "gensub" => {
                let pattern = self.patterns.get(&text(0))?;
                let result = general_substitution(pattern, &text(1), &arguments[2], &text(3));
                self.push(Value::Text(result));
            }
            "rand" => {
                let (state, given) = self.seed.get_or_insert_with(|| (io.random(), 0.0)).to_owned();
                let state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                self.seed = Some((state, given));
                self.push_number((state >> 11) as f64 / (1_u64 << 53) as f64);
            }
            "srand" => {
                let seed = arguments.first().map_or(io.unix_time().0 as f64, Value::number);
                let before = self.seed.map_or(0.0, |(_, given)| given);
                self.seed = Some((seed.to_bits() ^ 0x9e37_79b9_7f4a_7c15, seed));
                self.push_number(before);
            }
            "systime" => self.push_number(io.unix_time().0 as f64),
            _ => {
                self.files.flush(io);
                self.push_number(0.0);
            }
        }
        Ok(())
    }

    /// What neither jumps nor waits.
    fn data(&mut self, op: &Op) -> Result<(), Fault> {
        match op {
            Op::Number(number) => self.push_number(*number),
            Op::Text(text) => self.push(Value::Text(text.clone())),
            Op::Get(place) => {
                let value = self.get(*place)?;
                self.push(value);
            }
            Op::Set(place) => {
                let value = self.stack.last().cloned().unwrap_or_default();
                self.set(*place, value)?;
            }
            Op::Field => {
                let index = self.pop().number();
                let value = self.field(index)?;
                self.push(value);
            }
            Op::SetField => {
                let (value, index) = (self.pop(), self.pop().number());
                self.set_field(index, value.clone())?;
                self.push(value);
            }
            Op::SetRecord => {
                let text = self.stack.last().map(|value| value.text("%.6g")).unwrap_or_default();
                self.record.set(text);
            }
            Op::Dup => self.stack.extend(self.stack.last().cloned()),
            Op::Pop => drop(self.stack.pop()),
            Op::Join(count) => {
                let separator = self.text_of(SUBSEP);
                let parts: Vec<String> =
                    self.arguments(*count).iter().map(|value| self.string(value)).collect();
                self.push(Value::Text(parts.join(&separator)));
            }
            Op::Increment(place, by, post) => {
                let before = self.get(*place)?.number();
                self.set(*place, Value::Number(before + by))?;
                self.push_number(if *post { before } else { before + by });
            }
            Op::IncrementField(by, post) => {
                let index = self.pop().number();
                let before = self.field(index)?.number();
                self.set_field(index, Value::Number(before + by))?;
                self.push_number(if *post { before } else { before + by });
            }
            Op::Outcome => self.push_number(self.outcome),
            Op::Split(array, separator) => self.split(*array, *separator)?,
            Op::Substitute(every) => self.substitute(*every)?,
            Op::Match(negated) => {
                let (source, text) = (self.pop_text(), self.pop_text());
                let found = self.patterns.get(&source)?.is_match(&text);
                self.push_number(f64::from(u8::from(found != *negated)));
            }
            Op::Negative
            | Op::Positive
            | Op::Not
            | Op::Truth
            | Op::Arithmetic(_)
            | Op::Concat
            | Op::Compare(_) => self.calculate(op),
            _ => self.array_op(op),
        }
        Ok(())
    }

    fn calculate(&mut self, op: &Op) {
        let right = self.pop();
        match op {
            Op::Negative => self.push_number(-right.number()),
            Op::Positive => self.push_number(right.number()),
            Op::Not => self.push_number(f64::from(u8::from(!right.truth()))),
            Op::Truth => self.push_number(f64::from(u8::from(right.truth()))),
            Op::Concat => {
                let mut text = self.pop_text();
                text.push_str(&self.string(&right));
                self.push(Value::Text(text));
            }
            Op::Compare(how) => {
                let left = self.pop();
                let holds = self.compare(*how, &left, &right);
                self.push_number(f64::from(u8::from(holds)));
            }
            Op::Arithmetic(operator) => {
                let (left, right) = (self.pop().number(), right.number());
                self.push_number(match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    '%' => left % right,
                    _ => libm::pow(left, right),
                });
            }
            _ => {}
        }
    }

    fn compare(&self, how: Comparison, left: &Value, right: &Value) -> bool {
        let order = if left.is_numeric() && right.is_numeric() {
            left.number().partial_cmp(&right.number())
        } else {
            Some(self.string(left).cmp(&self.string(right)))
        };
        let Some(order) = order else { return how == Comparison::NotEqual };
        match how {
            Comparison::Less => order.is_lt(),
            Comparison::LessEqual => order.is_le(),
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterEqual => order.is_ge(),
        }
    }

    fn array_op(&mut self, op: &Op) {
        match op {
            Op::Element(place) => {
                let (array, key) = (self.array(*place), self.pop_text());
                let value = self.load_from(array, key);
                self.push(value);
            }
            Op::SetElement(place) => {
                let (array, value, key) = (self.array(*place), self.pop(), self.pop_text());
                self.store_in(array, key, value.clone());
                self.push(value);
            }
            Op::IncrementElement(place, by, post) => {
                let (array, key) = (self.array(*place), self.pop_text());
                let before = self.load_from(array, key.clone()).number();
                self.store_in(array, key, Value::Number(before + by));
                self.push_number(if *post { before } else { before + by });
            }
            Op::In(place) => {
                let (array, key) = (self.array(*place), self.pop_text());
                let found = self.arrays.get(&array).is_some_and(|array| array.entries.contains_key(&key));
                self.push_number(f64::from(u8::from(found)));
            }
            Op::Delete(place) => {
                let (array, key) = (self.array(*place), self.pop_text());
                if let Some(array) = self.arrays.get_mut(&array) {
                    array.entries.remove(&key);
                }
            }
            Op::DeleteAll(place) => {
                let array = self.array(*place);
                self.arrays.remove(&array);
            }
            Op::Array(place) => {
                let array = self.array(*place);
                self.push(Value::Array(array));
            }
            Op::Length(place) => {
                let array = self.array(*place);
                self.push_number(self.arrays.get(&array).map_or(0, |array| array.entries.len()) as f64);
            }
            Op::Keys(place) => {
                let array = self.array(*place);
                let mut keys: Vec<(u64, String)> = Vec::new();
                if let Some(array) = self.arrays.get(&array) {
                    keys.extend(array.entries.iter().map(|(key, (order, _))| (*order, key.clone())));
                }
                keys.sort();
                self.iterators.push(keys.into_iter().map(|(_, key)| key).collect());
            }
            _ => {}
        }
    }

    fn split(&mut self, place: Place, separator: Separator) -> Result<(), Fault> {
        let by = match separator {
            Separator::Fields => self.text_of(FS),
            Separator::Text | Separator::Pattern => self.pop_text(),
        };
        let text = self.pop_text();
        let parts = match separator {
            Separator::Pattern => split_by(&text, self.patterns.get(&by)?)?,
            _ => split(&text, &by, false, &mut self.patterns)?,
        };
        let array = self.array(place);
        self.arrays.remove(&array);
        self.fill(
            array,
            parts.iter().enumerate().map(|(index, part)| ((index + 1).to_string(), (*part).to_owned())),
        );
        self.push_number(parts.len() as f64);
        Ok(())
    }

    fn substitute(&mut self, every: bool) -> Result<(), Fault> {
        let (replacement, source, text) = (self.pop_text(), self.pop_text(), self.pop_text());
        let (result, count) =
            replace(self.patterns.get(&source)?, &text, &pieces(&replacement, false), 1, every);
        self.outcome = count as f64;
        if count > 0 {
            self.push(Value::Text(result));
        }
        Ok(())
    }
}

fn field_index(index: f64) -> Result<usize, Fault> {
    if index < 0.0 { Err(format!("negative field index ${index}")) } else { Ok(index as usize) }
}
