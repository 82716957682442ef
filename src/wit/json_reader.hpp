// Reading JSON that has a known shape: objects of strings and objects. One pass, nothing is kept; a fault makes every
// later answer empty.
#pragma once

#include <string>
#include <string_view>

namespace tenon::wit {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) noexcept : rest_(text) {}

  bool ok() const noexcept { return ok_; }
  // Whether all was read, and well.
  bool finish() {
    space();
    return ok_ && rest_.empty();
  }
  // Calls `on_member(key)` for each member; it reads the value.
  template <class F>
  void object(F&& on_member) {
    if (!take('{') || ++depth_ > max_depth) return fail();
    space();
    if (!rest_.starts_with('}')) {
      do {
        const std::string key = string();
        if (!ok_ || !take(':')) return fail();
        on_member(std::string_view(key));
        if (!ok_) return;
        space();
      } while (take_if(','));
    }
    --depth_;
    if (!take('}')) fail();
  }
  std::string string();
  // True when `null` stands here, and is taken.
  bool null();
  bool is_string() {
    space();
    return rest_.starts_with('"');
  }
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }

 private:
  static constexpr int max_depth = 16;
  void space();
  bool take_if(char c);
  bool take(char c) {
    space();
    return take_if(c);
  }
  std::uint32_t hex4();
  void escape(std::string& out);

  std::string_view rest_;
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace tenon::wit
