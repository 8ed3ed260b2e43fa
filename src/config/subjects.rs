//! What is counted of each brand beside itself: what holds within saved queries, and what rules ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use crate::model::{BrandId, Condition, Rule, SavedQuery, Undated};
use crate::query::{Ast, Fact, Query};

impl Config {
    /// The saved queries, then what rules count that no saved query says: for these, counts are kept as for a saved
    /// query of that id.
    pub fn subjects(&self) -> Vec<SavedQuery> {
        let mut wanted: BTreeMap<&str, (Ast, BTreeSet<&BrandId>)> = BTreeMap::new();
        for rule in &self.rules {
            for (name, ast) in self.of_rule(rule) {
                let (_, brands) = wanted.entry(name).or_insert((ast, BTreeSet::new()));
                brands.extend(&rule.brands);
                brands.extend(rule.brands.iter().flat_map(|brand| rule.condition.others(brand)));
            }
        }
        let of_rules = wanted.into_iter().map(|(name, (ast, brands))| {
            let brands = brands.into_iter().map(|brand| Ast::Fact(Fact::Brand, brand.to_string()));
            let ast = Ast::And(vec![Ast::Or(brands.collect()), ast]);
            SavedQuery { id: name.to_owned(), query: Query { text: ast.to_string(), ast }, brands: None }
        });
        self.queries.iter().cloned().chain(of_rules).collect()
    }

    fn of_rule<'a>(&self, rule: &'a Rule) -> Vec<(&'a str, Ast)> {
        // What is said of a pattern's mentions is asked when they come.
        if rule.condition == Condition::Pattern {
            return Vec::new();
        }
        let saved = rule.query.as_ref().and_then(|id| self.queries.iter().find(|query| query.id == *id));
        let all = saved.map_or(Ast::All, |saved| saved.query.ast.clone());
        let dated = rule.within.as_deref().filter(|_| rule.undated == Undated::Ignore);
        dated.map(|name| (name, all)).into_iter().collect()
    }
}
