//! Arithmetic: `$((...))`, `((...))`, indices and offsets.

use brush_parser::ast::{
    ArithmeticExpr as Expression, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

use super::Shell;
use super::variables::Value;

/// How deep the value of a variable may itself be an expression.
const DEPTH_MAX: u32 = 64;

impl Shell {
    /// The value of an expression.
    ///
    /// # Errors
    /// What bash says of a wrong one, after `name: line N: `.
    pub fn arithmetic(&mut self, text: &str) -> Result<i64, String> {
        self.arithmetic_at(text, 0)
    }

    fn arithmetic_at(&mut self, text: &str, depth: u32) -> Result<i64, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        if depth > DEPTH_MAX {
            return Err(format!("{text}: expression recursion level exceeded (error token is \"{text}\")"));
        }
        if let Ok(number) = text.parse()
            && !(text.len() > 1 && text.starts_with('0'))
        {
            return Ok(number);
        }
        let expression = brush_parser::arithmetic::parse(text).map_err(|_| {
            format!("{text}: syntax error: operand expected (error token is \"{}\")", error_token(text))
        })?;
        self.evaluate(&expression, text, depth)
    }

    fn evaluate(&mut self, expression: &Expression, text: &str, depth: u32) -> Result<i64, String> {
        Ok(match expression {
            Expression::Literal(number) => *number,
            Expression::Reference(target) => self.read_target(target, text, depth)?,
            Expression::UnaryOp(operator, inner) => {
                let value = self.evaluate(inner, text, depth)?;
                match operator {
                    UnaryOperator::UnaryPlus => value,
                    UnaryOperator::UnaryMinus => value.wrapping_neg(),
                    UnaryOperator::BitwiseNot => !value,
                    UnaryOperator::LogicalNot => i64::from(value == 0),
                }
            }
            Expression::BinaryOp(BinaryOperator::LogicalAnd, left, right) => {
                let holds = self.evaluate(left, text, depth)? != 0 && self.evaluate(right, text, depth)? != 0;
                i64::from(holds)
            }
            Expression::BinaryOp(BinaryOperator::LogicalOr, left, right) => {
                let holds = self.evaluate(left, text, depth)? != 0 || self.evaluate(right, text, depth)? != 0;
                i64::from(holds)
            }
            Expression::BinaryOp(operator, left, right) => {
                let left = self.evaluate(left, text, depth)?;
                let right = self.evaluate(right, text, depth)?;
                binary(operator, left, right, text)?
            }
            Expression::Conditional(test, yes, no) => {
                let branch = if self.evaluate(test, text, depth)? != 0 { yes } else { no };
                self.evaluate(branch, text, depth)?
            }
            Expression::Assignment(target, value) => {
                let value = self.evaluate(value, text, depth)?;
                self.write_target(target, value, text, depth)?
            }
            Expression::BinaryAssignment(operator, target, value) => {
                let value = self.evaluate(value, text, depth)?;
                let old = self.read_target(target, text, depth)?;
                self.write_target(target, binary(operator, old, value, text)?, text, depth)?
            }
            Expression::UnaryAssignment(operator, target) => {
                let old = self.read_target(target, text, depth)?;
                let (new, result) = match operator {
                    UnaryAssignmentOperator::PrefixIncrement => (old.wrapping_add(1), old.wrapping_add(1)),
                    UnaryAssignmentOperator::PrefixDecrement => (old.wrapping_sub(1), old.wrapping_sub(1)),
                    UnaryAssignmentOperator::PostfixIncrement => (old.wrapping_add(1), old),
                    UnaryAssignmentOperator::PostfixDecrement => (old.wrapping_sub(1), old),
                };
                self.write_target(target, new, text, depth)?;
                result
            }
        })
    }

    fn read_target(&mut self, target: &ArithmeticTarget, text: &str, depth: u32) -> Result<i64, String> {
        let value = match target {
            ArithmeticTarget::Variable(name) => self.scalar(name),
            ArithmeticTarget::ArrayElement(name, index) => {
                let index = self.evaluate(index, text, depth)?;
                self.element(name, &index.to_string())
            }
        };
        match value {
            Some(value) => self.arithmetic_at(&value, depth + 1),
            None if self.options.nounset => {
                let (ArithmeticTarget::Variable(name) | ArithmeticTarget::ArrayElement(name, _)) = target;
                Err(format!("{name}: unbound variable"))
            }
            None => Ok(0),
        }
    }

    fn write_target(
        &mut self,
        target: &ArithmeticTarget,
        value: i64,
        text: &str,
        depth: u32,
    ) -> Result<i64, String> {
        match target {
            ArithmeticTarget::Variable(name) => {
                if !self.variables.set(name, value.to_string()) {
                    return Err(format!("{name}: readonly variable"));
                }
            }
            ArithmeticTarget::ArrayElement(name, index) => {
                let index = self.evaluate(index, text, depth)?;
                self.set_element(name, &index.to_string(), value.to_string());
            }
        }
        Ok(value)
    }

    /// An element of an array by the text of its index.
    pub(super) fn element(&mut self, name: &str, index: &str) -> Option<String> {
        if let Some(Value::Map(elements)) = self.variables.get(name).map(|variable| &variable.value) {
            return elements.get(index).cloned();
        }
        let number = self.arithmetic(index).ok()?;
        match &self.variables.get(name)?.value {
            Value::Array(elements) => {
                let number = if number < 0 { elements.keys().last()? + 1 + number } else { number };
                elements.get(&number).cloned()
            }
            Value::Scalar(text) => (number == 0 || number == -1).then(|| text.clone()),
            Value::Map(_) | Value::Unset => None,
        }
    }

    /// Sets an element; a scalar becomes an array.
    pub(super) fn set_element(&mut self, name: &str, index: &str, text: String) {
        let is_map = matches!(self.variables.get(name).map(|variable| &variable.value), Some(Value::Map(_)));
        let number = if is_map { 0 } else { self.arithmetic(index).unwrap_or(0) };
        let variable = self.variables.entry(name);
        match &mut variable.value {
            Value::Map(elements) => {
                elements.insert(index.to_owned(), text);
            }
            Value::Array(elements) => {
                let number = if number < 0 {
                    elements.keys().last().map_or(0, |last| last + 1 + number)
                } else {
                    number
                };
                elements.insert(number, text);
            }
            value => {
                let mut elements = std::collections::BTreeMap::new();
                if let Value::Scalar(first) = value {
                    elements.insert(0, std::mem::take(first));
                }
                elements.insert(number, text);
                *value = Value::Array(elements);
            }
        }
    }
}

