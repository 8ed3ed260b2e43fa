//! Markup to plain text.

use std::borrow::Cow;

/// The text a person would read: tags, scripts and styles dropped, blocks parted by line breaks, entities
/// decoded, white space collapsed.
pub fn plain(html: &str) -> String {
    let _ = html;
    todo!()
}

/// Named and numeric character references decoded, nothing else touched.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    let _ = text;
    todo!()
}
