//! Text and links in canonical form; the one tokeniser.

pub mod cells;
pub mod excerpt;
pub mod fold;
pub mod html;
pub(crate) mod lookalikes;
#[cfg(test)]
pub(crate) mod testing;
pub mod tokens;
pub mod url;

/// A half-open range of Unicode scalar values of the text it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}
