//! OPML 2.0, <http://opml.org/spec2.opml>: lists of feeds as readers exchange them. Folders are tags.
//!
//! A list is read, nothing else: no outline is run, no address in it opened. Programs that took an outline for
//! a command, or a file for a feed, have been broken into by one.

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use crate::text::url;

use super::attributes::attribute;
use super::{Problem, ProblemKind, decode, draft};

/// A feed of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub title: Option<String>,
    /// http or https.
    pub url: String,
    /// The page the feed belongs to.
    pub page: Option<String>,
    /// The folders it lies in, outermost first.
    pub tags: Vec<String>,
}

/// What a list holds: each address once, with the folders of all its places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opml {
    pub outlines: Vec<Outline>,
    pub problems: Vec<Problem>,
}

/// A list that holds more was not made by a person.
const MOST_OUTLINES: usize = 20_000;

const MOST_FOLDERS: usize = 32;

/// Reads a list. Never fails and never panics: what could not be taken is a [`Problem`].
pub fn read(bytes: &[u8]) -> Opml {
    let decoded = decode::decode(bytes, None);
    let mut list = List::default();
    list.run(&decoded.text);
    list.finish()
}

/// Writes a list, the feeds of one folder after each other, in their order otherwise.
pub fn write(title: &str, outlines: &[Outline]) -> String {
    let mut root = Folder::default();
    for outline in outlines {
        root.at(&outline.tags).feeds.push(outline);
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    let _ = writer.create_element("opml").with_attribute(("version", "2.0")).write_inner_content(|writer| {
        writer.create_element("head").write_inner_content(|writer| {
            writer.create_element("title").write_text_content(BytesText::new(title))?;
            Ok(())
        })?;
        writer.create_element("body").write_inner_content(|writer| root.write(writer))?;
        Ok(())
    });
    let body = String::from_utf8(writer.into_inner()).unwrap_or_default();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}\n")
}

#[derive(Default)]
struct Folder<'a> {
    name: &'a str,
    folders: Vec<Folder<'a>>,
    feeds: Vec<&'a Outline>,
}

