//! From text to meaning, or to an error with its place.
//!
//! ```text
//! or      = and { "OR" and }
//! and     = near { [ "AND" ] near }
//! near    = unary [ "NEAR/" number [ "f" ] unary ]
//! unary   = ( "NOT" | "-" ) unary | primary
//! primary = "(" or ")" | quoted [ "~" number ] | field ":" value | "@" saved | prefix "*" | "*" | word
//! ```
//!
//! Recursive descent straight over the text. Operators are in capitals; in small letters they are words.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{Timestamp, tz::TimeZone};

use super::ast::{Ast, Fact};
use super::field::{self, Field, nearest};
use super::{Query, QueryError};
use crate::text::tokens::{words, written};

/// What a query may refer to.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// Saved queries by id, as text; `@id` cites one. Cycles are errors.
    pub saved: Option<&'a BTreeMap<String, String>>,
    /// `None`: a standing query, in which times are errors.
    pub times: Option<Times>,
}

/// What makes `since:2026-01-01` and `date:P1W` instants.
#[derive(Clone, Debug)]
pub struct Times {
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// Reads a query. In the result, `And` and `Or` have at least two parts, none of its own kind.
pub fn parse(text: &str, context: &Context<'_>) -> Result<Query, QueryError> {
    let cited = Cited { ids: &[], terms: &Cell::new(0), depth: 0 };
    let ast = Parser::new(text, context, &cited, Scope::Any).query()?;
    Ok(Query { text: text.to_owned(), ast })
}

/// Parentheses, negations and citations within each other; deeper ones would exhaust the stack.
const MAX_DEPTH: usize = 200;
/// Terms in all; citations of citations multiply.
const MAX_TERMS: usize = 10_000;
const MAX_SLOP: u32 = 100;
const MAX_DISTANCE: u32 = 1_000;

/// How the text being read came to be read.
struct Cited<'a> {
    /// The saved queries being read, outermost first.
    ids: &'a [&'a str],
    /// Terms so far, all texts together.
    terms: &'a Cell<usize>,
    depth: usize,
}

/// What a term means here.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Any,
    /// Inside `title:(…)`: only what is said of words.
    Words(Field),
    /// Inside `site:(…)`: values.
    Values(Fact),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    context: &'a Context<'a>,
    cited: &'a Cited<'a>,
    scope: Scope,
    depth: usize,
    /// The operator just read, which needs an operand.
    operator: Option<Range<usize>>,
}

