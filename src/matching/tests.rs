//! Hard cases in both languages: a text, and the same text with the brand's spans in brackets.

use proptest::prelude::*;

use super::*;
use crate::model::{BrandId, Role};
use crate::query::{self, Context, parse};

/// A brand whose aliases are parted by `|`.
fn brand(aliases: &str) -> Brand {
    Brand {
        id: BrandId::new("acme"),
        name: "Acme".to_owned(),
        role: Role::Own,
        aliases: aliases.split('|').filter(|alias| !alias.is_empty()).map(str::to_owned).collect(),
        exact: vec![],
        query: None,
        context: None,
        exclude: None,
        domains: vec![],
        accounts: vec![],
    }
}

fn exact(names: &str) -> Brand {
    Brand { exact: names.split('|').map(str::to_owned).collect(), ..brand("") }
}

fn query(text: &str) -> Option<Query> {
    Some(parse(text, &Context::default()).unwrap())
}

fn entry(title: &str, text: &str) -> Entry {
    Entry { title: Some(title.to_owned()), content: Some(text.to_owned()), ..Entry::default() }
}

fn marked(text: &str, spans: &[Span]) -> String {
    let mut shown = String::new();
    for (at, c) in text.chars().chain(['\0']).enumerate() {
        let at = at as u32;
        shown.extend(spans.iter().filter(|span| span.end == at).map(|_| ']'));
        shown.extend(spans.iter().filter(|span| span.start == at).map(|_| '['));
        shown.extend((c != '\0').then_some(c));
    }
    shown
}

/// The text with the brand's spans in brackets, `-` where it is no mention.
fn shown(brand: &Brand, language: &Language, text: &str) -> String {
    let matcher = Matcher::new(std::slice::from_ref(brand));
    let matches = matcher.matches(&entry("", text), "src", &[], &mut || language.clone());
    matches.first().map_or("-".to_owned(), |found| marked(text, &found.text_spans))
}

#[track_caller]
fn check(brand: &Brand, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shown(brand, &Language::Unknown, text), *expected, "{text:?}");
    }
}

/// Cases that differ from the expectation by the brackets alone.
#[track_caller]
fn check_marks(brand: &Brand, cases: &[&str]) {
    for expected in cases {
        let text = expected.replace(['[', ']'], "");
        let expected = if expected.contains('[') { expected } else { "-" };
        assert_eq!(shown(brand, &Language::Unknown, &text), expected, "{text:?}");
    }
}

#[test]
fn aliases_are_whole_words_in_any_case() {
    check_marks(
        &brand("Acme"),
        &[
            "[Acme] is down",
            "[ACME] and [acme], [aCmE].",
            "visit Acmeville",
            "an inacme pacme acmeism",
            "acme2 2acme",
            "([Acme])",
            "\"[Acme]\" « [Acme] » “[Acme]”",
            "[Acme]-Corp, non-[Acme], [Acme]/Globex",
            "_[Acme]_ **[Acme]** [Acme]_x",
            "[Acme]™ [Acme]® ©[Acme]",
            "[Acme]…[Acme]",
            "❤️[Acme]❤️",
            "see https://www.[acme].com/x and [acme].com",
            "mail bob@[acme].example",
            "nothing here",
            "",
        ],
    );
}

#[test]
fn signs_before_an_alias_are_optional_unless_named() {
    check_marks(&brand("acme"), &["#[acme] @[acme] $[ACME]", "#acmefail @acmecorp"]);
    check_marks(&brand("#acme"), &["[#Acme] acme @acme", "[＃acme]", "acme", "# acme", "#acmes"]);
    check_marks(&brand("@acme"), &["by [@acme]: #acme", "bob@acme.example"]);
    check_marks(&brand("C++"), &["[C++] and C", "[c++]17", "C+", "c"]);
    check_marks(&brand("C#|F#"), &["[C#], [f#]", "[C#] ", "C"]);
    check_marks(&brand(".NET"), &["[.NET] and net", "the net"]);
    check_marks(&brand("Yahoo!"), &["[Yahoo]! and [yahoo]"]);
    check_marks(&brand("C++"), &["C+\u{e9}", "c\u{e9}"]);
}

