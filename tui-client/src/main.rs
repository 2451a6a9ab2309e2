//! The terminal client's program.
fn main() {}
