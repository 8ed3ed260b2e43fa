//! Documents in all their kinds, read as a whole.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Document, Limits, Parsed, parse};

fn read(document: &str) -> Parsed {
    let base_url = Some("https://acme.example/feed.xml");
    parse(Document { bytes: document.as_bytes(), content_type: None, base_url }, &Limits::default())
}

/// One line a field: what the feed says of itself, its entries, its problems.
fn shown(parsed: &Parsed) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out += &format!("{name}: {value}\n");
        }
    };
    line("feed", parsed.title.clone());
    line("feed language", parsed.language.clone());
    line("wished", parsed.wished_interval_s.map(|wished_s| format!("{wished_s} s")));
    let (hours, days) = parsed.skip.bits();
    line("skip", (hours > 0 || days > 0).then(|| format!("hours {hours:b}, days {days:b}")));
    for entry in &parsed.entries {
        line("-", Some(entry.title.clone().unwrap_or_default()));
        line("  guid", entry.guid.clone());
        line("  link", entry.link.clone());
        line("  summary", entry.summary.clone());
        line("  content", entry.content.clone());
        line("  author", entry.author.clone());
        line("  published", entry.published.map(|published| published.to_string()));
        line("  updated", entry.updated.map(|updated| updated.to_string()));
        line("  language", entry.language.clone());
        line("  image", entry.image.clone());
        line("  tags", (!entry.tags.is_empty()).then(|| entry.tags.join(", ")));
    }
    for problem in &parsed.problems {
        line(problem.kind.as_str(), Some(problem.message.clone()));
    }
    out
}

#[track_caller]
fn check(document: &str, expected: Expect) {
    expected.assert_eq(&shown(&read(document)));
}

/// The body of one RSS item.
#[track_caller]
fn check_item(item: &str, expected: Expect) {
    check(&format!("<rss version='2.0'><channel><item>{item}</item></channel></rss>"), expected);
}

