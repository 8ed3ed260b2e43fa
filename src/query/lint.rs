//! What a query says that its author may not have meant.

use super::ast::Ast;

/// A place of a query, in bytes, and what to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
}

/// `ast` is what `text` was read as.
pub fn lint(text: &str, ast: &Ast) -> Vec<Hint> {
    let mut hints = operators_as_words(text);
    let whole = |message: &str, help: Option<&str>| Hint {
        start: 0,
        end: text.len(),
        message: message.to_owned(),
        help: help.map(str::to_owned),
    };
    if only_excludes(ast) {
        hints.push(whole("it only excludes: everything else is found", Some("say what is looked for, too")));
    }
    for prefix in short_prefixes(ast) {
        hints.push(whole(
            &format!("`{prefix}*` finds every word that begins so"),
            Some("write more of the word"),
        ));
    }
    hints
}

/// `or`, `et` … in small letters outside quotes, which are looked for as words.
fn operators_as_words(text: &str) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut quoted = false;
    let mut start = None;
    let mut escaped = false;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        let parts = c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '”' | '„' | '«' | '»');
        if parts
            && let Some(start) = start.take()
            && !quoted
        {
            hints.extend(operator(&text[start..at]).map(|operator| Hint {
                start,
                end: at,
                message: format!("`{}` in small letters is looked for as a word", &text[start..at]),
                help: Some(format!("write {operator} for the operator")),
            }));
        }
        if !parts && start.is_none() {
            start = Some(at);
        }
        match c {
            '"' if !escaped => quoted = !quoted,
            // `“` closes what `„` opened.
            '“' => quoted = !quoted,
            '„' | '«' => quoted = true,
            '”' | '»' => quoted = false,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    hints
}

fn operator(word: &str) -> Option<&'static str> {
    Some(match word {
        "and" | "et" => "AND",
        "or" | "ou" => "OR",
        "not" | "sauf" => "NOT",
        _ if word.starts_with("near/") => "NEAR/5",
        _ => return None,
    })
}

fn only_excludes(ast: &Ast) -> bool {
    match ast {
        Ast::Not(inner) => !only_excludes(inner),
        Ast::And(all) => !all.is_empty() && all.iter().all(only_excludes),
        Ast::Or(any) => any.iter().any(only_excludes),
        Ast::In(_, inner) => only_excludes(inner),
        _ => false,
    }
}

fn short_prefixes(ast: &Ast) -> Vec<&str> {
    match ast {
        Ast::Prefix(prefix) if prefix.chars().count() < 3 => vec![prefix],
        Ast::And(parts) | Ast::Or(parts) => parts.iter().flat_map(short_prefixes).collect(),
        Ast::Not(inner) | Ast::In(_, inner) => short_prefixes(inner),
        Ast::Near { left, right, .. } => {
            [left, right].into_iter().flat_map(|side| short_prefixes(side)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Context, parse};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let query = parse(text, &Context::default()).unwrap();
        let told: Vec<String> = lint(text, &query.ast)
            .into_iter()
            .map(|hint| format!("{}: {}", &text[hint.start..hint.end], hint.message))
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn operators_in_small_letters_are_told() {
        check("acme or globex", &["or: `or` in small letters is looked for as a word"]);
        check(
            "(acme et vélo) ou x",
            &[
                "et: `et` in small letters is looked for as a word",
                "ou: `ou` in small letters is looked for as a word",
            ],
        );
        check("\"acme or globex\" OR raw:\"a \\\" or b\"", &[]);
        check("“acme or globex” OR „acme or globex“ OR « acme or globex »", &[]);
        check("acme OR globex AND NOT x", &[]);
    }

    #[test]
    fn what_finds_nearly_everything_is_told() {
        check("NOT acme", &["NOT acme: it only excludes: everything else is found"]);
        check("x OR -acme", &["x OR -acme: it only excludes: everything else is found"]);
        check("x -acme", &[]);
        check("NOT (NOT acme)", &[]);
        check("x ac*", &["x ac*: `ac*` finds every word that begins so"]);
        check("acm*", &[]);
    }
}
