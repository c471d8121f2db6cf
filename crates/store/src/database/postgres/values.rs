//! Values on their way to the server and back.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::fault;
use crate::Fault;
use crate::database::{Row, Value};

pub(super) fn typed(values: &[Value]) -> impl Iterator<Item = (&Value, Type)> {
    values.iter().map(|value| {
        let named = match value {
            // The server infers it from the text, as it does for prepared statements.
            Value::Null => Type::UNKNOWN,
            Value::Int(_) => Type::INT8,
            Value::Text(_) => Type::TEXT,
            Value::Bytes(_) => Type::BYTEA,
        };
        (value, named)
    })
}

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, wanted) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(int), &Type::INT8) => int.to_sql(wanted, out),
            (Self::Text(text), &Type::TEXT) => text.to_sql(wanted, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(wanted, out),
            _ => Err(format!("{} was given for a parameter of type {wanted}", self.kind()).into()),
        }
    }

    fn accepts(_wanted: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

pub(super) fn decode_row(row: &tokio_postgres::Row) -> Result<Row, Fault> {
    let decode = |(index, column): (usize, &tokio_postgres::Column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
            Type::INT4 => row.try_get::<_, Option<i32>>(index).map(|int| int.map(i64::from).into()),
            Type::BOOL => row.try_get::<_, Option<bool>>(index).map(|bool| bool.map(i64::from).into()),
            Type::TEXT => row.try_get::<_, Option<String>>(index).map(Value::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(Value::from),
            ref other => {
                return Err(Fault::broken(format!(
                    "column {index} has the type {other}: cast it to BIGINT, TEXT or BYTEA"
                )));
            }
        };
        value.map_err(fault)
    };
    row.columns().iter().enumerate().map(decode).collect::<Result<_, Fault>>().map(Row::new)
}