impl<'a> Folder<'a> {
    fn at(&mut self, path: &'a [String]) -> &mut Folder<'a> {
        let Some((name, rest)) = path.split_first() else { return self };
        let place = match self.folders.iter().position(|folder| folder.name == name) {
            Some(place) => place,
            None => {
                self.folders.push(Folder { name, ..Folder::default() });
                self.folders.len() - 1
            }
        };
        self.folders[place].at(rest)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        for feed in &self.feeds {
            let title = feed.title.as_deref().unwrap_or(&feed.url);
            let mut outline = writer.create_element("outline").with_attributes([
                ("type", "rss"),
                ("text", title),
                ("title", title),
                ("xmlUrl", &feed.url),
            ]);
            if let Some(page) = &feed.page {
                outline = outline.with_attribute(("htmlUrl", page.as_str()));
            }
            outline.write_empty()?;
        }
        for folder in &self.folders {
            let outline = writer.create_element("outline").with_attribute(("text", folder.name));
            outline.write_inner_content(|writer| folder.write(writer))?;
        }
        Ok(())
    }
}

/// A list while it is read.
#[derive(Default)]
struct List {
    is_opml: bool,
    first_element: Option<String>,
    /// Open outlines.
    depth: usize,
    /// Those that are folders, each with the depth inside it.
    folders: Vec<(usize, String)>,
    found: Opml,
    places: std::collections::HashMap<String, usize>,
    too_many: bool,
    broken: bool,
}

impl List {
    fn run(&mut self, text: &str) {
        let mut reader = Reader::from_str(text.trim_start());
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            match reader.read_event() {
                Ok(Event::Eof) => return,
                Ok(Event::Start(tag)) => self.start(&tag, false),
                Ok(Event::Empty(tag)) => self.start(&tag, true),
                Ok(Event::End(tag)) => {
                    if is_outline(tag.name().as_ref()) {
                        self.depth = self.depth.saturating_sub(1);
                        self.folders.pop_if(|(inside, _)| *inside > self.depth);
                    }
                }
                Ok(_) => {}
                Err(_) => {
                    self.broken = true;
                    return;
                }
            }
            if self.too_many {
                return;
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, is_empty: bool) {
        let name: String = tag.name().as_ref().to_owned();
        self.is_opml |= name.eq_ignore_ascii_case("opml");
        if !is_outline(&name) {
            self.first_element.get_or_insert(name);
            return;
        }
        let address = attribute(tag, "xmlUrl").or_else(|| attribute(tag, "xmlurl"));
        let title = ["title", "text"].iter().find_map(|key| draft::line(&attribute(tag, key)?));
        let folder = match &address {
            Some(address) => {
                self.feed(tag, title, address.trim());
                None
            }
            None => title,
        };
        if !is_empty {
            self.depth += 1;
            self.folders.extend(folder.map(|name| (self.depth, name)));
        }
    }

    fn feed(&mut self, tag: &BytesStart<'_>, title: Option<String>, address: &str) {
        let Some(url) = feed_address(address) else {
            let shown: String = address.chars().take(80).collect();
            let name = title.as_deref().unwrap_or("an outline without a title");
            self.lost(format!("{name}: `{shown}` is no http or https address"));
            return;
        };
        let mut tags: Vec<String> = Vec::new();
        let folders = self.folders.iter().take(MOST_FOLDERS).map(|(_, name)| name.clone());
        // Slashes part the levels of a category, commas one category from the next.
        let categories = attribute(tag, "category").unwrap_or_default();
        let categories = categories.split([',', '/']).filter_map(draft::line);
        for tag in folders.chain(categories.take(MOST_FOLDERS)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let key = url::canonical(&url).unwrap_or_else(|| url.clone());
        if let Some(&place) = self.places.get(&key) {
            let known = &mut self.found.outlines[place].tags;
            tags.retain(|tag| !known.contains(tag));
            known.extend(tags);
            return;
        }
        if self.found.outlines.len() == MOST_OUTLINES {
            self.too_many = true;
            return;
        }
        self.places.insert(key, self.found.outlines.len());
        let page = attribute(tag, "htmlUrl").and_then(|page| feed_address(page.trim()));
        self.found.outlines.push(Outline { title, url, page, tags });
    }

    fn lost(&mut self, message: String) {
        if self.found.problems.len() < MOST_OUTLINES {
            self.found.problems.push(Problem { kind: ProblemKind::Lost, message });
        }
    }

    fn finish(mut self) -> Opml {
        if !self.is_opml && self.found.outlines.is_empty() {
            let what =
                self.first_element.map_or("something".to_owned(), |name| format!("a document <{name}>"));
            let message = format!("{what} that is no OPML list");
            return Opml {
                outlines: Vec::new(),
                problems: vec![Problem { kind: ProblemKind::NotAFeed, message }],
            };
        }
        if self.broken {
            self.lost("the list is broken XML from here on; what came before was kept".to_owned());
        }
        if self.too_many {
            let message = format!("more than {MOST_OUTLINES} feeds; the others were left out");
            self.found.problems.push(Problem { kind: ProblemKind::Limit, message });
        }
        self.found
    }
}

fn is_outline(name: &str) -> bool {
    name.eq_ignore_ascii_case("outline")
}

/// The address as it is asked for; `feed:` is what some browsers made of http. `None` if it is none.
fn feed_address(written: &str) -> Option<String> {
    let bare = ["feed://", "feed:"].iter().find_map(|scheme| {
        let start = written.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &written[scheme.len()..])
    });
    let written = match bare {
        Some(rest) if rest.starts_with("http://") || rest.starts_with("https://") => rest.to_owned(),
        Some(rest) => format!("http://{}", rest.trim_start_matches('/')),
        None => written.to_owned(),
    };
    let is_plain = !written.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_plain && url::canonical(&written).is_some()).then_some(written)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(list: &str, expected: Expect) {
        let read = read(list.as_bytes());
        let outlines = read.outlines.iter().map(|o| {
            let page = o.page.as_ref().map_or(String::new(), |page| format!(" of {page}"));
            format!("{}: {}{page} {:?}\n", o.title.as_deref().unwrap_or("-"), o.url, o.tags)
        });
        let problems = read.problems.iter().map(|p| format!("{}: {}\n", p.kind.as_str(), p.message));
        expected.assert_eq(&outlines.chain(problems).collect::<String>());
    }

