//! Queries by their printed meaning, errors by their caret, and the laws of both.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::query::Part;

fn saved() -> BTreeMap<String, String> {
    [
        ("jobs", "recrute OR hiring"),
        ("outage", "(panne OR outage) AND NOT @jobs"),
        ("a", "x @b"),
        ("b", "y OR @a"),
        ("self", "@self"),
        ("broken", "a AND"),
        ("site", "site:x.example"),
        ("double", "@more @more"),
        ("more", "@many @many @many @many @many @many @many @many @many @many"),
        ("many", "@lots @lots @lots @lots @lots @lots @lots @lots @lots @lots"),
        ("lots", "@jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs @jobs"),
        ("ten", "@lots @lots @lots @lots @lots @lots @lots @lots @lots @lots @lots @lots @lots @lots @lots"),
        ("all", "@ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten @ten"),
        ("too-many", "@all @all @all @all @all @all @all @all @all @all @all @all @all @all @all @all"),
    ]
    .map(|(id, text)| (id.to_owned(), text.to_owned()))
    .into()
}

fn search(text: &str) -> Result<Query, QueryError> {
    let times = Times {
        now: "2026-03-30T12:00:00+02:00".parse().unwrap(),
        zone: TimeZone::get("Europe/Paris").unwrap(),
    };
    parse(text, &Context { saved: Some(&saved()), times: Some(times) })
}

#[track_caller]
fn check(text: &str, printed: &str) {
    match search(text) {
        Ok(query) => assert_eq!(query.ast.to_string(), printed, "{text}"),
        Err(error) => panic!("{text}: {error:?}"),
    }
}

#[test]
fn binds_not_before_near_before_and_before_or() {
    check("", "*");
    check("  ", "*");
    check("a", "a");
    check("a b", "a b");
    check("a AND b", "a b");
    check("a b OR c d", "(a b) OR (c d)");
    check("a (b OR c) d", "a (b OR c) d");
    check("(a b) c", "a b c");
    check("((a OR b)) OR c", "a OR b OR c");
    check("-a b", "NOT a b");
    check("-a OR NOT b", "NOT a OR NOT b");
    check("NOT (a b)", "NOT (a b)");
    check("--a", "NOT (NOT a)");
    check("a NEAR/5 b c", "a NEAR/5 b c");
    check("a OR b NEAR/5f (c OR d*)", "a OR b NEAR/5f (c OR d*)");
    check("NOT (a NEAR/5 b)", "NOT (a NEAR/5 b)");
    check("a and or not near", "a and or not near");
    check("ANDROID ORANGE NEARBY NOTE", "ANDROID ORANGE NEARBY NOTE");
    check("\"AND\"", "\"AND\"");
}

#[test]
fn reads_words_phrases_and_raws() {
    check("L'Oréal", "L'Oréal");
    check("go-sport", "go-sport");
    check("#acme 12:30 C++", "#acme 12:30 C++");
    check("\"data breach\"", "\"data breach\"");
    check("“data breach” «fuite de données»", "\"data breach\" \"fuite de données\"");
    check("\"data  breach!\"~3", "\"data breach\"~3");
    check("\"offre d’emploi\"", "\"offre emploi\"");
    check("\"word\"", "word");
    check("rec*", "rec*");
    check("*", "*");
    check("raw:C++", "raw:\"C++\"");
    check("raw:\"say \\\"C++\\\"\"", "raw:\"say \\\"C++\\\"\"");
    check("raw:@acme", "raw:\"@acme\"");
    check("\"½ cup\"", "\"½ cup\"");
}

#[test]
fn reads_fields() {
    check("title:a", "title:a");
    check("TITLE:(a OR \"b c\")", "title:(a OR \"b c\")");
    check("text:(a NEAR/3 b)", "text:(a NEAR/3 b)");
    check("-title:raw:R", "NOT title:raw:R");
    check("lang:fr", "lang:fr");
    check("lang:(fr OR en)", "lang:fr OR lang:en");
    check(
        "site:(a.example OR b.example) -tag:(x OR y)",
        "(site:a.example OR site:b.example) NOT (tag:x OR tag:y)",
    );
    check("author:\"Jean Dupont\"", "author:\"Jean Dupont\"");
    check("author:@jean", "author:\"@jean\"");
    check("link:https://a.example/x?y=1", "link:\"https://a.example/x?y=1\"");
    check("sentiment:negative status:new", "sentiment:negative status:new");
}