type Parsed = Result<Ast, QueryError>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, context: &'a Context<'a>, cited: &'a Cited<'a>, scope: Scope) -> Self {
        Self { text, at: 0, context, cited, scope, depth: cited.depth, operator: None }
    }

    fn query(mut self) -> Parsed {
        self.skip_space();
        if self.at == self.text.len() {
            return match self.scope {
                Scope::Any => Ok(Ast::All),
                _ => Err(error(0..0, "it is empty", "")),
            };
        }
        let ast = self.or()?;
        if self.peek() == Some(')') {
            return Err(error(self.at..self.at + 1, "`)` without a `(` before it", ""));
        }
        Ok(ast)
    }

    fn or(&mut self) -> Parsed {
        let mut parts = vec![];
        loop {
            match self.and()? {
                Ast::Or(more) => parts.extend(more),
                part => parts.push(part),
            }
            if !self.eat_operator("OR") {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Ast::Or(parts) });
            }
        }
    }

    fn and(&mut self) -> Parsed {
        let mut parts = vec![];
        loop {
            match self.near()? {
                Ast::And(more) => parts.extend(more),
                part => parts.push(part),
            }
            let ended =
                !self.eat_operator("AND") && (matches!(self.peek(), None | Some(')')) || self.run() == "OR");
            if ended {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Ast::And(parts) });
            }
        }
    }

    fn near(&mut self) -> Parsed {
        let start = self.skip_space();
        let left = self.unary()?;
        let left_range = start..self.at;
        let Some((distance, ordered)) = self.eat_near()? else { return Ok(left) };
        check_near_side(&left, left_range)?;
        let start = self.skip_space();
        let right = self.unary()?;
        check_near_side(&right, start..self.at)?;
        let start = self.skip_space();
        if self.eat_near()?.is_some() {
            let help = "write two of them: (a NEAR/5 b) AND (b NEAR/5 c)";
            return Err(error(start..self.at, "NEAR has two sides only", help));
        }
        Ok(Ast::Near { left: Box::new(left), right: Box::new(right), distance, ordered })
    }

    fn unary(&mut self) -> Parsed {
        let start = self.skip_space();
        let minus = self.peek() == Some('-')
            && self.text[start + 1..].chars().next().is_some_and(|c| !c.is_whitespace() && c != ')');
        if minus {
            self.at += 1;
            self.operator = Some(start..self.at);
        } else if !self.eat_operator("NOT") {
            return self.primary();
        }
        self.deeper(start, |parser| Ok(Ast::Not(Box::new(parser.unary()?))))
    }

    fn primary(&mut self) -> Parsed {
        let start = self.skip_space();
        let term = match self.peek() {
            None | Some(')') => return Err(self.missing()),
            Some('(') => return self.group(self.scope),
            Some(c) if closing(c).is_some() => {
                let (value, range) = self.quoted()?;
                match self.scope {
                    Scope::Values(fact) => fact_of(fact, value, range)?,
                    _ => self.phrase(&value, range)?,
                }
            }
            Some(_) => {
                let run = self.run();
                if is_operator(run) {
                    return Err(self.missing());
                }
                self.term(run, start)?
            }
        };
        self.operator = None;
        let terms = self.cited.terms.get() + 1;
        self.cited.terms.set(terms);
        if terms > MAX_TERMS {
            return Err(error(start..self.at, format!("more than {MAX_TERMS} terms"), ""));
        }
        Ok(term)
    }

    /// `run` stands at `start` and is neither quoted nor an operator.
    fn term(&mut self, run: &'a str, start: usize) -> Parsed {
        let range = start..start + run.len();
        if let Scope::Values(fact) = self.scope {
            self.at = range.end;
            return fact_of(fact, run.to_owned(), range);
        }
        if let Some((name, rest)) = run.split_once(':')
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
        {
            let Some(field) = Field::named(name) else { return Err(unknown_field(name, rest, start)) };
            self.at = start + name.len() + 1;
            self.operator = Some(start..self.at);
            return self.field(field, start);
        }
        self.at = range.end;
        if let Some(id) = run.strip_prefix('@') {
            return self.saved(id, range);
        }
        if run == "*" && self.scope == Scope::Any {
            return Ok(Ast::All);
        }
        if run.starts_with('-') {
            return Err(error(
                range,
                "a `-` that negates nothing",
                "write -word, or -title:word for a field",
            ));
        }
        let word = run.strip_suffix('*').unwrap_or(run);
        if word.contains('*') || word.is_empty() {
            return Err(error(range, "`*` stands at the end of a word only", "write the beginning: prefix*"));
        }
        let count = words(word).len();
        if count == 0 {
            let help = format!("write raw:\"{run}\" for signs as written");
            return Err(error(range, format!("`{run}` has no letter or digit"), help));
        }
        if word.len() == run.len() {
            return Ok(Ast::Word(word.to_owned()));
        }
        if count > 1 {
            let help = "write its words apart, the last with `*`";
            return Err(error(range, format!("`{run}` is several words"), help));
        }
        Ok(Ast::Prefix(word.to_owned()))
    }

    fn field(&mut self, field: Field, start: usize) -> Parsed {
        if !matches!(self.scope, Scope::Any) && field != Field::Raw {
            let help = format!("write {}:… beside it, with AND", field.as_str());
            return Err(error(start..self.at, "a field within a field", help));
        }
        if self.peek().is_none_or(|c| c.is_whitespace() || c == ')') {
            let message = format!("`{}:` has nothing after it", field.as_str());
            return Err(error(start..self.at, message, "no space after the colon"));
        }
        match field {
            Field::In(part) => {
                let scope = std::mem::replace(&mut self.scope, Scope::Words(field));
                let inner = self.deeper(start, Self::primary);
                self.scope = scope;
                Ok(Ast::In(part, Box::new(inner?)))
            }
            Field::Fact(fact) if self.peek() == Some('(') => self.group(Scope::Values(fact)),
            Field::Fact(fact) => {
                let (value, range) = self.value()?;
                fact_of(fact, value, range)
            }
            Field::Raw => {
                let (value, range) = self.value()?;
                if written(&value).is_empty() {
                    return Err(error(range, "no letter or digit to look for", ""));
                }
                Ok(Ast::Raw(value))
            }
            Field::Since | Field::Until | Field::Date => {
                let (value, range) = self.value()?;
                let Some(times) = &self.context.times else {
                    let message = format!("`{}:` in a standing query", field.as_str());
                    return Err(error(start..range.end, message, "times belong to a search; leave it out"));
                };
                field::time(field, &value, times).ok_or_else(|| {
                    let help = "write 2026-01-31, 2026-01-31T08:00:00Z, or how long ago: 7d, P1W";
                    error(range, format!("`{value}` is no time"), help)
                })
            }
        }
    }

    fn group(&mut self, scope: Scope) -> Parsed {
        let start = self.at;
        self.at += 1;
        self.operator = None;
        self.skip_space();
        match self.peek() {
            Some(')') => return Err(error(start..self.at + 1, "empty parentheses", "write a word in them")),
            None => {
                let help = "write a term and `)` after it";
                return Err(error(start..start + 1, "`(` has nothing after it", help));
            }
            Some(_) => {}
        }
        let outer = std::mem::replace(&mut self.scope, scope);
        let inner = self.deeper(start, Self::or)?;
        self.scope = outer;
        if self.peek() != Some(')') {
            return Err(error(start..start + 1, "`(` is never closed", "write `)` where the group ends"));
        }
        self.at += 1;
        Ok(inner)
    }

    /// `range` is that of the quoted text, quotes included.
    fn phrase(&mut self, text: &str, range: Range<usize>) -> Parsed {
        let slop = self.slop(&range)?;
        if let Some(star) = text.find('*')
            && text[..star].ends_with(char::is_alphanumeric)
        {
            let help = "write the prefix outside the quotes, or raw:\"…\" for the sign";
            return Err(error(range, "no `*` within quotes", help));
        }
        let tokens = words(text);
        let mut phrase: Vec<String> = Vec::with_capacity(tokens.len());
        for (at, token) in tokens.iter().enumerate() {
            // One character can fold to several words (½), of which each stands for all of it.
            if at == 0 || tokens[at - 1].start != token.start {
                phrase.push(text[token.start..token.end].to_owned());
            }
        }
        match phrase.len() {
            0 => Err(error(range, "no word within the quotes", "write raw:\"…\" for signs as written")),
            1 => Ok(Ast::Word(phrase.remove(0))),
            _ => Ok(Ast::Phrase { words: phrase, slop }),
        }
    }

    /// `~3` after a quote.
    fn slop(&mut self, quoted: &Range<usize>) -> Result<u32, QueryError> {
        if self.peek() != Some('~') {
            return Ok(0);
        }
        let digits = &self.run()[1..];
        self.at += 1 + digits.len();
        match digits.parse() {
            Ok(slop) if slop <= MAX_SLOP => Ok(slop),
            _ => {
                let message = format!("`~` takes a number up to {MAX_SLOP}");
                Err(error(quoted.end..self.at, message, "\"loose phrase\"~3 lets 3 other words in"))
            }
        }
    }

    fn saved(&mut self, id: &str, range: Range<usize>) -> Parsed {
        let known = self.context.saved.and_then(|saved| saved.get_key_value(id));
        let Some((id, text)) = known else {
            let ids = self.context.saved.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
            let help = match nearest(id, ids) {
                Some(similar) => format!("did you mean `@{similar}`?"),
                None => format!("write raw:\"@{id}\" for a handle"),
            };
            return Err(error(range, format!("no saved query `{id}`"), help));
        };
        let mut ids = self.cited.ids.to_vec();
        ids.push(id);
        if self.cited.ids.contains(&id.as_str()) {
            let message = format!("saved query `{id}` cites itself: {}", ids.join(" → "));
            return Err(error(range, message, "take one of the citations out"));
        }
        self.deeper(range.start, |parser| {
            let cited = Cited { ids: &ids, terms: parser.cited.terms, depth: parser.depth };
            Parser::new(text, parser.context, &cited, parser.scope).query().map_err(|inner| {
                let message = match inner.message.starts_with("saved query `") {
                    true => inner.message,
                    false => format!("saved query `{id}`: {}", inner.message),
                };
                QueryError { message, start: range.start, end: range.end, help: inner.help }
            })
        })
    }

    /// A quoted value, or what stands up to the next space or parenthesis.
    fn value(&mut self) -> Result<(String, Range<usize>), QueryError> {
        if self.peek().and_then(closing).is_some() {
            return self.quoted();
        }
        let start = self.at;
        let run = self.run();
        self.at += run.len();
        if run.is_empty() {
            return Err(error(start..start + 1, "a value is missing here", "quote it if it has parentheses"));
        }
        Ok((run.to_owned(), start..self.at))
    }

    /// The text between quotes, `\"` and `\\` unescaped, and its range, quotes included.
    fn quoted(&mut self) -> Result<(String, Range<usize>), QueryError> {
        let start = self.at;
        let mut chars = self.text[start..].char_indices();
        let opened = chars.next().map_or('"', |(_, c)| c);
        let closers = closing(opened).unwrap_or_default();
        let mut value = String::new();
        while let Some((at, c)) = chars.next() {
            if closers.contains(c) {
                self.at = start + at + c.len_utf8();
                return Ok((value, start..self.at));
            }
            let next = self.text[start + at + c.len_utf8()..].chars().next();
            if c == '\\'
                && let Some(escaped @ ('"' | '\\')) = next
            {
                value.push(escaped);
                chars.next();
            } else {
                value.push(c);
            }
        }
        let help = "write `\"` where the phrase ends, `\\\"` for a literal quote";
        Err(error(start..start + opened.len_utf8(), "this quote is never closed", help))
    }

    /// `NEAR/5` or `NEAR/5f`: the distance, and whether order counts.
    fn eat_near(&mut self) -> Result<Option<(u32, bool)>, QueryError> {
        let start = self.skip_space();
        let run = self.run();
        if !is_near(run) {
            return Ok(None);
        }
        self.at += run.len();
        self.operator = Some(start..self.at);
        let number = run.strip_prefix("NEAR/").unwrap_or("");
        let (number, ordered) = match number.strip_suffix('f') {
            Some(number) => (number, true),
            None => (number, false),
        };
        match number.parse() {
            Ok(distance @ 1..=MAX_DISTANCE) => Ok(Some((distance, ordered))),
            _ => {
                let message = format!("`{run}` needs a number of words from 1 to {MAX_DISTANCE}");
                Err(error(start..self.at, message, "NEAR/5 in either order, NEAR/5f in this order"))
            }
        }
    }

    fn eat_operator(&mut self, operator: &str) -> bool {
        let start = self.skip_space();
        if self.run() != operator {
            return false;
        }
        self.at += operator.len();
        self.operator = Some(start..self.at);
        true
    }

    /// A term should stand here and does not.
    fn missing(&mut self) -> QueryError {
        if let Some(operator) = self.operator.take() {
            let message = format!("`{}` has nothing after it", &self.text[operator.clone()]);
            return error(operator, message, "write a term after it, or quote it as a word");
        }
        match self.run() {
            "" if self.peek() == Some(')') => error(self.at..self.at + 1, "`)` without a `(` before it", ""),
            run => {
                let message = format!("`{run}` has nothing before it");
                error(self.at..self.at + run.len(), message, "write a term before it, or quote it as a word")
            }
        }
    }

    fn deeper(&mut self, start: usize, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(start..self.at, format!("nested more than {MAX_DEPTH} deep"), ""));
        }
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// What stands here up to the next space, parenthesis or quote; may be empty.
    fn run(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')') || closing(c).is_some());
        &rest[..end.unwrap_or(rest.len())]
    }

    fn skip_space(&mut self) -> usize {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }
}

