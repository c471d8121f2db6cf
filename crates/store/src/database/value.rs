//! The four kinds of value that both databases agree on, and the rows that they come back in.

use std::fmt;

use crate::Fault;

/// What goes into a statement and comes out of a row.
///
/// Times are milliseconds in an `Int`, ids and JSON are `Text`. A boolean can only be read, as 0 or 1.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of a statement in the order of their numbers: `params![id, now]` are `$1` and `$2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::Value::from($value)),*] };
}

/// One row, read by column index from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self { values }
    }

    pub fn int(&self, column: usize) -> Result<i64, Fault> {
        self.optional_int(column)?.ok_or_else(|| null_at(column))
    }

    pub fn text(&self, column: usize) -> Result<&str, Fault> {
        self.optional_text(column)?.ok_or_else(|| null_at(column))
    }

    pub fn bytes(&self, column: usize) -> Result<&[u8], Fault> {
        self.optional_bytes(column)?.ok_or_else(|| null_at(column))
    }

    pub fn optional_int(&self, column: usize) -> Result<Option<i64>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Int(int) => Ok(Some(*int)),
            other => Err(mismatch(column, "an integer", other)),
        }
    }

    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(mismatch(column, "a text", other)),
        }
    }

    pub fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            other => Err(mismatch(column, "bytes", other)),
        }
    }

    fn value(&self, column: usize) -> Result<&Value, Fault> {
        let columns = self.values.len();
        self.values
            .get(column)
            .ok_or_else(|| Fault::broken(format!("column {column} was read from a row of {columns}")))
    }
}

/// Says what kind of value it is and never which one: values are password hashes, addresses and codes.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind())
    }
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

/// What a plain number in a statement's list of values is to the compiler.
impl From<i32> for Value {
    fn from(int: i32) -> Self {
        Self::Int(i64::from(int))
    }
}

impl From<u32> for Value {
    fn from(int: u32) -> Self {
        Self::Int(i64::from(int))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

fn null_at(column: usize) -> Fault {
    Fault::broken(format!("column {column} is null"))
}

fn mismatch(column: usize, wanted: &str, found: &Value) -> Fault {
    Fault::broken(format!("column {column} holds {}, not {wanted}", found.kind()))
}

#[cfg(test)]
mod tests {
    use super::{Row, Value};

    #[test]
    fn a_wrong_type_names_the_column_and_not_the_value() {
        let row = Row::new(vec![Value::Null, Value::from("secret")]);
        assert_eq!(row.int(1).unwrap_err().to_string(), "column 1 holds a text, not an integer");
        assert_eq!(row.bytes(0).unwrap_err().to_string(), "column 0 is null");
        assert_eq!(row.text(2).unwrap_err().to_string(), "column 2 was read from a row of 2");
        assert!(!format!("{row:?}").contains("secret"));
    }
}