    #[test]
    fn folders_and_categories_are_tags() {
        check(
            r#"<?xml version="1.0"?><opml version="1.0"><head><title>Mine</title></head><body>
                <outline text="Press"><outline title="FR" text="fr">
                  <outline type="rss" text="Le &amp; Monde" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>
                </outline><outline xmlUrl="feed://b.example/rss" category="/Tech/News,fr"/></outline>
                <outline text="Again" xmlUrl="https://A.example/f"/></body></opml>"#,
            expect![[r#"
                Le & Monde: https://a.example/f of https://a.example/ ["Press", "FR"]
                -: http://b.example/rss ["Press", "Tech", "News", "fr"]
            "#]],
        );
    }

    #[test]
    fn nothing_is_run_or_opened() {
        check(
            r#"<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body>
                <outline text="Run" xmlUrl="|touch /tmp/x"/><outline text="Exec" xmlUrl="exec:touch /tmp/x"/>
                <outline text="File" xmlUrl="file:///etc/passwd"/><outline text="Script" xmlUrl="javascript:x()"/>
                <outline text="&x;" xmlUrl="https://a.example/&x;"/></body></opml>"#,
            expect![[r#"
                &x;: https://a.example/&x; []
                lost: Run: `|touch /tmp/x` is no http or https address
                lost: Exec: `exec:touch /tmp/x` is no http or https address
                lost: File: `file:///etc/passwd` is no http or https address
                lost: Script: `javascript:x()` is no http or https address
            "#]],
        );
    }

    #[test]
    fn what_is_broken_or_no_list_is_told() {
        check(
            "<opml><body><outline xmlUrl='https://a.example/'/><outline text='",
            expect![[r#"
                -: https://a.example/ []
                lost: the list is broken XML from here on; what came before was kept
            "#]],
        );
        check(
            "<rss/>",
            expect![[r#"
            not-a-feed: a document <rss> that is no OPML list
        "#]],
        );
        check(
            "{}",
            expect![[r#"
            not-a-feed: something that is no OPML list
        "#]],
        );
    }

    #[test]
    fn a_hundred_thousand_outlines_are_cut() {
        let list: String =
            (0..100_000).map(|i| format!("<outline xmlUrl='http://a.example/{i}'/>")).collect();
        let read = read(format!("<opml>{list}").as_bytes());
        assert_eq!(read.outlines.len(), MOST_OUTLINES);
        assert_eq!(read.problems[0].kind, ProblemKind::Limit);
    }

    #[test]
    fn nesting_takes_linear_time() {
        for piece in ["<outline text='a'>", "<outline xmlUrl='http://a.example/'>", "</outline>"] {
            crate::text::testing::assert_linear(piece, 20_000, |size| {
                read(format!("<opml>{}", piece.repeat(size / piece.len())).as_bytes());
            });
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            feeds in prop::collection::vec(
                ("[a-z]{1,6}", "[a-zé<&\"' ]{0,8}", prop::collection::hash_set("[A-Za-z&<,/é]{1,3}", 0..4)),
                0..12,
            ),
        ) {
            let mut outlines: Vec<Outline> = Vec::new();
            for (path, title, tags) in feeds {
                let url = format!("https://a.example/{path}");
                if outlines.iter().all(|known| known.url != url) {
                    let title = draft::line(&title);
                    outlines.push(Outline { title: title.or(Some(url.clone())), url, page: None, tags: tags.into_iter().collect() });
                }
            }
            let mut back = read(write("Mine", &outlines).as_bytes());
            prop_assert_eq!(&back.problems, &[]);
            let order = |list: &mut Vec<Outline>| list.sort_by(|a, b| a.url.cmp(&b.url));
            order(&mut outlines);
            order(&mut back.outlines);
            prop_assert_eq!(back.outlines, outlines);
        }
    }
}
