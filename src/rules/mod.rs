//! Series → observation → alert state → when and why to speak. Pure.
