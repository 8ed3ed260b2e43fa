//! RSS, Atom and JSON Feed.

use super::{Document, Limits, Parsed};

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Parsed {
    let _ = (document, limits);
    todo!()
}