#[test]
fn times_are_of_the_users_zone() {
    check("since:2026-01-01", "since:2025-12-31T23:00:00Z");
    check("until:2026-07-01T00:00:00Z", "until:2026-07-01T00:00:00Z");
    check("since:2026-01-31T08:00", "since:2026-01-31T07:00:00Z");
    check("date:2026-03-29", "date:2026-03-28T23:00:00Z/2026-03-29T22:00:00Z");
    check("date:P1W", "since:2026-03-23T11:00:00Z");
    check("since:7d until:90m", "since:2026-03-23T11:00:00Z until:2026-03-30T08:30:00Z");
    check("date:2026-01-01/2026-02-01", "date:2025-12-31T23:00:00Z/2026-01-31T23:00:00Z");
}

#[test]
fn saved_queries_are_read_in_place() {
    check("@jobs", "recrute OR hiring");
    check("acme @outage", "acme (panne OR outage) NOT (recrute OR hiring)");
    check("title:@jobs", "title:(recrute OR hiring)");
    check("vélo NEAR/5 @jobs", "vélo NEAR/5 (recrute OR hiring)");
}

#[track_caller]
fn check_error(text: &str, expected: Expect) {
    let error = search(text).expect_err(text);
    let before = text[..error.start].chars().count();
    let caret = "^".repeat(text[error.start..error.end].chars().count().max(1));
    let mut shown = format!("{text}\n{}{caret} {}\n", " ".repeat(before), error.message);
    if let Some(help) = error.help {
        shown.push_str(&help);
        shown.push('\n');
    }
    expected.assert_eq(&shown);
}

