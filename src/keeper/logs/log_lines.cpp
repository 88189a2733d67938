#include "keeper/logs/log_lines.hpp"

#include <algorithm>
#include <utility>

namespace ostler::keeper {
namespace {

wire::log_record_kind kind_of(log_stream stream) { return static_cast<wire::log_record_kind>(stream); }

}  // namespace

wire::log_dropped gap_before(wire::log_cursor reader, chunk_header const& after) {
  auto const known = reader.lines != wire::log_cursor::lines_unknown && reader.lines <= after.lines_before;
  return {.lines = known ? after.lines_before - reader.lines : 0,
          .bytes = after.position - reader.position,
          .lines_known = known,
          .reason = "no longer kept"};
}

forward_lines::forward_lines(log_store const& store, wire::log_cursor from, std::uint8_t streams)
    : walk_(store), streams_(streams), shown_after_(from.position) {
  position_ = std::min(from.position, store.end_position());
  shown_after_ = position_;
  lines_ = from.position > store.end_position() ? store.end_lines() : from.lines;
  find_beginning(position_);
}

// Goes back to where the lines that are unfinished at `position` began.
void forward_lines::find_beginning(std::uint64_t position) {
  walk_.seek(position);
  auto found = walk_.next();
  if (!found || found->head.position > position) {
    // Between two chunks: the one before tells, if it is next to it.
    walk_.seek(position);
    found = walk_.previous();
    if (!found || found->head.end_position() != position) return walk_.seek(position);
  } else {
    walk_.previous();
  }
  auto first = found->head;
  std::array<std::uint64_t, 2> missing{};
  for (auto const stream : {log_stream::out, log_stream::err})
    if (wants(stream)) missing[open_index(stream)] = first.open[open_index(stream)];
  while (missing[0] > 0 || missing[1] > 0) {
    auto const earlier = walk_.previous();
    if (!earlier || earlier->head.end_position() != first.position) {
      if (earlier) walk_.next();
      break;
    }
    first = earlier->head;
    if (first.stream == log_stream::ours) continue;
    auto& left = missing[open_index(first.stream)];
    left -= std::min<std::uint64_t>(left, first.length);
  }
  position_ = first.position;
  lines_ = first.lines_before;
}

void forward_lines::begin_hidden(std::uint64_t position, std::array<bool, 2> hidden) {
  walk_.seek(position);
  position_ = position;
  lines_ = wire::log_cursor::lines_unknown;
  hide_first_ = hidden;
}

bool forward_lines::wants(log_stream stream) const {
  switch (stream) {
    case log_stream::out: return (streams_ & streams_out) != 0;
    case log_stream::err: return (streams_ & streams_err) != 0;
    case log_stream::ours: return (streams_ & streams_ours) != 0;
  }
  return false;
}

line_found forward_lines::next(log_line& line) {
  // The writer may have been there since the last call; what is left of the chunk then shows as missing.
  if (chunk_ && !walk_.is_kept()) chunk_.reset();
  for (;;) {
    if (chunk_ && entered_ && give_from_chunk(line)) return line_found::line;
    if (allowance_ == 0) return line_found::pause;
    if (!chunk_) {
      chunk_ = walk_.next();
      if (!chunk_) return line_found::end;
      entered_ = false;
      consumed_ = 0;
      allowance_ -= std::min<std::uint64_t>(allowance_, chunk_overhead);
    }
    if (!entered_) {
      if (give_gap(line)) return line_found::line;
      if (enter_chunk() && give_pending(line, open_index(chunk_->head.stream), wire::continued))
        return line_found::line;
    }
  }
}

// Nothing is left before the chunk. Says whether a line has to be ended first, because its next piece begins.
bool forward_lines::enter_chunk() {
  entered_ = true;
  auto const& head = chunk_->head;
  if (lines_ == wire::log_cursor::lines_unknown) lines_ = head.lines_before;
  if (!wants(head.stream) && (head.flags & chunk_dropped) == 0) {
    position_ = head.end_position();
    lines_ = head.end_lines();
    chunk_.reset();
    return false;
  }
  allowance_ -= std::min<std::uint64_t>(allowance_, head.length);
  return head.stream != log_stream::ours && head.open_own() == 0 && pending_[open_index(head.stream)].begun;
}

bool forward_lines::give_pending(log_line& line, std::size_t index, std::uint8_t flag) {
  auto& pending = pending_[index];
  if (!pending.begun) return false;
  auto const hidden = pending.hidden || !shown(position_);
  text_.swap(pending.text);
  line = {.kind = kind_of(index == 0 ? log_stream::out : log_stream::err),
          .flags = static_cast<std::uint8_t>(pending.flags | flag),
          .position = pending.position,
          .wall = pending.wall,
          .text = text_};
  pending.begun = false;
  pending.text.clear();
  return !hidden;
}

// What lies before the chunk and is gone: first what was begun and will never end, then how much is missing.
bool forward_lines::give_gap(log_line& line) {
  auto const& head = chunk_->head;
  if (head.position == position_) return false;
  for (std::size_t index = 0; index < pending_.size(); ++index)
    if (give_pending(line, index, wire::partial)) return true;
  hide_first_ = {};
  auto const dropped = gap_before(cursor(), head);
  text_ = wire::encode(dropped);
  line = {.kind = wire::log_record_kind::dropped, .position = position_, .wall = head.wall, .text = text_};
  position_ = head.position;
  lines_ = head.lines_before;
  return shown(position_);
}

bool forward_lines::give_from_chunk(log_line& line) {
  auto const head = chunk_->head;
  while (chunk_) {
    auto const rest = as_text(walk_.payload(*chunk_)).substr(std::min<std::size_t>(consumed_, head.length));
    auto const is_note = (head.flags & chunk_dropped) != 0;
    auto const newline = is_note ? std::string_view::npos : rest.find('\n');
    auto const size = newline == std::string_view::npos ? rest.size() : newline + 1;
    auto const part = rest.substr(0, newline == std::string_view::npos ? size : newline);
    auto const begin = head.position + consumed_;
    consumed_ += size;
    position_ = head.position + consumed_;
    if (newline != std::string_view::npos) ++lines_;
    // A damaged file gives less than its header says; what follows shows as missing.
    if (size == 0 || consumed_ >= head.length) chunk_.reset();
    if (size == 0) return false;
    if (head.stream == log_stream::ours) {
      line = {.kind = is_note ? wire::log_record_kind::dropped : wire::log_record_kind::ours,
              .position = begin,
              .wall = head.wall,
              .text = part};
      if (shown(position_) && (!is_note || wire::parse_log_dropped(part))) return true;
      continue;
    }
    auto const index = open_index(head.stream);
    auto& pending = pending_[index];
    if (!pending.begun) {
      auto const torn = begin == head.position && head.open_own() > 0;
      pending = {.begun = true,
                 .hidden = torn && std::exchange(hide_first_[index], false),
                 .flags = static_cast<std::uint8_t>(torn ? wire::torn : 0),
                 .position = begin,
                 .wall = head.wall,
                 .text = std::move(pending.text)};
    }
    if (newline == std::string_view::npos || !pending.text.empty()) {
      // Damage can make it longer than any writer does.
      if (pending.text.size() + part.size() <= log_line_max + chunk_payload_max) pending.text += part;
      if (newline == std::string_view::npos) continue;
      if (give_pending(line, index, 0)) return true;
      continue;
    }
    auto const hidden = pending.hidden || !shown(position_);
    line = {.kind = kind_of(head.stream),
            .flags = pending.flags,
            .position = pending.position,
            .wall = pending.wall,
            .text = part};
    pending.begun = false;
    if (!hidden) return true;
  }
  return false;
}

std::optional<log_line> forward_lines::unfinished(log_stream stream) const {
  auto const& pending = pending_[open_index(stream)];
  if (!pending.begun || pending.hidden || stream == log_stream::ours) return std::nullopt;
  return log_line{.kind = kind_of(stream),
                  .flags = static_cast<std::uint8_t>(pending.flags | wire::partial),
                  .position = pending.position,
                  .wall = pending.wall,
                  .text = pending.text};
}

namespace {

// What is looked at first, and at most at once. Most want the last few lines only.
constexpr std::size_t window_first = std::size_t{16} << 10;
constexpr std::size_t window_most = std::size_t{256} << 10;

}  // namespace

backward_lines::backward_lines(log_store const& store, std::uint64_t before, std::uint8_t streams)
    : store_(&store),
      streams_(streams),
      given_(std::min(before, store.end_position())),
      upper_(given_),
      window_(window_first) {}

line_found backward_lines::next(log_line& line) {
  if (lines_.empty()) {
    if (!fill()) return line_found::end;
    // One window at a time, whatever it held.
    if (lines_.empty()) return line_found::pause;
  }
  text_ = std::move(lines_.back().text);
  line = lines_.back().line;
  line.text = text_;
  lines_.pop_back();
  given_ = line.position;
  return line_found::line;
}

// Is some of the line that is unfinished before `first` kept? If not, it is told where what is left of it
// begins.
bool backward_lines::begins_earlier(log_walk& walk, placed_chunk const& first, log_stream stream) {
  auto& known = unfinished_[open_index(stream)];
  auto const begin = first.head.position;
  auto const wanted = (streams_ & (stream == log_stream::out ? streams_out : streams_err)) != 0;
  if (!wanted || first.head.open[open_index(stream)] == 0) return false;
  if (begin > known.from && begin <= known.to) return known.earlier;
  walk.seek(begin);
  known = {.from = begin, .to = begin};
  while (auto const chunk = walk.previous()) {
    if (chunk->head.end_position() != known.from) break;
    known.from = chunk->head.position;
    known.earlier = chunk->head.stream == stream;
    if (known.earlier) break;
  }
  return known.earlier;
}

// There is nothing before, but there was.
bool backward_lines::tell_beginning() {
  if (upper_ == 0) return false;
  chunk_header const after{.position = upper_, .lines_before = store_->first_lines()};
  wire::log_cursor const beginning{
      .position = 0, .lines = upper_ == store_->first_position() ? 0 : wire::log_cursor::lines_unknown};
  kept_line told{.line = {.kind = wire::log_record_kind::dropped},
                 .text = wire::encode(gap_before(beginning, after))};
  lines_.push_back(std::move(told));
  upper_ = 0;
  return true;
}

bool backward_lines::fill() {
  log_walk walk(*store_);
  walk.seek(upper_);
  // The chunk that holds upper_ may begin before it.
  auto first = walk.next();
  if (first && first->head.position < upper_)
    walk.previous();
  else
    first.reset();
  if (!first) walk.seek(upper_);
  for (std::size_t looked = 0; looked < window_;) {
    auto const chunk = walk.previous();
    if (!chunk) break;
    first = chunk;
    looked += chunk->head.size_on_disk();
  }
  if (!first) return tell_beginning();
  auto const begin = first->head.position;
  std::array<bool, 2> hidden{};
  for (auto const stream : {log_stream::out, log_stream::err})
    hidden[open_index(stream)] = begins_earlier(walk, *first, stream);
  bytes_read_ += walk.bytes_read();

  forward_lines forward(*store_, streams_);
  forward.begin_hidden(begin, hidden);
  auto const unfinished_matters = [&] {
    return std::ranges::any_of(forward.pending_, [&](auto const& each) {
      return each.begun && !each.hidden && each.position < upper_;
    });
  };
  log_line line;
  auto found = line_found::line;
  while (found == line_found::line && (forward.position_ < upper_ || unfinished_matters())) {
    found = forward.next(line);
    if (found == line_found::line && line.position < upper_) lines_.push_back({line, std::string(line.text)});
  }
  if (found == line_found::end)
    for (auto const stream : {log_stream::out, log_stream::err})
      if (auto const last = forward.unfinished(stream); last && last->position < upper_)
        lines_.push_back({*last, std::string(last->text)});
  std::ranges::sort(lines_, {}, [](auto const& each) { return each.line.position; });
  bytes_read_ += forward.bytes_read();
  upper_ = begin;
  window_ = std::min(window_ * 2, window_most);
  return true;
}

}  // namespace ostler::keeper
