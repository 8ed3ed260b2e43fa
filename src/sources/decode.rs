//! Bytes to text: which encoding a document is in, whatever it says.
//!
//! After it there is only valid Unicode without control characters, so that no reader has to think of
//! encodings again.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a document, and what had to be repaired to have it, for people.
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub repaired: Option<String>,
}

/// By byte order mark, `charset` of the content type, XML declaration; UTF-8 where it is valid, else
/// windows-1252 for the bytes that are not.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    let mut decoded = text_of(bytes, content_type);
    if has_controls(&decoded.text) {
        decoded.text = Cow::Owned(decoded.text.replace(is_control, ""));
        decoded.repaired.get_or_insert_with(|| "control characters were left out".to_owned());
    }
    decoded
}

fn text_of<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    // UTF-32's mark begins like UTF-16's.
    if let Some((big_endian, marked)) = utf_32(bytes) {
        let body = if marked { &bytes[4..] } else { bytes };
        return Decoded { text: Cow::Owned(decode_utf_32(body, big_endian)), repaired: None };
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[length..]);
    }
    match bytes {
        [0, b'<' | b'{' | b' ' | b'\n', 0, _, ..] => return with(UTF_16BE, bytes),
        [b'<' | b'{' | b' ' | b'\n', 0, _, 0, ..] => return with(UTF_16LE, bytes),
        _ => {}
    }
    let declared = content_type.and_then(charset).or_else(|| declaration(bytes));
    match (declared, std::str::from_utf8(bytes)) {
        // It writes everything in seven bits.
        (Some(encoding), Ok(text)) if encoding == ISO_2022_JP && text.is_ascii() => with(encoding, bytes),
        // Bytes that are text without being ASCII are hardly ever valid UTF-8 by accident: where a
        // declaration of one byte a character says otherwise, it is the declaration that is wrong.
        (None, Ok(text)) => Decoded { text: Cow::Borrowed(text), repaired: None },
        (Some(encoding), Ok(text))
            if is_ascii_superset(encoding) && (text.is_ascii() || encoding.is_single_byte()) =>
        {
            let wrong = encoding != UTF_8 && !text.is_ascii();
            let repaired =
                wrong.then(|| format!("declared as {}, read as UTF-8, which it is", encoding.name()));
            Decoded { text: Cow::Borrowed(text), repaired }
        }
        (Some(encoding), _) if encoding != UTF_8 && is_ascii_superset(encoding) => with(encoding, bytes),
        // UTF-16 is told by its zeros, and there are none.
        (_, Ok(text)) => Decoded { text: Cow::Borrowed(text), repaired: None },
        (_, Err(_)) => mixed(bytes),
    }
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken && encoding == UTF_8 {
        return mixed(bytes);
    }
    let repaired = broken.then(|| format!("some bytes were no valid {}", encoding.name()));
    Decoded { text, repaired }
}

/// Windows-1252, unless most of what is not ASCII is valid UTF-8: then that, with windows-1252 between, as
/// in documents pasted together from both or cut in the middle of a character. (« doué » in windows-1252
/// with a no-break space is valid UTF-8 at its end, so that valid pieces alone prove nothing.)
fn mixed(bytes: &[u8]) -> Decoded<'_> {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|b| matches!(b, 0xc2..=0xf4)).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    let text = if valid <= invalid {
        WINDOWS_1252.decode_without_bom_handling(bytes).0
    } else {
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
        }
        Cow::Owned(text)
    };
    let repaired = Some("not valid UTF-8; the other bytes were read as windows-1252".to_owned());
    Decoded { text, repaired }
}

/// UTF-7 and the like never reach here: encoding_rs, like the web, does not know them. The "replacement"
/// encoding stands for those that are not safe to read.
fn is_ascii_superset(encoding: &'static Encoding) -> bool {
    encoding.is_ascii_compatible() && encoding != encoding_rs::REPLACEMENT
}

/// The `charset` of a content type.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    let parameter = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Encoding::for_label(parameter.trim().trim_matches(['"', '\'']).as_bytes())
}

/// The `encoding` of an XML declaration, even of a late one.
fn declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024)];
    let start = head.windows(5).position(|window| window == b"<?xml")?;
    let end = start + head[start..].iter().position(|&b| b == b'>')?;
    let declaration = String::from_utf8_lossy(&head[start..end]);
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.trim().as_bytes())
}