#[test]
fn accents_ligatures_and_invisible_characters_fold() {
    check_marks(&brand("Élan"), &["l'[Élan] d'[elan]", "[e\u{301}lan] [ÉLAN]", "[É\u{ad}lan]", "[élans]"]);
    check_marks(&brand("Cœur"), &["[coeur] [CŒUR] [cœur]", "coeurdur"]);
    check_marks(&brand("Strasse"), &["[Straße] [STRASSE]"]);
    check_marks(
        &brand("Acme"),
        &[
            "[Ａｃｍｅ] ",
            "[Ac\u{200b}me]",
            "\u{feff}[Acme]\u{200b} x",
            "[𝐀𝐜𝐦𝐞]",
            "[Acme\u{301}]",
            "é [Acme] é",
        ],
    );
    check_marks(&brand("Ålesund"), &["[Alesund]", "[Ålesund]"]);
    check_marks(&brand("Яндекс"), &["[яндекс] [ЯНДЕКС]", "Яндексом"]);
    check_marks(&brand("日本"), &["[日本] x", "日本語"]);
}

#[test]
fn french_elisions_and_english_possessives_are_cut() {
    check_marks(
        &brand("Orange"),
        &[
            "d'[Orange]",
            "l’[Orange]",
            "qu'[Orange]",
            "lorsqu’[Orange]",
            "D'[ORANGE]",
            "jusqu'[Orange]",
            "aujourd'[orange]",
            "dorange",
            "[oranges]",
        ],
    );
    check_marks(&brand("L'Oréal"), &["chez [L'Oréal]", "[l’oreal]", "de [l'ORÉAL]", "oréal"]);
    check_marks(
        &brand("Acme"),
        &["[Acme]'s", "[Acme]’s", "[Acmes]", "[ACMES]", "[Acmes]' own", "acmess", "Acmesque"],
    );
    check_marks(&brand("McDonald's"), &["[McDonald's]", "[McDonald’s]", "[McDonalds]", "mcdonald"]);
    check_marks(&brand("Fox"), &["[Fox]'s", "foxs", "foxes"]);
    check_marks(&brand("Paris"), &["pariss", "[Paris]"]);
    check_marks(&brand("O'Reilly"), &["[O'Reilly]", "[O’REILLY]", "O Reilly", "oreilly"]);
    check_marks(&brand("Caisse d'Épargne"), &["la [Caisse d’Epargne]", "caisse epargne"]);
}

#[test]
fn words_of_an_alias_are_parted_by_space_or_hyphen() {
    check_marks(
        &brand("Go Sport"),
        &[
            "[Go Sport]",
            "[go-sport]",
            "[GO  SPORT]",
            "[Go\nSport]",
            "[Go\u{a0}Sport]",
            "[Go\u{2011}Sport]",
            "#[Go_Sport]",
            "gosport",
            "let it go. Sport is",
            "Go, Sport",
            "Go - Sport",
            "Go — Sport",
            "go to sport",
            "sport go",
            "[Go Sport]'s",
            "[Go Sports]",
            "go sportif",
            "Go 'Sport'",
            "go [go sport] sport",
        ],
    );
    check_marks(&brand("Coca-Cola"), &["[Coca-Cola]", "[Coca Cola]", "cocacola"]);
    check_marks(&brand("AT&T"), &["[AT&T] and [AT & T]", "at t", "AT-T", "at"]);
    check_marks(&brand("Dr. Martens"), &["[Dr. Martens] [Dr Martens] [dr.martens]", "Dr, Martens"]);
    check_marks(&brand("acme.com"), &["at [Acme.com]", "acme com"]);
    check_marks(&brand("Acme|Acme Corp"), &["[Acme Corp] [Acme]"]);
    check_marks(&brand("Acme Corp|Corp Europe"), &["[Acme Corp Europe]"]);
    check_marks(&brand("3M"), &["[3M] and [3m]", "3 M", "13M"]);
    check_marks(&brand("X"), &["[X] and [x]", "[x]'s", "xs"]);
}

#[test]
fn exact_names_are_as_written() {
    check_marks(
        &exact("ACME"),
        &["[ACME], acme", "l'[ACME]-like ([ACME]'s)", "Acme", "ACMES", "#ACME", "ACMÉ"],
    );
    check_marks(&exact("R"), &["[R], the language", "r", "R&D", "R2", "L'[R]", "R.E.M."]);
    check_marks(&exact("C++"), &["[C++].", "c++", "C", "C+++"]);
    check_marks(&exact("AT&T"), &["[AT&T]'s", "at&t"]);
    check_marks(&exact("@acme"), &["[@acme]!", "@Acme", "@acme@x.example"]);
    check_marks(&exact("T-Mobile"), &["[T-Mobile]", "T Mobile", "t-mobile"]);
    check_marks(&exact("Acme Corp"), &["[Acme Corp]", "[Acme\nCorp]", "Acme, Corp", "Acme corp"]);
    check_marks(&exact("Élan"), &["[Élan] Elan", "[E\u{301}lan]", "élan"]);
}

