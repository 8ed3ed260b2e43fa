//! Links in canonical form.

/// The form under which two spellings of one address are one key: scheme and host in lower case, default
/// port, fragment and tracking parameters dropped, parameters otherwise kept in order. `None` if it is no
/// http(s) address.
pub fn canonical(link: &str) -> Option<String> {
    let _ = link;
    todo!()
}

/// The host in lower case, without `www.`.
pub fn host(link: &str) -> Option<String> {
    let _ = link;
    todo!()
}

/// `link` made absolute against `base`; as it is where it already is absolute; `None` where that cannot be.
pub fn resolve(base: Option<&str>, link: &str) -> Option<String> {
    let _ = (base, link);
    todo!()
}
