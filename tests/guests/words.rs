// Reads words from standard input, keeps them in a file, and ends with its own exit code.
use std::collections::BTreeMap;
use std::io::Read;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{arguments:?} {:?}", std::env::var("GREETING").ok());
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    std::fs::create_dir_all("/box/a/b")?;
    std::fs::write("/box/a/b/counts", format!("{counts:?}"))?;
    println!("{}", std::fs::read_to_string("/box/a/b/counts")?);
    std::fs::remove_dir_all("/box/a")?;
    println!("{:?}", std::fs::read("/box/../etc/passwd").is_err());
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("{}", start.elapsed() >= Duration::from_millis(20));
    std::process::exit(3);
}
