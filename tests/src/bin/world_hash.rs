//! Prints the hash that the world of `tests::determinism` comes out with natively.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

fn main() {
    println!("{:016x}", tests::determinism::hash_after_script(None));
}
