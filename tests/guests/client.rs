// Asks the address that it is given, and shows the answer.
use std::io::{Read, Write};

fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let mut stream = std::net::TcpStream::connect(&address).expect("connect");
    stream.write_all(b"question").expect("write");
    stream.shutdown(std::net::Shutdown::Write).expect("shutdown");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    println!("{answer}");
}