#[test]
fn context_is_needed_for_the_names_only() {
    let orange = Brand {
        context: query("opérateur OR fibre OR \"orange bank\" OR site:orange.example"),
        query: query("raw:\"@orange\""),
        ..brand("Orange")
    };
    check(
        &orange,
        &[
            ("Une orange pressée", "-"),
            ("La fibre d'Orange", "La fibre d'[Orange]"),
            ("La FIBRE orange", "La FIBRE [orange]"),
            ("Orange Bank ferme", "[Orange] Bank ferme"),
            ("Les opérateurs : Orange", "-"),
            ("fibre optique", "-"),
            ("merci @orange", "merci [@orange]"),
            ("merci @orange pour la fibre", "merci @[orange] pour la fibre"),
        ],
    );
    assert_eq!(shown(&orange, &Language::French, "Les opérateurs : Orange"), "Les opérateurs : [Orange]");
}

#[test]
fn exclusions_always_win() {
    let apple = Brand {
        exclude: query("\"apple pie\" OR \"apple juice\" OR cidre"),
        query: query("iphone*"),
        ..brand("Apple")
    };
    check(
        &apple,
        &[
            ("Apple rises", "[Apple] rises"),
            ("Mom's apple pie", "-"),
            ("Apple Pie and the iPhone", "-"),
            ("The iPhone12 is out", "The [iPhone12] is out"),
            ("Cidre et iPhone", "-"),
            ("An apple a day", "An [apple] a day"),
            ("pineapple", "-"),
        ],
    );
}

#[test]
fn a_query_alone_makes_a_mention() {
    let near = Brand { query: query("vélo NEAR/3 cassé"), ..brand("") };
    check(&near, &[("un VELO tout casse", "un [VELO] tout [casse]"), ("vélo", "-"), ("cassé", "-")]);
    assert_eq!(shown(&near, &Language::French, "des vélos cassés"), "des [vélos] [cassés]");
    assert_eq!(shown(&near, &Language::Other("de".into()), "des vélos cassés"), "-");

    let short = Brand { query: query("die"), ..brand("") };
    assert_eq!(shown(&short, &Language::English, "she was dying"), "she was [dying]");

    let facts = Brand { query: query("lang:fr source:src NOT spam"), ..brand("") };
    assert_eq!(shown(&facts, &Language::French, "rien"), "rien");
    assert_eq!(shown(&facts, &Language::French, "spam"), "-");
    assert_eq!(shown(&facts, &Language::Unknown, "rien"), "-");
}

#[test]
fn language_is_asked_only_if_a_query_needs_it() {
    let brands = [Brand { exclude: query("\"acme jobs\""), ..brand("Acme") }];
    let matcher = Matcher::new(&brands);
    for (text, expected) in [("nothing", 0), ("acme jobs", 0), ("acme job", 1)] {
        let mut asked = 0;
        let mut language = || {
            asked += 1;
            Language::English
        };
        matcher.matches(&entry("", text), "src", &[], &mut language);
        assert_eq!(asked, expected, "{text}");
    }
}

#[test]
fn brands_come_in_configuration_order_with_their_own_spans() {
    let named = |id: &str, aliases: &str| Brand { id: BrandId::new(id), ..brand(aliases) };
    let matcher = Matcher::new(&[named("z", "Zed"), named("a", "Acme|zed corp"), named("n", "Nobody")]);
    let (title, text) = ("Acme – élan", "É: Zed Corp, acme");
    let matches = matcher.matches(&entry(title, text), "src", &[], &mut || Language::Unknown);
    let shown: Vec<String> = matches
        .iter()
        .map(|m| format!("{}: {} | {}", m.brand, marked(title, &m.title_spans), marked(text, &m.text_spans)))
        .collect();
    assert_eq!(shown, ["z: Acme – élan | É: [Zed] Corp, acme", "a: [Acme] – élan | É: [Zed Corp], [acme]"]);
}

#[test]
fn tags_of_entry_and_source_are_known_to_queries() {
    let matcher = Matcher::new(&[Brand { context: query("tag:press tag:vélo"), ..brand("Acme") }]);
    let entry = Entry { tags: vec!["Velo".to_owned()], ..entry("", "acme") };
    let count = |tags: &[String]| matcher.matches(&entry, "src", tags, &mut || Language::Unknown).len();
    assert_eq!((count(&["press".to_owned()]), count(&[])), (1, 0));
}

