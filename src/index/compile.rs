//! A query in our language → one of Tantivy’s that finds exactly the same.
