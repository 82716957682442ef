use alloc::string::String;
use alloc::vec::Vec;

wit_bindgen::generate!({ world: "pass", path: "../types.wit" });
use demo::all::types as other;
use exports::demo::all::types::*;

struct Pass;
export!(Pass);

// Types of the import and of the export are alike, and not the same.
fn point_to(x: Point) -> other::Point {
    other::Point { x: x.x, y: x.y, name: x.name }
}
fn point_from(x: other::Point) -> Point {
    Point { x: x.x, y: x.y, name: x.name }
}
fn color_to(x: Color) -> other::Color {
    match x {
        Color::Red => other::Color::Red,
        Color::Green => other::Color::Green,
        Color::Blue => other::Color::Blue,
    }
}
fn color_from(x: other::Color) -> Color {
    match x {
        other::Color::Red => Color::Red,
        other::Color::Green => Color::Green,
        other::Color::Blue => Color::Blue,
    }
}

struct Holder(other::Counter);
impl GuestCounter for Holder {
    fn new(start: u32) -> Self {
        Holder(other::Counter::new(start))
    }
    fn next(&self) -> u32 {
        self.0.next()
    }
    fn sum(of: Vec<CounterBorrow<'_>>) -> u32 {
        let inner: Vec<&other::Counter> = of.iter().map(|one| &one.get::<Holder>().0).collect();
        other::Counter::sum(&inner)
    }
    fn merge(a: Counter, b: Counter) -> Counter {
        Counter::new(Holder(other::Counter::merge(a.into_inner::<Holder>().0, b.into_inner::<Holder>().0)))
    }
}

macro_rules! pass {
    ($($name:ident: $type:ty,)*) => { $(fn $name(x: $type) -> $type { other::$name(x) })* };
}

impl Guest for Pass {
    type Counter = Holder;
    pass! {
        bools: bool, bytes: (u8, i8), words: (u16, i16), ints: (u32, i32), longs: (u64, i64), floats: (f32, f64),
        chars: char, options: Option<Option<u32>>, empty_results: Result<(), ()>,
    }
    fn texts(x: String) -> String {
        other::texts(&x)
    }
    fn lists(x: Vec<u16>) -> Vec<u16> {
        other::lists(&x)
    }
    fn lists_of_texts(x: Vec<String>) -> Vec<String> {
        other::lists_of_texts(&x)
    }
    fn points(x: Point) -> Point {
        point_from(other::points(&point_to(x)))
    }
    fn shapes(x: Shape) -> Shape {
        let given = match x {
            Shape::None => other::Shape::None,
            Shape::Circle(radius) => other::Shape::Circle(radius),
            Shape::Polygon(points) => other::Shape::Polygon(points.into_iter().map(point_to).collect()),
            Shape::Named(name) => other::Shape::Named(name),
        };
        match other::shapes(&given) {
            other::Shape::None => Shape::None,
            other::Shape::Circle(radius) => Shape::Circle(radius),
            other::Shape::Polygon(points) => Shape::Polygon(points.into_iter().map(point_from).collect()),
            other::Shape::Named(name) => Shape::Named(name),
        }
    }
    fn colors(x: Color) -> Color {
        color_from(other::colors(color_to(x)))
    }
    fn rights_of(x: Rights) -> Rights {
        Rights::from_bits_truncate(other::rights_of(other::Rights::from_bits_truncate(x.bits())).bits())
    }
    fn results(x: Result<String, Color>) -> Result<String, Color> {
        let given = x.map_err(color_to);
        other::results(given.as_ref().map(|text| text.as_str())).map_err(color_from)
    }
    fn pairs(x: Vec<Pair>) -> Vec<Pair> {
        other::pairs(&x)
    }
    fn counters(start: u32) -> (u32, u32) {
        let (a, b) = (other::Counter::new(start), other::Counter::new(start + 10));
        a.next();
        let sum = other::Counter::sum(&[&a, &b]);
        (sum, other::Counter::merge(a, b).next())
    }
    fn many(
        a: u8, b: u16, c: u32, d: u64, e: f32, f: f64, g: String, h: String, i: String, j: String, k: String, l: String,
    ) -> String {
        other::many(a, b, c, d, e, f, &g, &h, &i, &j, &k, &l)
    }
}
