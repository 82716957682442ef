use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

wit_bindgen::generate!({ world: "echo", path: "../types.wit" });
use exports::demo::all::types::*;

struct Echo;
export!(Echo);

struct Value(Cell<u32>);
impl GuestCounter for Value {
    fn new(start: u32) -> Self {
        Value(Cell::new(start))
    }
    fn next(&self) -> u32 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
    fn sum(of: Vec<CounterBorrow<'_>>) -> u32 {
        of.iter().map(|one| one.get::<Value>().0.get()).sum()
    }
    fn merge(a: Counter, b: Counter) -> Counter {
        Counter::new(Value(Cell::new(a.get::<Value>().0.get() + b.get::<Value>().0.get())))
    }
}

macro_rules! same {
    ($($name:ident: $type:ty,)*) => { $(fn $name(x: $type) -> $type { x })* };
}

impl Guest for Echo {
    type Counter = Value;
    same! {
        bools: bool, bytes: (u8, i8), words: (u16, i16), ints: (u32, i32), longs: (u64, i64), floats: (f32, f64),
        chars: char, texts: String, lists: Vec<u16>, lists_of_texts: Vec<String>, points: Point, shapes: Shape,
        colors: Color, rights_of: Rights, options: Option<Option<u32>>, results: Result<String, Color>,
        empty_results: Result<(), ()>, pairs: Vec<Pair>,
    }
    fn counters(start: u32) -> (u32, u32) {
        (2 * start + 11, 2 * start + 12)
    }
    fn many(
        a: u8, b: u16, c: u32, d: u64, e: f32, f: f64, g: String, h: String, i: String, j: String, k: String, l: String,
    ) -> String {
        assert!(u64::from(a) + u64::from(b) + u64::from(c) + d == 10 && e == 5.0 && f == 6.0);
        [g, h, i, j, k, l].concat()
    }
}
