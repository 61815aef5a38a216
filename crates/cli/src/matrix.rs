//! Who may call what, subjects against routes, and the forms it is written in: for `gatepost matrix`
//! and for the explorer.

mod cell;
mod columns;
pub(crate) mod csv;
mod decided;
pub(crate) mod html;
pub(crate) mod json;
mod table;
pub(crate) mod text;

pub(crate) use self::cell::{Kind, reason, reason_of};
pub(crate) use self::columns::{Column, Columns};
pub(crate) use self::decided::Known;
pub(crate) use self::table::{Row, Table};
