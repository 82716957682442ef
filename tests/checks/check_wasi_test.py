import unittest

from check_wasi import blocks, functions_of

INTERFACE = """
  use other.{thing};
  resource file {
    constructor(name: string);
    read: func(size: u64) -> result<list<u8>>;
    wait: async func();
    open: static func() -> file;
  }
  record pair { func-like: u32 }
  now: func() -> u64;
  sleep: async func(time: u64);
"""


class FunctionsOf(unittest.TestCase):
    def test_names_are_those_of_imports(self):
        self.assertEqual(list(functions_of(INTERFACE)), ["[constructor]file", "[method]file.read", "[method]file.wait",
                                                         "[static]file.open", "now", "sleep"])

    def test_blocks_end_at_their_own_brace(self):
        self.assertEqual(blocks("a { b } c } d", 0), "a { b } c ")


if __name__ == "__main__":
    unittest.main()