/// What closes a quote; typographic quotes too, as word processors write them.
fn closing(opened: char) -> Option<&'static str> {
    match opened {
        '"' => Some("\""),
        '“' | '”' | '„' => Some("”“\""),
        '«' | '»' => Some("»\""),
        _ => None,
    }
}

fn is_near(run: &str) -> bool {
    run.strip_prefix("NEAR").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_operator(run: &str) -> bool {
    matches!(run, "AND" | "OR" | "NOT") || is_near(run)
}

fn check_near_side(side: &Ast, range: Range<usize>) -> Result<(), QueryError> {
    if is_near_side(side) {
        return Ok(());
    }
    let help = match side {
        Ast::Not(_) => "write NOT (a NEAR/5 b)",
        Ast::In(..) => "write title:(a NEAR/5 b)",
        _ => "join the others with AND, outside",
    };
    Err(error(range, "a side of NEAR is a word, a prefix, a phrase, or an OR of them", help))
}

fn is_near_side(side: &Ast) -> bool {
    match side {
        Ast::Word(_) | Ast::Prefix(_) | Ast::Phrase { .. } | Ast::Raw(_) => true,
        Ast::Or(parts) => parts.iter().all(is_near_side),
        _ => false,
    }
}

fn fact_of(fact: Fact, value: String, range: Range<usize>) -> Parsed {
    if value.trim().is_empty() {
        return Err(error(range, format!("`{}:` has an empty value", fact.as_str()), ""));
    }
    if let Some(known) = field::values(fact)
        && !known.contains(&value.to_lowercase().as_str())
    {
        let message = format!("`{value}` is no {}", fact.as_str());
        return Err(error(range, message, format!("one of: {}", known.join(", "))));
    }
    if value.ends_with('*') && fact != Fact::Link {
        return Err(error(range, format!("`{}:` takes a whole value, no prefix", fact.as_str()), ""));
    }
    Ok(Ast::Fact(fact, value))
}

fn unknown_field(name: &str, rest: &str, start: usize) -> QueryError {
    let help = match nearest(name, field::names()) {
        _ if rest.starts_with("//") => format!("write link:\"{name}:{rest}\""),
        Some(similar) => format!("did you mean `{similar}:`?"),
        None => format!("quote it to look for the words: \"{name}:{rest}\""),
    };
    error(start..start + name.len(), format!("unknown field `{name}`"), help)
}

fn error(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> QueryError {
    let help = Some(help.into()).filter(|help| !help.is_empty());
    QueryError { message: message.into(), start: range.start, end: range.end, help }
}

#[cfg(test)]
mod tests;
