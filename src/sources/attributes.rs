//! What the attributes of an element say.

use quick_xml::events::BytesStart;

use crate::model::Format;
use crate::text::html;

use super::vocabulary::Field;

/// The value of an attribute, by its name as written; entities decoded.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    if tag.attributes_raw().is_empty() {
        return None;
    }
    let mut attributes = tag.attributes();
    let found = attributes
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref().eq_ignore_ascii_case(name))?;
    Some(html::decode_entities(&found.value).into_owned())
}

/// Whether a link leads to the entry itself.
pub(super) fn is_alternate(tag: &BytesStart<'_>) -> bool {
    attribute(tag, "rel").is_none_or(|rel| {
        let rel = rel.trim();
        rel.is_empty() || rel.eq_ignore_ascii_case("alternate") || rel.ends_with("/relation/alternate")
    })
}

/// What the element leads to, by its type or medium, if it is more than text.
pub(super) fn media(tag: &BytesStart<'_>) -> Option<Format> {
    let told = |name| attribute(tag, name).and_then(|media| Format::of_media(&media));
    told("type").or_else(|| told("medium"))
}

/// Whether the element is, or leads to, an image.
pub(super) fn is_picture(field: Field, tag: &BytesStart<'_>) -> bool {
    match field {
        // Thumbnails and iTunes images are nothing else.
        Field::Picture(0 | 3) => true,
        _ => {
            attribute(tag, "type").is_some_and(|kind| kind.starts_with("image/"))
                || attribute(tag, "medium").is_some_and(|medium| medium == "image")
        }
    }
}