/// Whether it is UTF-32: in big-endian order? with a mark?
fn utf_32(bytes: &[u8]) -> Option<(bool, bool)> {
    match bytes {
        [0, 0, 0xfe, 0xff, ..] => Some((true, true)),
        [0xff, 0xfe, 0, 0, ..] => Some((false, true)),
        [0, 0, 0, b'<' | b'{', ..] => Some((true, false)),
        [b'<' | b'{', 0, 0, 0, ..] => Some((false, false)),
        _ => None,
    }
}

fn decode_utf_32(bytes: &[u8], big_endian: bool) -> String {
    bytes
        .chunks_exact(4)
        .map(|unit| {
            let unit = [unit[0], unit[1], unit[2], unit[3]];
            let code = if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect()
}

/// The control characters XML forbids, which no text needs either.
fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f')
}

fn has_controls(text: &str) -> bool {
    // Without an early exit in the block the compiler makes it a comparison of many bytes at once.
    text.as_bytes().chunks(4096).any(|block| {
        block.iter().fold(false, |any, &b| any | (b < 0x20 && b != b'\n' && b != b'\t' && b != b'\r'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], content_type: Option<&str>, expected: &str, repaired: bool) {
        let decoded = decode(bytes, content_type);
        assert_eq!(decoded.text, expected);
        assert_eq!(decoded.repaired.is_some(), repaired, "{:?}", decoded.repaired);
    }

    #[test]
    fn marks_come_first() {
        check(b"\xef\xbb\xbf<a>\xc3\xa9", Some("text/xml; charset=iso-8859-1"), "<a>é", false);
        check(b"\xff\xfe<\0a\0\xe9\0", None, "<aé", false);
        check(b"\xfe\xff\0<\0a\0\xe9", None, "<aé", false);
        check(b"\0\0\xfe\xff\0\0\0<\0\0\0\xe9", None, "<é", false);
        check(b"\xff\xfe\0\0<\0\0\0\xe9\0\0\0", None, "<é", false);
    }

    #[test]
    fn wide_encodings_are_told_by_their_zeros() {
        check(b"<\0a\0\xe9\0", Some("text/xml"), "<aé", false);
        check(b"\0<\0a\0\xe9", Some("text/xml; charset=utf-8"), "<aé", false);
        check(b"<\0\0\0\xe9\0\0\0", None, "<é", false);
        check(b"<?xml encoding='utf-16'?><a>\xc3\xa9", None, "<?xml encoding='utf-16'?><a>é", false);
    }

    #[test]
    fn the_header_then_the_declaration() {
        check(b"<a>\xe9\xa4", Some("text/xml; Charset=\"ISO-8859-15\""), "<a>é€", false);
        check(b"<?xml encoding=\"koi8-r\"?>\xc1", None, "<?xml encoding=\"koi8-r\"?>а", false);
        check(
            b"\n<?xml version='1.0' encoding = 'windows-1251'?>\xe0",
            None,
            "\n<?xml version='1.0' encoding = 'windows-1251'?>а",
            false,
        );
        check(
            b"<?xml encoding=\"shift_jis\"?>\x83A",
            Some("text/xml"),
            "<?xml encoding=\"shift_jis\"?>ア",
            false,
        );
        check(b"<a>\xe9", Some("text/xml; charset=unheard-of"), "<a>é", true);
    }

    #[test]
    fn valid_utf_8_beats_a_declaration_of_single_bytes() {
        check("<a>é".as_bytes(), Some("text/xml; charset=iso-8859-1"), "<a>é", true);
        check(b"<a>e", Some("text/xml; charset=iso-8859-1"), "<a>e", false);
    }

    #[test]
    fn what_is_not_valid_is_windows_1252() {
        check(b"<a>dou\xe9\xa0\xbb \x93\xe9\x94", None, "<a>doué\u{a0}» “é”", true);
        check(b"\xc3\xa9\xc3\xa9 \x93", None, "éé “", true);
        check(b"<a>\x93", Some("text/xml; charset=utf-8"), "<a>“", true);
    }

    #[test]
    fn control_characters_go() {
        check(b"<a>\0b\x0b\x1f\tc\n", None, "<a>b\tc\n", true);
    }
}
