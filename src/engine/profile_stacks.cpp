// The two forms of a profile.
//
// The flame graph is a picture without scripts: what does not fit into a box is in its title. The profile for Firefox
// is the "processed" format of its profiler, of the version that writers outside of Firefox use; newer profilers
// convert it.
// https://github.com/firefox-devtools/profiler/blob/main/docs-developer/CHANGELOG-formats.md
#include "engine/profile_stacks.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace tenon::detail {

std::uint32_t ProfileStacks::child(std::uint32_t parent, std::uint32_t function) {
  const auto [found, is_new] = known_.try_emplace({parent, function}, static_cast<std::uint32_t>(nodes.size()));
  if (is_new) nodes.push_back({parent, function});
  return found->second;
}

void ProfileStacks::add(std::uint32_t node, double time, double weight) {
  samples.push_back({node, time, weight});
  if (node != none) nodes[node].self += weight;
  for (; node != none; node = nodes[node].parent) nodes[node].total += weight;
}

namespace {

template <class... Arguments>
void print(std::string& out, const char* format, Arguments... arguments) {
  char line[256];
  const int size = std::snprintf(line, sizeof line, format, arguments...);
  out.append(line, static_cast<std::size_t>(std::clamp(size, 0, static_cast<int>(sizeof line) - 1)));
}

// For XML, where control characters cannot be written at all.
void append_xml(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      print(out, "\\u%04x", static_cast<unsigned>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

// --- The flame graph

constexpr double picture_width = 1200;
constexpr double row_height = 17;
constexpr double margin = 10;
constexpr double least_width = 0.3;      // of a box that is drawn
constexpr double character_width = 6.6;  // of the font, on average

struct Box {
  std::uint32_t node;
  double x;
  unsigned depth;
};

class FlameGraph {
 public:
  explicit FlameGraph(const ProfileStacks& stacks) : stacks_(stacks), children_(stacks.nodes.size() + 1) {
    for (std::uint32_t i = 0; i < stacks.nodes.size(); ++i) {
      const std::uint32_t parent = stacks.nodes[i].parent;
      if (parent == ProfileStacks::none) total_ += stacks.nodes[i].total;
      children_[parent == ProfileStacks::none ? stacks.nodes.size() : parent].push_back(i);
    }
    // Neighbours by name, so that pictures of two runs look alike.
    for (auto& list : children_) {
      std::ranges::sort(list, {}, [&](std::uint32_t i) { return std::string_view(name_of(i)); });
    }
  }

  std::string draw() {
    place(stacks_.nodes.size(), margin, 0);
    unsigned rows = 1;
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      const Box box = boxes_[i];
      rows = std::max(rows, box.depth + 1);
      place(box.node, box.x, box.depth + 1);
    }
    const double height = rows * row_height + 2 * margin;
    std::string out;
    print(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\"",
          picture_width, height, picture_width, height);
    out += " font-family=\"monospace\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fffdf5\"/>\n";
    for (const Box& box : boxes_) draw(out, box, height);
    return out += "</svg>\n";
  }

 private:
  const std::string& name_of(std::uint32_t node) const { return stacks_.functions[stacks_.nodes[node].function]; }
  double width_of(std::uint32_t node) const {
    return total_ == 0 ? 0 : stacks_.nodes[node].total / total_ * (picture_width - 2 * margin);
  }

  void place(std::size_t parent, double x, unsigned depth) {
    for (const std::uint32_t child : children_[parent]) {
      const double width = width_of(child);
      if (width >= least_width) boxes_.push_back({child, x, depth});
      x += width;
    }
  }

  void draw(std::string& out, const Box& box, double height) const {
    const std::string& name = name_of(box.node);
    const auto& node = stacks_.nodes[box.node];
    const double width = width_of(box.node);
    const double y = height - margin - (box.depth + 1) * row_height;
    const unsigned shade = std::accumulate(
        name.begin(), name.end(), 0U, [](unsigned sum, char c) { return sum * 31 + static_cast<unsigned char>(c); });
    out += "<g><title>";
    append_xml(out, name);
    print(out, ": %.1f ms, %.1f%%; itself %.1f ms</title>", node.total, node.total / total_ * 100, node.self);
    print(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"hsl(%u,80%%,%u%%)\"/>", box.x, y,
          std::max(width - 0.3, 0.1), row_height - 1, 10 + shade % 45, 62 + shade / 64 % 12);
    const auto fitting = static_cast<std::size_t>(std::max(0.0, (width - 6) / character_width));
    if (fitting >= 3) {
      print(out, "<text x=\"%.2f\" y=\"%.1f\">", box.x + 3, y + 12);
      append_xml(out, shortened(name, fitting));
      out += "</text>";
    }
    out += "</g>\n";
  }

  // No more bytes than fit, and only whole characters.
  static std::string shortened(const std::string& name, std::size_t fitting) {
    if (name.size() <= fitting) return name;
    std::size_t end = fitting - 2;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    return name.substr(0, end) + "..";
  }

  const ProfileStacks& stacks_;
  std::vector<std::vector<std::uint32_t>> children_;  // by node; behind them, of none
  std::vector<Box> boxes_;
  double total_ = 0;
};

// --- Firefox

// A column of a table: the value of each row, or the same for all.
template <class F>
void column(std::string& out, const char* name, std::size_t rows, F value) {
  print(out, "\"%s\":[", name);
  for (std::size_t i = 0; i < rows; ++i) {
    if (i != 0) out += ',';
    value(i);
  }
  out += "],";
}
void column(std::string& out, const char* name, std::size_t rows, const char* value) {
  column(out, name, rows, [&](std::size_t) { out += value; });
}
void end_table(std::string& out, std::size_t rows) { print(out, "\"length\":%zu}", rows); }

class FirefoxProfile {
 public:
  explicit FirefoxProfile(const ProfileStacks& stacks) : stacks_(stacks) {}

  std::string write(std::string_view title, double interval, double started) {
    print(out_, "{\"meta\":{\"interval\":%.3f,\"startTime\":%.3f,", interval, started);
    out_ +=
        "\"processType\":0,\"stackwalk\":1,\"debug\":false,\"version\":27,\"preprocessedProfileVersion\":48,"
        "\"symbolicated\":true,\"symbolicationNotSupported\":true,\"usesOnlyOneStackType\":true,"
        "\"doesNotUseFrameImplementation\":true,\"sourceCodeIsNotOnSearchfox\":true,"
        "\"extensions\":{\"id\":[],\"name\":[],\"baseURL\":[],\"length\":0},"
        "\"sampleUnits\":{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"},"
        "\"categories\":[{\"name\":\"Other\",\"color\":\"grey\",\"subcategories\":[\"Other\"]},"
        "{\"name\":\"Guest\",\"color\":\"blue\",\"subcategories\":[\"Other\"]}],\"markerSchema\":[],\"product\":";
    append_json(out_, title);
    out_ +=
        "},\"libs\":[],\"pages\":[],\"threads\":[{\"processType\":\"default\",\"processStartupTime\":0,"
        "\"processShutdownTime\":null,\"registerTime\":0,\"unregisterTime\":null,\"pausedRanges\":[],"
        "\"name\":\"guest\",\"isMainThread\":true,\"pid\":\"1\",\"tid\":1,";
    write_samples();
    write_stacks();
    write_functions();
    out_ +=
        "\"markers\":{\"data\":[],\"name\":[],\"startTime\":[],\"endTime\":[],\"phase\":[],\"category\":[],"
        "\"length\":0},\"nativeSymbols\":{\"libIndex\":[],\"address\":[],\"name\":[],\"functionSize\":[],\"length\":0},"
        "\"resourceTable\":{\"lib\":[],\"name\":[],\"host\":[],\"type\":[],\"length\":0},\"stringArray\":[";
    for (std::size_t i = 0; i < stacks_.functions.size(); ++i) {
      if (i != 0) out_ += ',';
      append_json(out_, stacks_.functions[i]);
    }
    return std::move(out_ += "]}]}\n");
  }

 private:
  void index(std::uint32_t value) {
    if (value == ProfileStacks::none) {
      out_ += "null";
    } else {
      print(out_, "%u", value);
    }
  }

  void write_samples() {
    const auto& samples = stacks_.samples;
    out_ += "\"samples\":{\"weightType\":\"tracing-ms\",";
    column(out_, "stack", samples.size(), [&](std::size_t i) { index(samples[i].node); });
    column(out_, "time", samples.size(), [&](std::size_t i) { print(out_, "%.3f", samples[i].time); });
    column(out_, "weight", samples.size(), [&](std::size_t i) { print(out_, "%.3f", samples[i].weight); });
    column(out_, "eventDelay", samples.size(), "0");
    end_table(out_, samples.size());
    out_ += ',';
  }

  // A frame for each function: where in it a guest was is not told.
  void write_stacks() {
    const auto& nodes = stacks_.nodes;
    out_ += "\"stackTable\":{";
    column(out_, "frame", nodes.size(), [&](std::size_t i) { index(nodes[i].function); });
    column(out_, "prefix", nodes.size(), [&](std::size_t i) { index(nodes[i].parent); });
    column(out_, "category", nodes.size(), "1");
    column(out_, "subcategory", nodes.size(), "0");
    end_table(out_, nodes.size());
    const std::size_t frames = stacks_.functions.size();
    out_ += ",\"frameTable\":{";
    column(out_, "address", frames, "-1");
    column(out_, "inlineDepth", frames, "0");
    column(out_, "category", frames, "1");
    column(out_, "subcategory", frames, "0");
    column(out_, "func", frames, [&](std::size_t i) { index(static_cast<std::uint32_t>(i)); });
    for (const char* name : {"nativeSymbol", "implementation", "line", "column"}) column(out_, name, frames, "null");
    column(out_, "innerWindowID", frames, "0");
    end_table(out_, frames);
    out_ += ',';
  }

  void write_functions() {
    const std::size_t count = stacks_.functions.size();
    out_ += "\"funcTable\":{";
    column(out_, "name", count, [&](std::size_t i) { index(static_cast<std::uint32_t>(i)); });
    column(out_, "isJS", count, "false");
    column(out_, "relevantForJS", count, "false");
    column(out_, "resource", count, "-1");
    for (const char* name : {"fileName", "lineNumber", "columnNumber"}) column(out_, name, count, "null");
    end_table(out_, count);
    out_ += ',';
  }

  const ProfileStacks& stacks_;
  std::string out_;
};

}  // namespace

std::string flame_graph(const ProfileStacks& stacks) { return FlameGraph(stacks).draw(); }

std::string firefox_profile(const ProfileStacks& stacks, std::string_view title, double interval, double started) {
  return FirefoxProfile(stacks).write(title, interval, started);
}

}  // namespace tenon::detail
