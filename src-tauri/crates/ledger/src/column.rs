//! Stores values for which SQLite has no type.

use catalog::{Dialect, EndpointId, MicroDollars, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use health::{Blame, Level};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Error, Row, ToSql};

/// A value that is written to or read from a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Col<T>(pub(crate) T);

pub(crate) fn get<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    Col<T>: FromSql,
{
    Ok(row.get::<_, Col<T>>(column)?.0)
}

/// `None` if the column is NULL.
pub(crate) fn maybe<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    Col<T>: FromSql,
{
    Ok(row.get::<_, Option<Col<T>>>(column)?.map(|found| found.0))
}

/// `None`: a value of the row is not of its column's kind, as another program or a damaged disk may have left it. It must not
/// hide the other rows.
pub(crate) fn readable<T>(row: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..),
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

impl ToSql for Col<DateTime<Utc>> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.timestamp_millis().into())
    }
}

impl FromSql for Col<DateTime<Utc>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let ms = value.as_i64()?;
        DateTime::from_timestamp_millis(ms)
            .map(Col)
            .ok_or(FromSqlError::OutOfRange(ms))
    }
}

impl ToSql for Col<u64> {
    /// SQLite's integers are signed. A larger count is stored as the maximum: the figure is wrong, but the exchange is
    /// not lost.
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Col<u64> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let count = value.as_i64()?;
        u64::try_from(count)
            .map(Col)
            .map_err(|_| FromSqlError::OutOfRange(count))
    }
}

impl ToSql for Col<MicroDollars> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.0.into())
    }
}

impl FromSql for Col<MicroDollars> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Col(MicroDollars(value.as_i64()?)))
    }
}

/// Ids are borrowed for writing and owned after reading.
macro_rules! ids {
    ($($id:ident),+) => {$(
        impl ToSql for Col<&$id> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.as_str().into())
            }
        }

        impl FromSql for Col<$id> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Ok(Col($id::new(value.as_str()?)))
            }
        }
    )+};
}

ids!(ProviderId, EndpointId, ModelId);

/// Enums are stored as text, so that other programs can read the file.
macro_rules! words {
    ($type:ty, $word:expr, $all:expr) => {
        impl rusqlite::ToSql for $crate::column::Col<$type> {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok($word(self.0).into())
            }
        }

        impl rusqlite::types::FromSql for $crate::column::Col<$type> {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                let text = value.as_str()?;
                $all.into_iter()
                    .find(|known| $word(*known) == text)
                    .map($crate::column::Col)
                    .ok_or_else(|| $crate::column::unknown_word(text))
            }
        }
    };
}

/// Declares an enum that is stored as text.
macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The text in the file.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        $crate::column::words!($name, $name::as_str, $name::ALL.iter().copied());
    };
}

pub(crate) use {word_enum, words};

pub(crate) fn unknown_word(text: &str) -> FromSqlError {
    FromSqlError::Other(format!("the unknown word \"{text}\"").into())
}

words!(Dialect, Dialect::as_str, Dialect::ALL);
words!(
    Level,
    level_word,
    [
        Level::Operational,
        Level::Maintenance,
        Level::Degraded,
        Level::PartialOutage,
        Level::MajorOutage,
    ]
);
words!(
    Blame,
    blame_word,
    [
        Blame::Them,
        Blame::Us,
        Blame::SharedInfrastructure,
        Blame::Undetermined,
    ]
);

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Operational => "operational",
        Level::Maintenance => "maintenance",
        Level::Degraded => "degraded",
        Level::PartialOutage => "partial_outage",
        Level::MajorOutage => "major_outage",
    }
}

fn blame_word(blame: Blame) -> &'static str {
    match blame {
        Blame::Them => "them",
        Blame::Us => "us",
        Blame::SharedInfrastructure => "shared_infrastructure",
        Blame::Undetermined => "undetermined",
    }
}