#[test]
fn own_voice_is_its_sites_and_accounts() {
    let own = Brand {
        domains: vec!["acme.example".to_owned(), "www.acme.fr".to_owned()],
        accounts: vec!["@Acme@mastodon.example".to_owned(), "Équipe Acme".to_owned()],
        ..brand("Acme")
    };
    let matcher = Matcher::new(&[own]);
    for (link, author, expected) in [
        ("https://acme.example/x", "", true),
        ("https://blog.acme.example/x", "", true),
        ("https://www.acme.fr/", "", true),
        ("https://notacme.example/x", "", false),
        ("https://acme.example.evil.test/x", "", false),
        ("https://news.example/", "acme@mastodon.example", true),
        ("https://news.example/", "@ACME@mastodon.example", true),
        ("https://news.example/", "equipe acme", true),
        ("https://news.example/", "Acme", false),
        ("", "", false),
    ] {
        let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let entry = Entry { link: optional(link), author: optional(author), ..entry("Acme", "") };
        let matches = matcher.matches(&entry, "src", &[], &mut || Language::Unknown);
        assert_eq!(matches[0].own_voice, expected, "{link} {author}");
    }
}

#[test]
fn no_brands_no_matches() {
    assert!(Matcher::new(&[]).matches(&entry("a", "b"), "src", &[], &mut || Language::Unknown).is_empty());
}

/// All of `hard_cases.txt`; what fails is told together.
#[test]
fn hard_cases_hold() {
    let mut asked = brand("");
    let (mut cases, mut failures) = ([0, 0], Vec::new());
    for line in include_str!("hard_cases.txt").lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "" | "#" | "##" => {}
            "=" => asked = brand(&rest.replace(" | ", "|")),
            "exact:" => asked.exact = rest.split(" | ").map(str::to_owned).collect(),
            "context:" => asked.context = query(rest),
            "exclude:" => asked.exclude = query(rest),
            "query:" => asked.query = query(rest),
            "en" | "fr" => {
                cases[usize::from(kind == "fr")] += 1;
                let expected = unescaped(rest);
                let text = expected.replace(['[', ']'], "");
                let expected = if expected.contains('[') { expected } else { "-".to_owned() };
                let shown = shown(&asked, &Language::from_code(Some(kind)), &text);
                if shown != expected {
                    failures.push(format!("{kind} {rest}: {shown}"));
                }
            }
            _ => panic!("what is `{line}`?"),
        }
    }
    assert!(cases.iter().all(|&count| count > 100), "{cases:?}");
    assert!(failures.is_empty(), "{} of {cases:?} fail:\n{}", failures.len(), failures.join("\n"));
}

/// `\n`, `\r`, `\t` and `\u{…}` as the characters they stand for.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (c, rest) = match part.strip_prefix("u{").and_then(|code| code.split_once('}')) {
            Some((code, rest)) => (u32::from_str_radix(code, 16).ok().and_then(char::from_u32), rest),
            None => (
                part.chars().next().and_then(|c| match c {
                    'n' => Some('\n'),
                    'r' => Some('\r'),
                    't' => Some('\t'),
                    _ => None,
                }),
                part.get(1..).unwrap_or_default(),
            ),
        };
        whole.push(c.unwrap_or_else(|| panic!("\\{part} is no escape")));
        whole.push_str(rest);
    }
    whole
}

const INFLECTED: &str = "annonce annonces Annoncée annonçait company companies dying die cheval chevaux vélo vélos \
    relational relate incident Incidents C++ @acme l'Oréal porte-parole xannonce аnnonce vélо сору";

proptest! {
    #[test]
    fn the_sieve_loses_nothing(
        text in prop::collection::vec(prop::sample::select(INFLECTED.split_whitespace().collect::<Vec<_>>()), 0..4),
        asked in prop::collection::vec(prop::sample::select(INFLECTED.split_whitespace().collect::<Vec<_>>()), 2),
        form in prop::sample::select(vec![
            "<a>", "<a> OR <b>", "<a> <b>", "<a> NOT <b>", "\"<a> <b>\"~1", "<a> NEAR/2 <b>", "raw:\"<a>\"",
        ]),
        language in prop::sample::select(vec!["en", "fr", ""]),
    ) {
        let raw = form.starts_with("raw");
        let word = |word: &str| if raw { word.to_owned() } else { word.trim_start_matches('@').to_owned() };
        let text = text.join(" ");
        let asked = query(&form.replace("<a>", &word(asked[0])).replace("<b>", &word(asked[1])));
        let document = Document { text: &text, language: Some(language), ..Document::default() };
        let holds = asked.as_ref().is_some_and(|query| query::matches(&query.ast, &document));
        let brand = Brand { query: asked, ..brand("") };
        prop_assert_eq!(shown(&brand, &Language::from_code(Some(language)), &text) != "-", holds);
    }
}
