//! Links in canonical form.

use url::Url;

/// The form under which two spellings of one address are one key: scheme and host in lower case, default
/// port, fragment and tracking parameters dropped, parameters otherwise kept in order. `None` if it is no
/// http(s) address.
pub fn canonical(link: &str) -> Option<String> {
    let mut url = http(link)?;
    url.set_fragment(None);
    if let Some(query) = url.query() {
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
    Some(url.into())
}

/// The host in lower case, without `www.`.
pub fn host(link: &str) -> Option<String> {
    let url = http(link)?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// `link` made absolute against `base`; as it is where it already is absolute; `None` where that cannot be.
pub fn resolve(base: Option<&str>, link: &str) -> Option<String> {
    let link = link.trim();
    if has_scheme(link) {
        return Some(link.to_owned());
    }
    let base = Url::parse(base?).ok()?;
    base.join(link).ok().map(String::from)
}

fn http(link: &str) -> Option<Url> {
    Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// RFC 3986, 3.1: a letter, then letters, digits and `+-.`, then a colon; and something behind it.
fn has_scheme(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Whether a `name=value` says how the reader came here, not what is read.
fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || TRACKING.contains(&name.as_str())
        // Medium's feeds: `?source=rss----1234---4`.
        || (name == "source" && value.starts_with("rss"))
}

const TRACKING_PREFIXES: &[&str] = &[
    "utm_",
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    "hsa_",
    "at_custom",
    "at_link",
    "at_campaign",
    "oly_",
    "vero_",
];

const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "xtor",
    "at_medium",
    "at_format",
    "at_ptr_name",
    "at_bbc_team",
    "at_creation",
    "at_term",
    "at_variant",
    "at_emailtype",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "hsctatracking",
    "s_cid",
    "srsltid",
    "wickedid",
    "rb_clickid",
    "wt_mc",
    "wt.mc_id",
    "wt_zmc",
    "cmpid",
    "cmp",
    "cx_testid",
    "ns_campaign",
    "ns_mchannel",
    "ns_source",
    "ns_linkname",
    "ns_fee",
    "soc_src",
    "soc_trk",
    "__twitter_impression",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(link: &str, expected: Option<&str>) {
        assert_eq!(canonical(link).as_deref(), expected, "of {link}");
    }

    #[test]
    fn spellings_of_one_address_are_one_key() {
        check("HTTP://WWW.Acme.Example:80/A%20b#top", Some("http://www.acme.example/A%20b"));
        check("https://acme.example:443", Some("https://acme.example/"));
        check("https://acme.example:8443/?", Some("https://acme.example:8443/"));
        check(" https://acme.example/a/../b ", Some("https://acme.example/b"));
        check("https://münchen.example/", Some("https://xn--mnchen-3ya.example/"));
    }

    #[test]
    fn tracking_goes_and_the_rest_keeps_its_order() {
        check("https://a.example/?utm_source=rss&id=2&UTM_Medium=x&a=1", Some("https://a.example/?id=2&a=1"));
        check(
            "https://a.example/?fbclid=1&xtor=RSS-1&at_medium=RSS&at_campaign=3",
            Some("https://a.example/"),
        );
        check("https://a.example/?b=&a&mc_cid=4&&c=%26", Some("https://a.example/?b=&a&c=%26"));
        check("https://a.example/x?source=rss----7f&gi=1", Some("https://a.example/x?gi=1"));
        check("https://a.example/x?source=web&utmost=1", Some("https://a.example/x?source=web&utmost=1"));
    }

    #[test]
    fn only_http_has_a_canonical_form() {
        for link in
            ["", "/relative", "ftp://a.example/", "mailto:jo@a.example", "urn:x", "http://", "javascript:0"]
        {
            check(link, None);
        }
    }

    #[test]
    fn hosts() {
        assert_eq!(host("https://WWW.Acme.Example/x").as_deref(), Some("acme.example"));
        assert_eq!(host("http://[::1]:8080/").as_deref(), Some("[::1]"));
        assert_eq!(host("nowhere"), None);
    }

    #[test]
    fn relative_links() {
        let base = Some("https://a.example/feeds/rss.xml?x=1");
        let check = |link: &str, expected: Option<&str>| {
            assert_eq!(resolve(base, link).as_deref(), expected, "{link}")
        };
        check("post/1", Some("https://a.example/feeds/post/1"));
        check(" /post/1\n", Some("https://a.example/post/1"));
        check("//b.example/c", Some("https://b.example/c"));
        check("?page=2", Some("https://a.example/feeds/rss.xml?page=2"));
        check("", Some("https://a.example/feeds/rss.xml?x=1"));
        check("HTTP://B.example/As It Is", Some("HTTP://B.example/As It Is"));
        check("tag:a.example,2020:1", Some("tag:a.example,2020:1"));
        assert_eq!(resolve(None, "https://b.example/").as_deref(), Some("https://b.example/"));
        assert_eq!(resolve(None, "/post"), None);
        assert_eq!(resolve(Some("not an address"), "/post"), None);
    }

    proptest! {
        #[test]
        fn canonical_twice_changes_nothing(
            link in r"https?://[a-z]{1,5}\.example(:(80|443|8080))?(/[a-zA-Z0-9%. ]{0,6}){0,3}(\?([a-c]|utm_x|gclid)(=[a-z%&=?]{0,4})?(&[a-c=&]{0,6}){0,3})?(#[a-z]{0,3})?"
        ) {
            if let Some(once) = canonical(&link) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
