// Writes a file again and again, each time whole: into another one, synced, and moved over it. What is printed was done.
use std::fs::{rename, File};
use std::io::{stdout, Write};

fn main() {
    for number in 1u32.. {
        let mut file = File::create("/box/new").unwrap();
        for _ in 0..64 {
            file.write_all(&number.to_le_bytes().repeat(16384)).unwrap();
        }
        file.sync_all().unwrap();
        drop(file);
        rename("/box/new", "/box/journal").unwrap();
        println!("{number}");
        stdout().flush().unwrap();
    }
}
