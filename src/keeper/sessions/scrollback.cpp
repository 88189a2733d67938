#include "keeper/sessions/scrollback.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/ensure.hpp"

namespace ostler::keeper {
namespace {

using kind = escape_parser::kind;

constexpr std::size_t ring_least = 4096;

void follow(escape_parser& parser, terminal_modes& modes, std::string_view bytes) {
  for (char const byte : bytes)
    if (auto const what = parser.feed(byte); what != kind::none) modes.apply(what, parser.text());
}

bool asks_csi(std::string_view text) {
  auto const last = text.back();
  auto const parameters = text.substr(0, text.size() - 1);
  switch (last) {
    // Who are you; how are you, where is the cursor; what are your parameters. Others begin or end
    // differently.
    case 'c': return !parameters.starts_with('?');
    case 'n': return !parameters.starts_with('>');
    case 'x': return !parameters.ends_with('$') && !parameters.ends_with('*');
    // The name of the terminal is `> q`; `q` alone sets lights, and with a blank before it the cursor's
    // shape.
    case 'q': return parameters.starts_with('>');
    // What is that mode.
    case 'p': return parameters.ends_with('$');
    // Which keys of the keyboard protocol; `u` alone restores the cursor.
    case 'u': return parameters.starts_with('?');
    case 't': {
      auto const first = parameters.substr(0, parameters.find(';'));
      return first.size() == 2 && first >= "11" && first <= "21";
    }
    default: return false;
  }
}

}  // namespace

bool asks_the_terminal(kind what, std::string_view text) {
  if (text.empty()) return false;
  switch (what) {
    case kind::control: return true;
    case kind::escape: return text == "Z";
    case kind::csi: return asks_csi(text);
    // Colours and the clipboard: the value that is to be set is a question mark.
    case kind::osc: return text.ends_with(";?") || text.find(";?;") != std::string_view::npos;
    case kind::dcs: return text.starts_with("$q") || text.starts_with("+q");
    // A picture: the terminal says whether it could show it.
    case kind::other_string: return text.starts_with('G');
    case kind::none: return false;
  }
  return false;
}

void scrollback::append(std::string_view bytes) {
  follow(head_, modes_, bytes);
  if (bytes.size() > size_max_) {
    auto const passing = bytes.substr(0, bytes.size() - size_max_);
    forget(size_);
    follow(tail_, tail_modes_, passing);
    end_ += passing.size();
    bytes.remove_prefix(passing.size());
  }
  if (bytes.empty()) return;
  grow_for(bytes.size());
  if (size_ + bytes.size() > ring_.size()) forget(size_ + bytes.size() - ring_.size());
  while (!bytes.empty()) {
    auto const at = (first_ + size_) % ring_.size();
    auto const piece = std::min(bytes.size(), ring_.size() - at);
    std::memcpy(ring_.data() + at, bytes.data(), piece);
    size_ += piece;
    end_ += piece;
    bytes.remove_prefix(piece);
  }
}

void scrollback::forget(std::size_t bytes) {
  while (bytes > 0) {
    auto const piece = std::min(bytes, ring_.size() - first_);
    follow(tail_, tail_modes_, std::string_view(ring_).substr(first_, piece));
    first_ = (first_ + piece) % ring_.size();
    size_ -= piece;
    bytes -= piece;
  }
}

void scrollback::grow_for(std::size_t more) {
  auto const needed = std::min(size_ + more, size_max_);
  if (needed <= ring_.size()) return;
  auto const size = std::min(std::max({needed, ring_.size() * 2, ring_least}), size_max_);
  std::string grown;
  grown.reserve(size);
  while (grown.size() < size_) grown += piece_at(begin_position() + grown.size());
  grown.resize(size);
  ring_ = std::move(grown);
  first_ = 0;
}

std::string_view scrollback::piece_at(std::uint64_t position) const {
  ensure(position >= begin_position() && position <= end_, "a place in the ring is one that is kept");
  auto const skipped = static_cast<std::size_t>(position - begin_position());
  if (skipped == size_) return {};
  auto const at = (first_ + skipped) % ring_.size();
  return std::string_view(ring_).substr(at, std::min(size_ - skipped, ring_.size() - at));
}

std::string scrollback::replay() const { return replay(size_); }

std::string scrollback::replay(std::size_t bytes_max) const {
  auto parser = tail_;
  auto modes = tail_modes_;
  auto const from = begin_position() + (size_ - std::min(size_, bytes_max));
  std::string out;
  bool begun = false;
  // Where in `out` the sequence began that is not complete yet.
  std::size_t sequence = 0;
  for (auto position = begin_position(); position < end_;) {
    for (char const byte : piece_at(position)) {
      if (!begun && position >= from && parser.at_boundary()) {
        begun = true;
        out = modes.sequence();
      }
      ++position;
      if (parser.at_boundary()) sequence = out.size();
      auto const what = parser.feed(byte);
      if (what != kind::none) modes.apply(what, parser.text());
      if (!begun) continue;
      bool const drop = what != kind::none && asks_the_terminal(what, parser.text());
      if (drop) out.resize(sequence);
      // An ESC that ends a string begins the next sequence.
      bool const goes_on = !parser.at_boundary();
      if (what != kind::none && goes_on) sequence = out.size();
      if (!drop || goes_on) out += byte;
    }
  }
  if (!begun) out = modes.sequence();
  return out;
}

}  // namespace ostler::keeper