#[test]
fn operators_need_both_sides() {
    check_error(
        "a AND",
        expect![[r#"
        a AND
          ^^^ `AND` has nothing after it
        write a term after it, or quote it as a word
    "#]],
    );
    check_error(
        "OR b",
        expect![[r#"
        OR b
        ^^ `OR` has nothing before it
        write a term before it, or quote it as a word
    "#]],
    );
    check_error(
        "a AND OR b",
        expect![[r#"
        a AND OR b
          ^^^ `AND` has nothing after it
        write a term after it, or quote it as a word
    "#]],
    );
    check_error(
        "a (OR b)",
        expect![[r#"
        a (OR b)
           ^^ `OR` has nothing before it
        write a term before it, or quote it as a word
    "#]],
    );
    check_error(
        "a NOT",
        expect![[r#"
        a NOT
          ^^^ `NOT` has nothing after it
        write a term after it, or quote it as a word
    "#]],
    );
    check_error(
        "NEAR/3 b",
        expect![[r#"
        NEAR/3 b
        ^^^^^^ `NEAR/3` has nothing before it
        write a term before it, or quote it as a word
    "#]],
    );
    check_error(
        "a NEAR/3",
        expect![[r#"
        a NEAR/3
          ^^^^^^ `NEAR/3` has nothing after it
        write a term after it, or quote it as a word
    "#]],
    );
    check_error(
        "a - b",
        expect![[r#"
        a - b
          ^ a `-` that negates nothing
        write -word, or -title:word for a field
    "#]],
    );
}

#[test]
fn quotes_and_parentheses_are_closed() {
    check_error(
        "acme AND \"data breach",
        expect![[r#"
        acme AND "data breach
                 ^ this quote is never closed
        write `"` where the phrase ends, `\"` for a literal quote
    "#]],
    );
    check_error(
        "é AND “x",
        expect![[r#"
        é AND “x
              ^ this quote is never closed
        write `"` where the phrase ends, `\"` for a literal quote
    "#]],
    );
    check_error(
        "(a OR b",
        expect![[r#"
        (a OR b
        ^ `(` is never closed
        write `)` where the group ends
    "#]],
    );
    check_error(
        "a AND (",
        expect![[r#"
        a AND (
              ^ `(` has nothing after it
        write a term and `)` after it
    "#]],
    );
    check_error(
        "a) b",
        expect![[r#"
        a) b
         ^ `)` without a `(` before it
    "#]],
    );
    check_error(
        "a ()",
        expect![[r#"
        a ()
          ^^ empty parentheses
        write a word in them
    "#]],
    );
    check_error(
        ")",
        expect![[r#"
        )
        ^ `)` without a `(` before it
    "#]],
    );
}

#[test]
fn near_is_between_words() {
    check_error(
        "a NEAR/x b",
        expect![[r#"
        a NEAR/x b
          ^^^^^^ `NEAR/x` needs a number of words from 1 to 1000
        NEAR/5 in either order, NEAR/5f in this order
    "#]],
    );
    check_error(
        "a NEAR b",
        expect![[r#"
        a NEAR b
          ^^^^ `NEAR` needs a number of words from 1 to 1000
        NEAR/5 in either order, NEAR/5f in this order
    "#]],
    );
    check_error(
        "a NEAR/0 b",
        expect![[r#"
        a NEAR/0 b
          ^^^^^^ `NEAR/0` needs a number of words from 1 to 1000
        NEAR/5 in either order, NEAR/5f in this order
    "#]],
    );
    check_error(
        "(a b) NEAR/3 c",
        expect![[r#"
        (a b) NEAR/3 c
        ^^^^^ a side of NEAR is a word, a prefix, a phrase, or an OR of them
        join the others with AND, outside
    "#]],
    );
    check_error(
        "NOT a NEAR/3 c",
        expect![[r#"
        NOT a NEAR/3 c
        ^^^^^ a side of NEAR is a word, a prefix, a phrase, or an OR of them
        write NOT (a NEAR/5 b)
    "#]],
    );
    check_error(
        "a NEAR/3 title:c",
        expect![[r#"
        a NEAR/3 title:c
                 ^^^^^^^ a side of NEAR is a word, a prefix, a phrase, or an OR of them
        write title:(a NEAR/5 b)
    "#]],
    );
    check_error(
        "a NEAR/3 b NEAR/3 c",
        expect![[r#"
        a NEAR/3 b NEAR/3 c
                   ^^^^^^ NEAR has two sides only
        write two of them: (a NEAR/5 b) AND (b NEAR/5 c)
    "#]],
    );
}

#[test]
fn terms_mean_something() {
    check_error(
        "*acme",
        expect![[r#"
        *acme
        ^^^^^ `*` stands at the end of a word only
        write the beginning: prefix*
    "#]],
    );
    check_error(
        "go-sp*",
        expect![[r#"
        go-sp*
        ^^^^^^ `go-sp*` is several words
        write its words apart, the last with `*`
    "#]],
    );
    check_error(
        "a &",
        expect![[r#"
        a &
          ^ `&` has no letter or digit
        write raw:"&" for signs as written
    "#]],
    );
    check_error(
        "\"data bre*\"",
        expect![[r#"
        "data bre*"
        ^^^^^^^^^^^ no `*` within quotes
        write the prefix outside the quotes, or raw:"…" for the sign
    "#]],
    );
    check_error(
        "\"!\"",
        expect![[r#"
        "!"
        ^^^ no word within the quotes
        write raw:"…" for signs as written
    "#]],
    );
    check_error(
        "\"a b\"~x",
        expect![[r#"
        "a b"~x
             ^^ `~` takes a number up to 100
        "loose phrase"~3 lets 3 other words in
    "#]],
    );
    check_error(
        "raw:\"!\"",
        expect![[r#"
        raw:"!"
            ^^^ no letter or digit to look for
    "#]],
    );
}

#[test]
fn fields_are_known() {
    check_error(
        "titel:acme",
        expect![[r#"
            titel:acme
            ^^^^^ unknown field `titel`
            did you mean `title:`?
        "#]],
    );
    check_error(
        "foobar:acme",
        expect![[r#"
        foobar:acme
        ^^^^^^ unknown field `foobar`
        quote it to look for the words: "foobar:acme"
    "#]],
    );
    check_error(
        "https://acme.example/",
        expect![[r#"
        https://acme.example/
        ^^^^^ unknown field `https`
        write link:"https://acme.example/"
    "#]],
    );
    check_error(
        "title: acme",
        expect![[r#"
        title: acme
        ^^^^^^ `title:` has nothing after it
        no space after the colon
    "#]],
    );
    check_error(
        "title:(a lang:fr)",
        expect![[r#"
        title:(a lang:fr)
                 ^^^^^ a field within a field
        write lang:… beside it, with AND
    "#]],
    );
    check_error(
        "title:-a",
        expect![[r#"
        title:-a
              ^^ a `-` that negates nothing
        write -word, or -title:word for a field
    "#]],
    );
    check_error(
        "sentiment:bad",
        expect![[r#"
        sentiment:bad
                  ^^^ `bad` is no sentiment
        one of: negative, neutral, positive
    "#]],
    );
    check_error(
        "source:hn*",
        expect![[r#"
        source:hn*
               ^^^ `source:` takes a whole value, no prefix
    "#]],
    );
    check_error(
        "author:\"\"",
        expect![[r#"
        author:""
               ^^ `author:` has an empty value
    "#]],
    );
    check_error(
        "since:yesterday",
        expect![[r#"
        since:yesterday
              ^^^^^^^^^ `yesterday` is no time
        write 2026-01-31, 2026-01-31T08:00:00Z, or how long ago: 7d, P1W
    "#]],
    );
    check_error(
        "date:2026-13-01",
        expect![[r#"
        date:2026-13-01
             ^^^^^^^^^^ `2026-13-01` is no time
        write 2026-01-31, 2026-01-31T08:00:00Z, or how long ago: 7d, P1W
    "#]],
    );
}

#[test]
fn citations_are_known_and_end() {
    check_error(
        "@job",
        expect![[r#"
        @job
        ^^^^ no saved query `job`
        did you mean `@jobs`?
    "#]],
    );
    check_error(
        "x @acme",
        expect![[r#"
        x @acme
          ^^^^^ no saved query `acme`
        write raw:"@acme" for a handle
    "#]],
    );
    check_error(
        "@a",
        expect![[r#"
        @a
        ^^ saved query `a` cites itself: a → b → a
        take one of the citations out
    "#]],
    );
    check_error(
        "@self",
        expect![[r#"
        @self
        ^^^^^ saved query `self` cites itself: self → self
        take one of the citations out
    "#]],
    );
    check_error(
        "x @broken",
        expect![[r#"
        x @broken
          ^^^^^^^ saved query `broken`: `AND` has nothing after it
        write a term after it, or quote it as a word
    "#]],
    );
    check_error(
        "title:@site",
        expect![[r#"
        title:@site
              ^^^^^ saved query `site`: a field within a field
        write site:… beside it, with AND
    "#]],
    );
    check_error(
        "@too-many",
        expect![[r#"
        @too-many
        ^^^^^^^^^ saved query `jobs`: more than 10000 terms
    "#]],
    );
}

#[test]
fn a_standing_query_has_no_times() {
    let error = parse("a since:7d", &Context::default()).unwrap_err();
    assert_eq!((error.start, error.end), (2, 10));
    assert_eq!(error.message, "`since:` in a standing query");
}

#[test]
fn depth_is_limited_before_the_stack_is() {
    for unit in ["(", "NOT ", "-", "title:(", "lang:("] {
        let error = search(&unit.repeat(100_000)).unwrap_err();
        assert!(!error.message.is_empty(), "{unit}");
    }
    let deep = format!("{}a{}", "(".repeat(199), ")".repeat(199));
    assert_eq!(search(&deep).unwrap().ast, Ast::Word("a".to_owned()));
    assert_eq!(search(&format!("({deep})")).unwrap().ast, Ast::Word("a".to_owned()));
    assert_eq!(search(&format!("(({deep}))")).unwrap_err().message, "nested more than 200 deep");
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zéœ0-9]{1,5}",
        1 => "[a-z]{1,3}[-'’+.&][a-z]{1,3}",
        1 => prop::sample::select(vec!["AND", "OR", "NOT", "NEAR"]).prop_map(str::to_owned),
    ]
}

/// Something over words that may stand beside NEAR.
fn near_side() -> impl Strategy<Value = Ast> {
    let plain = || "[a-zé]{1,4}";
    let leaf = prop_oneof![
        3 => word().prop_map(Ast::Word),
        1 => plain().prop_map(Ast::Prefix),
        1 => (prop::collection::vec(plain(), 2..4), 0..=MAX_SLOP)
            .prop_map(|(words, slop)| Ast::Phrase { words, slop }),
        1 => "[a-z+\"\\\\ ]{0,4}x".prop_map(Ast::Raw),
    ]
    .boxed();
    prop_oneof![4 => leaf.clone(), 1 => prop::collection::vec(leaf, 2..4).prop_map(Ast::Or)]
}

fn over_words() -> BoxedStrategy<Ast> {
    let near = (near_side(), near_side(), 1..=MAX_DISTANCE, any::<bool>()).prop_map(
        |(left, right, distance, ordered)| Ast::Near {
            left: Box::new(left),
            right: Box::new(right),
            distance,
            ordered,
        },
    );
    boolean(prop_oneof![3 => near_side(), 1 => near].boxed(), 2)
}

fn boolean(leaf: BoxedStrategy<Ast>, depth: u32) -> BoxedStrategy<Ast> {
    leaf.prop_recursive(depth, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| flat(parts, false)),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| flat(parts, true)),
            inner.prop_map(|inner| Ast::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

/// `And` or `Or` as the parser makes them: no part of its own kind.
fn flat(parts: Vec<Ast>, and: bool) -> Ast {
    let parts = parts.into_iter().flat_map(|part| match part {
        Ast::And(parts) if and => parts,
        Ast::Or(parts) if !and => parts,
        part => vec![part],
    });
    if and { Ast::And(parts.collect()) } else { Ast::Or(parts.collect()) }
}

fn any_ast() -> BoxedStrategy<Ast> {
    let facts = [Fact::Author, Fact::Site, Fact::Tag, Fact::Language, Fact::Story, Fact::Link];
    let fact = (prop::sample::select(facts.to_vec()), "[a-zA-Z0-9.:/()\"\\\\@é -]{0,6}x")
        .prop_map(|(fact, value)| Ast::Fact(fact, value));
    let instant = || (0i64..2_000_000_000).prop_map(|seconds| Timestamp::from_second(seconds).unwrap());
    let time = prop_oneof![
        instant().prop_map(|since| Ast::Time { since: Some(since), until: None }),
        instant().prop_map(|until| Ast::Time { since: None, until: Some(until) }),
        (instant(), instant())
            .prop_map(|(since, until)| Ast::Time { since: Some(since), until: Some(until) }),
    ];
    let part = prop_oneof![Just(Part::Title), Just(Part::Text)];
    let within = (part, over_words()).prop_map(|(part, inner)| Ast::In(part, Box::new(inner)));
    boolean(prop_oneof![4 => over_words(), 2 => fact, 1 => time, 2 => within, 1 => Just(Ast::All)].boxed(), 3)
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(ast in any_ast()) {
        let printed = ast.to_string();
        let parsed = search(&printed).map(|query| query.ast);
        prop_assert_eq!(parsed, Ok(ast), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_in_its_place(text in "([a-z]|AND |OR |NOT |NEAR/2 |[\"()*~:@é“ -]|title:|raw:|.){0,20}") {
        match search(&text) {
            Ok(query) => {
                let printed = query.ast.to_string();
                prop_assert_eq!(search(&printed).map(|query| query.ast), Ok(query.ast), "{}", printed);
            }
            Err(error) => {
                prop_assert!(error.start <= error.end && error.end <= text.len(), "{:?}", error);
                prop_assert!(text.is_char_boundary(error.start) && text.is_char_boundary(error.end), "{:?}", error);
            }
        }
    }
}