fn binary(operator: &BinaryOperator, left: i64, right: i64, text: &str) -> Result<i64, String> {
    use BinaryOperator as B;
    Ok(match operator {
        B::Power if right < 0 => {
            return Err(format!("{text}: exponent less than 0 (error token is \"{right}\")"));
        }
        B::Power => left.wrapping_pow(u32::try_from(right).unwrap_or(u32::MAX)),
        B::Multiply => left.wrapping_mul(right),
        B::Divide | B::Modulo if right == 0 => {
            let token = text.rsplit(['/', '%']).next().unwrap_or_default().trim();
            return Err(format!("{text}: division by 0 (error token is \"{token}\")"));
        }
        B::Divide => left.wrapping_div(right),
        B::Modulo => left.wrapping_rem(right),
        B::Comma => right,
        B::Add => left.wrapping_add(right),
        B::Subtract => left.wrapping_sub(right),
        B::ShiftLeft => left.wrapping_shl(right as u32),
        B::ShiftRight => left.wrapping_shr(right as u32),
        B::LessThan => i64::from(left < right),
        B::LessThanOrEqualTo => i64::from(left <= right),
        B::GreaterThan => i64::from(left > right),
        B::GreaterThanOrEqualTo => i64::from(left >= right),
        B::Equals => i64::from(left == right),
        B::NotEquals => i64::from(left != right),
        B::BitwiseAnd => left & right,
        B::BitwiseXor => left ^ right,
        B::BitwiseOr => left | right,
        B::LogicalAnd => i64::from(left != 0 && right != 0),
        B::LogicalOr => i64::from(left != 0 || right != 0),
    })
}

/// What bash names as the place of a syntax error: the last operator without an operand, or the text from the first
/// character that can't be part of an expression.
fn error_token(text: &str) -> &str {
    let strange = text.find(|c: char| !(c.is_alphanumeric() || "_+-*/%()<>=!&|^~?:, \t[]#".contains(c)));
    let operator = text.rfind(|c: char| "+-*/%<>=!&|^~?:,".contains(c));
    strange.or(operator).map_or(text, |at| &text[at..])
}
