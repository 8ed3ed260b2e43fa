//! The one integration binary: features through the real engines, and the rules of the code base.

mod tidy;
