//! Konekuta.
fn main() {}
