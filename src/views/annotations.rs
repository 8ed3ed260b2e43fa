//! `annotate`: what people noted of times.

use anyhow::Result;
use serde::Serialize;

use crate::model::{Annotation, Timestamp};
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnnotationView {
    pub id: i64,
    pub at: Timestamp,
    /// `None`: it concerns all of them.
    pub brand: Option<String>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnnotationList {
    pub annotations: Vec<AnnotationView>,
}

impl From<&Annotation> for AnnotationView {
    fn from(annotation: &Annotation) -> Self {
        let Annotation { number, at, brand, text } = annotation;
        let brand = brand.as_ref().map(ToString::to_string);
        AnnotationView { id: *number, at: *at, brand, text: text.clone() }
    }
}

/// All there are, the newest first.
pub fn list(reader: &Reader) -> Result<AnnotationList> {
    Ok(AnnotationList { annotations: reader.annotations()?.iter().map(AnnotationView::from).collect() })
}