const RSS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
             xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
             xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
        <channel><title>Acme &amp; co</title><link>https://acme.example/</link><language>fr-FR</language>
        <atom:link rel="self" href="https://acme.example/rss"/><ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod>
        <image><title>logo</title><url>/logo.png</url><link>/</link></image>
        <item><title><![CDATA[L&#8217;Or&eacute;al <b>monte</b>]]></title><link> /a?x=1&amp;y=2 </link>
          <guid isPermaLink="false">42</guid><description>&lt;p&gt;Un&lt;/p&gt;&lt;p&gt;deux&lt;/p&gt;</description>
          <content:encoded><![CDATA[<p>Le <em>corps</em></p>]]></content:encoded>
          <dc:creator>Jo Doe</dc:creator><pubDate>mar., 02 janv. 2024 10:00:00 +0100</pubDate>
          <category>Prix</category><category domain="x">Bourse</category>
          <media:thumbnail url="/t.jpg"/><media:title>other</media:title></item>
        <item><guid>https://acme.example/2</guid><source url="x"><title>elsewhere</title></source>
          <dc:date>2024-01-03</dc:date><dc:language>en-GB</dc:language></item>
        </channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://acme.example/blog/">
        <title type="html">The &amp;lt;Acme&amp;gt; blog</title><author><name>Acme</name></author>
        <link rel="self" href="feed.atom"/><updated>2024-01-01T00:00:00Z</updated>
        <entry xml:lang="de-AT"><id>tag:acme.example,2024:1</id><title>AT&amp;T &lt;3 Vec&lt;T></title>
          <link rel="enclosure" href="a.mp3"/><link rel="replies" href="r"/><link href="1.html" type="text/html"/>
          <updated>2024-01-02T00:00:00+02:00</updated><category term="x" label="Ex"/>
          <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">1 &lt; 2<br/>and <i>so</i> on</div></content>
          <source><id>other</id><title>Other</title><updated>2001-01-01T00:00:00Z</updated></source></entry>
        <entry><id>2</id><title/><author><email>jo@acme.example</email></author>
          <published>2024-01-03T00:00:00Z</published><summary>plain &amp; simple</summary></entry></feed>"#;

#[test]
fn rss() {
    check(
        RSS,
        expect![[r#"
            feed: Acme & co
            feed language: fr
            wished: 86400 s
            -: L’Oréal monte
              guid: 42
              link: https://acme.example/a?x=1&y=2
              summary: Un
            deux
              content: Le corps
              author: Jo Doe
              published: 2024-01-02T09:00:00Z
              language: fr
              image: https://acme.example/t.jpg
              tags: Prix, Bourse
            -: 
              guid: https://acme.example/2
              link: https://acme.example/2
              published: 2024-01-03T00:00:00Z
              language: en
        "#]],
    );
}

#[test]
fn atom() {
    check(
        ATOM,
        expect![[r#"
            feed: The <Acme> blog
            feed language: en
            -: AT&T <3 Vec<T>
              guid: tag:acme.example,2024:1
              link: https://acme.example/blog/1.html
              content: 1 < 2
            and so on
              author: Acme
              updated: 2024-01-01T22:00:00Z
              language: de
              tags: Ex
            -: 
              guid: 2
              summary: plain & simple
              author: jo@acme.example
              published: 2024-01-03T00:00:00Z
              language: en
        "#]],
    );
}

#[test]
fn older_dialects() {
    check(
        r##"<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title mode="escaped" type="text/html">A &lt;b>b&lt;/b></title>
               <link rel="alternate" type="text/html" href="http://a.example/"/><issued>2003-12-05T08:29:29Z</issued>
               <modified>2003-12-06T08:29:29Z</modified><content type="application/xhtml+xml" mode="xml"><p>One</p><p>Two</p></content></entry></feed>"##,
        expect![[r#"
                -: A b
                  link: http://a.example/
                  content: One
                Two
                  published: 2003-12-05T08:29:29Z
                  updated: 2003-12-06T08:29:29Z
            "#]],
    );
    check(
        r##"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://unheard.example/" xmlns:dc="http://purl.org/dc/elements/1.1/">
               <channel rdf:about="x"><title>Old</title><items><rdf:Seq><rdf:li resource="x"/></rdf:Seq></items></channel>
               <item rdf:about="http://a.example/1"><title>One</title><link>http://a.example/1</link><dc:date>2003-01-01T00:00Z</dc:date></item>
               </rdf:RDF>"##,
        expect![[r#"
                feed: Old
                -: One
                  guid: http://a.example/1
                  link: http://a.example/1
                  published: 2003-01-01T00:00:00Z
            "#]],
    );
    check(
        "<rss><item><title>No version, no channel</title></item></rss>",
        expect![[r#"
            -: No version, no channel
        "#]],
    );
    check(
        "<a:feed xmlns:a='http://wrong.example/'><a:entry><a:title>Odd prefix</a:title></a:entry></a:feed>",
        expect![[r#"
                -: Odd prefix
            "#]],
    );
    check(
        "<entry xmlns='http://www.w3.org/2005/Atom'><title>Alone</title></entry>",
        expect![[r#"
            -: Alone
        "#]],
    );
}

#[test]
fn json_feed() {
    check(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Acme", "language": "fr",
                "authors": [{"name": "Acme"}], "items": [
                {"id": 1, "url": "/1", "title": "Un & deux", "content_html": "<p>Le corps</p>", "content_text": "text",
                 "date_published": "2024-01-02T10:00:00+01:00", "date_modified": "2024-01-03T00:00:00Z",
                 "tags": ["a", "b", null], "image": "i.png", "author": {"name": "Jo", "url": "x"}, "extra": {"deep": [1]}},
                "odd", {"id": "https://acme.example/2", "title": ["list"], "date_published": false}]}"#,
        expect![[r#"
                feed: Acme
                feed language: fr
                -: Un & deux
                  guid: 1
                  link: https://acme.example/1
                  content: Le corps
                  author: Jo
                  published: 2024-01-02T09:00:00Z
                  updated: 2024-01-03T00:00:00Z
                  language: fr
                  image: https://acme.example/i.png
                  tags: a, b
                -: list
                  guid: https://acme.example/2
                  link: https://acme.example/2
                  author: Acme
                  language: fr
                lost: items that are no objects were left out: 1
            "#]],
    );
    check(
        r#"{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}, {"id": "2", "ti"#,
        expect![[r#"
                -: 
                  guid: 1
                lost: not valid JSON, what came before was kept: EOF while parsing a string at line 1 column 84
            "#]],
    );
}

#[test]
fn what_is_no_feed() {
    check(
        " \n",
        expect![[r#"
            not-a-feed: an empty answer
        "#]],
    );
    check(
        "<!DOCTYPE html><html><head><title>Oops</title><link rel=alternate type=application/rss+xml href=/rss></head></html>",
        expect![[r#"
                not-a-feed: an HTML page (“Oops”); it advertises https://acme.example/rss
            "#]],
    );
    check(
        r#"{"error": "rate limited", "items": []}"#,
        expect![[r#"
            not-a-feed: a JSON answer (“rate limited”) that is no feed
        "#]],
    );
    check(
        "[1, 2]",
        expect![[r#"
            not-a-feed: a JSON answer that is no feed
        "#]],
    );
    check(
        "{not json",
        expect![[r#"
            not-a-feed: neither a feed nor valid JSON: key must be a string at line 1 column 2
        "#]],
    );
    check(
        "<rss version='2.0'><channel><title>Quiet</title></channel></rss>",
        expect![[r#"
            feed: Quiet
        "#]],
    );
}

#[test]
fn links() {
    check_item(
        "<link/><guid>https://a.example/1</guid>",
        expect![[r#"
            -: 
              guid: https://a.example/1
              link: https://a.example/1
        "#]],
    );
    check_item(
        "<guid isPermaLink='false'>https://a.example/1</guid>",
        expect![[r#"
            -: 
              guid: https://a.example/1
        "#]],
    );
    check_item(
        "<guid isPermaLink='true'>1.html</guid>",
        expect![[r#"
            -: 
              guid: 1.html
              link: https://acme.example/1.html
        "#]],
    );
    check_item(
        "<guid>tag:a.example,1</guid>",
        expect![[r#"
            -: 
              guid: tag:a.example,1
        "#]],
    );
    check_item(
        "<link href='https://a.example/1' rel='alternate'/>",
        expect![[r#"
            -: 
              link: https://a.example/1
        "#]],
    );
    check_item(
        "<enclosure url='/i.png' type='image/png'/><link xml:base='https://b.example/c/'>d</link>",
        expect![[r#"
                -: 
                  link: https://b.example/c/d
                  image: https://acme.example/i.png
            "#]],
    );
}

#[test]
fn dates_are_never_made_up() {
    check_item(
        "<title>a</title><pubDate>soon</pubDate><atom:updated>2024-01-01T00:00:00Z</atom:updated>",
        expect![[r#"
                -: a
                  updated: 2024-01-01T00:00:00Z
            "#]],
    );
    check_item(
        "<title>a</title><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
        expect![[r#"
            -: a
        "#]],
    );
    check_item(
        "<title>a</title><pubDate/><dc:date>2024-01-01</dc:date>",
        expect![[r#"
            -: a
              published: 2024-01-01T00:00:00Z
        "#]],
    );
}

#[test]
fn broken_markup() {
    check_item(
        "<title>R&D at AT&T &nbsp;&eacute;&bogus;</title>",
        expect![[r#"
            -: R&D at AT&T é&bogus;
        "#]],
    );
    check_item(
        "<title>a < b</title><link>https://a.example/1</link>",
        expect![[r#"
                -: a < b
                  link: https://a.example/1
                repaired: markup that is no XML was read as text
            "#]],
    );
    check_item(
        "<link>https://a.example/<title>Never closed</title>",
        expect![[r#"
            -: Never closed
              link: https://a.example/
            repaired: tags that do not match were closed where they must end
        "#]],
    );
    check_item(
        "<description>loose <p>markup<br> here</description><title>t</title></b>",
        expect![[r#"
            -: t
              summary: loose
            markup
            here
            repaired: tags that do not match were closed where they must end
        "#]],
    );
    check(
        "<rss><channel><item><title>a</title><item><title>b</title></item></channel></rss>",
        expect![[r#"
                -: a
                -: b
                repaired: tags that do not match were closed where they must end
            "#]],
    );
    check(
        "<rss><channel><item><title>a</title></item><item><title>cut</title><descr",
        expect![[r#"
            -: a
            repaired: markup that is no XML was read as text
            lost: the document ends inside an entry, which was left out
        "#]],
    );
    check(
        "<rss><channel><item><title>a</title></item><!-- open <item><title>b</title></item></channel></rss>",
        expect![[r#"
                -: a
                -: b
                repaired: markup that is no XML was read as text
            "#]],
    );
    check_item(
        "<title>a <\u{feff}b <1</title><guid>1</guid>",
        expect![[r#"
        -: a <b <1
          guid: 1
        repaired: markup that is no XML was read as text
    "#]],
    );
    check_item(
        "<link rel='enclosure'>https://a.example/1.mp3</link><title>t</title>",
        expect![[r#"
        -: t
    "#]],
    );
    check_item(
        "<category>x<image><title>no</title></image></category>",
        expect![[r#"
        -: 
          tags: x
        repaired: tags that do not match were closed where they must end
    "#]],
    );
    check_item(
        "<description><![CDATA[<img src='i.png'>]]></description>",
        expect![[r#"
        -: 
    "#]],
    );
    check(
        "oops <b>warning</b>\n<rss><channel><item><title>a</title></item></channel></rss>",
        expect![[r#"
                -: a
            "#]],
    );
}

#[test]
fn encodings() {
    let check = |bytes: &[u8], expected: Expect| {
        let document = Document { bytes, content_type: None, base_url: None };
        expected.assert_eq(&shown(&parse(document, &Limits::default())));
    };
    check(
        b"<?xml version='1.0' encoding='iso-8859-1'?><rss><item><title>caf\xe9</title></item></rss>",
        expect![[r#"
                -: café
            "#]],
    );
    check(b"\xff\xfe<\0r\0s\0s\0/\0>\0", expect![[""]]);
    check(
        b"<?xml version='1.0' encoding='iso-2022-jp'?><rss><item><title>\x1b$B%\"\x1b(B</title></item></rss>",
        expect![[r#"
            -: ア
        "#]],
    );
    // Not known on purpose: what is written in it could be markup in disguise.
    check(
        b"<?xml version='1.0' encoding='utf-7'?><rss><item><title>+ADw-b+AD4-</title></item></rss>",
        expect![[r#"
            -: +ADw-b+AD4-
        "#]],
    );
    check(
        b"<rss><item><title>caf\xe9\x01</title></item></rss>",
        expect![[r#"
            -: café
            repaired: not valid UTF-8; the other bytes were read as windows-1252
        "#]],
    );
}

#[test]
fn limits_keep_what_was_read() {
    let limits = Limits { entries: 2, depth: 4, text_bytes: 5, ..Limits::default() };
    let check = |document: &str, expected: Expect| {
        let document = Document { bytes: document.as_bytes(), content_type: None, base_url: None };
        expected.assert_eq(&shown(&parse(document, &limits)));
    };
    check(
        "<rss><item><title>abcdefgh</title></item><item><guid>2</guid></item><item/><item/></rss>",
        expect![[r#"
                -: abcde
                -: 
                  guid: 2
                limit: more than 2 entries; the others were left out
                limit: texts longer than 5 bytes were cut
            "#]],
    );
    check(
        "<rss><item><a><b><c><d></d></c></b></a><title>a</title></item></rss>",
        expect![[r#"
            -: a
            limit: elements nested deeper than 4 were passed over
        "#]],
    );
    // The text of an element is no longer kept at eight times the limit, in which there is only markup.
    check(
        "<rss><item><guid>1</guid><description>&lt;b class='x' title='so much of it that no text is left'>a</description></item></rss>",
        expect![[r#"
            -: 
              guid: 1
            limit: texts longer than 5 bytes were cut
        "#]],
    );
    check(
        r#"{"version": "jsonfeed", "items": [{"id": 1}, {"id": 2, "content_text": "abcdefgh"}, {"id": 3}]}"#,
        expect![[r#"
            -: 
              guid: 1
            -: 
              guid: 2
              content: abcde
            limit: more than 2 entries; the others were left out
            limit: texts longer than 5 bytes were cut
        "#]],
    );
}

#[test]
fn of_a_document_that_is_too_long_the_beginning_is_read() {
    let bytes = b"<rss><item><guid>1</guid></item><item><guid>2</guid></item></rss>";
    let limits = Limits { document_bytes: 38, ..Limits::default() };
    let document = Document { bytes, content_type: None, base_url: None };
    expect![[r#"
        -: 
          guid: 1
        limit: the document is longer than 38 bytes; the rest was left out
        lost: the document ends inside an entry, which was left out
    "#]]
    .assert_eq(&shown(&parse(document, &limits)));
}

/// Made to hurt a reader. That the time is linear is asked in `feed.rs`; here, what is left of them.
#[test]
fn hostile_documents_are_read_within_the_limits() {
    let item = "<item><title>whole</title></item>";
    let check = |name: &str, document: String, titles: &[&str], problem: &str| {
        let parsed = read(&document);
        let read: Vec<&str> = parsed.entries.iter().filter_map(|entry| entry.title.as_deref()).collect();
        assert!(read == titles, "{name}: {} entries", read.len());
        let told = super::in_a_line(&parsed.problems).unwrap_or_default();
        assert!(told.contains(problem), "{name}: {told:?}");
        assert_eq!(problem.is_empty(), told.is_empty(), "{name}: {told:?}");
    };
    let rss = |inside: &str| format!("<rss><channel>{inside}{item}</channel></rss>");
    let (opened, closed) = ("<a>".repeat(1_000_000), "</a>".repeat(1_000_000));
    check("depth", rss(&format!("{opened}{closed}")), &["whole"], "nested deeper than 256");
    let attributes: String = (0..100_000).map(|n| format!(" a{n}='{n}'")).collect();
    check("attributes", rss(&format!("<b{attributes}/>")), &["whole"], "");
    let same = " a='1'".repeat(100_000);
    check("an attribute again and again", rss(&format!("<b{same}/>")), &["whole"], "");
    let namespaces: String = (0..100_000).map(|n| format!(" xmlns:n{n}='urn:{n}'")).collect();
    check("namespaces", rss(&format!("<b{namespaces}/>")), &["whole"], "");

    let nested = |n: usize| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10));
    let bomb: String = (1..10).map(nested).collect();
    let bomb =
        format!("<!DOCTYPE rss [<!ENTITY l0 'lol'>{bomb}]><rss><item><title>a &l9; b</title></item></rss>");
    check("entities in entities", bomb, &["a &l9; b"], "");
    let outside = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss><item><title>a &x; b</title></item></rss>";
    check("an entity from a file", outside.to_owned(), &["a &x; b"], "");
    let declared = "<?xml version='1.0'?>";
    check("two declarations", format!("{declared}{declared}<rss>{item}</rss>"), &["whole"], "");
    check("a late declaration", format!("\n<!-- c -->{declared}<rss>{item}</rss>"), &["whole"], "");
    check("a declaration inside", rss(declared), &["whole"], "");

    check("items", rss(&item.repeat(20_000)), &["whole"; 10_000], "more than 10000 entries");
    let long = "a".repeat(12 << 20);
    let kept = "a".repeat(1 << 20);
    let titled = format!("<rss><item><title>{long}</title></item>{item}</rss>");
    check("a title", titled, &[&kept, "whole"], "texts longer than 1048576 bytes were cut");
    let lists = format!("{{\"version\": \"jsonfeed\", \"items\": [{}", "[".repeat(1_000_000));
    check("lists in lists", lists, &[], "not valid JSON");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_feeds_never_panic(
        which in 0..2_usize,
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0..24_usize, "[<\u{feff}é]{1,2}|.{0,3}|<|&|>|</item>|<item>|]]>|<!--|\"|<title>"), 1..8),
    ) {
        let mut bytes = [RSS, ATOM][which].as_bytes().to_vec();
        for (index, length, replacement) in edits {
            let at = index.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, replacement.into_bytes());
        }
        let limits = Limits { entries: 3, depth: 6, text_bytes: 64, ..Limits::default() };
        for content_type in [None, Some("text/xml; charset=utf-16")] {
            let parsed = parse(Document { bytes: &bytes, content_type, base_url: None }, &limits);
            prop_assert!(parsed.entries.len() <= 3);
            prop_assert!(!parsed.entries.is_empty() || !parsed.problems.is_empty() || parsed.title.is_some() || bytes.len() < 3000);
        }
    }
}

#[test]
fn hours_and_days_without_visitors() {
    check(
        "<rss version='2.0'><channel><title>t</title>
         <skipHours><hour>1</hour><hour> 3</hour><hour>24</hour><hour>x</hour><hour>77</hour></skipHours>
         <skipDays><day>Monday</day><day>sunday</day><day>Caturday</day></skipDays>
         <day>Tuesday</day><item><title>a</title><hour>5</hour></item></channel></rss>",
        expect![[r#"
            feed: t
            skip: hours 1011, days 1000001
            -: a
        "#]],
    );
}
