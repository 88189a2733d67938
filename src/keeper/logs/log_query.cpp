#include "keeper/logs/log_query.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace ostler::keeper {
namespace {

// How much is looked at for one batch, found or not.
constexpr std::uint64_t look_max = std::uint64_t{4} << 20;
// Lines kept for the context of one that may come.
constexpr std::size_t held_bytes_max = std::size_t{1} << 20;
// What a pattern may take of memory.
constexpr std::int64_t pattern_memory_max = std::int64_t{4} << 20;

wire::log_record record_of(log_line const& line, std::uint8_t more_flags = 0) {
  return {.kind = line.kind,
          .flags = static_cast<std::uint8_t>(line.flags | more_flags),
          .position = line.position,
          .wall = line.wall,
          .payload = std::string(line.text)};
}

result<std::unique_ptr<re2::RE2>> compile(log_question const& question) {
  if (question.pattern.empty()) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(pattern_memory_max);
  options.set_literal(question.literal);
  options.set_never_capture(true);
  auto compiled = std::make_unique<re2::RE2>(question.pattern, options);
  if (!compiled->ok())
    return fail(error_code::text_malformed, fmt::format("read a pattern: {}", compiled->error()));
  return compiled;
}

result<void> check(log_question const& question) {
  auto const refuse = [](std::string_view why) {
    return fail(error_code::value_out_of_range, std::string(why));
  };
  auto const backward = question.direction == log_question::order::backward;
  if (question.before > log_question::context_max || question.after > log_question::context_max)
    return refuse(fmt::format("ask a log for context: at most {} lines", log_question::context_max));
  if (backward && std::holds_alternative<from_tail>(question.from))
    return refuse("ask a log for its last lines backward: give a cursor at its end instead");
  if (backward && question.follow) return refuse("ask a log backward: what is to come has no place there");
  if (question.raw && (backward || !question.pattern.empty() || question.before > 0 || question.after > 0))
    return refuse("ask a log for raw bytes: patterns, context and backward are for lines");
  return {};
}

}  // namespace

result<std::unique_ptr<log_query>> log_query::ask(log_store const& store, log_question question) {
  if (auto sound = check(question); !sound) return std::unexpected(sound.error());
  auto pattern = compile(question);
  if (!pattern) return std::unexpected(pattern.error());
  std::unique_ptr<log_query> query(new log_query(store, std::move(question)));
  query->pattern_ = std::move(*pattern);
  return query;
}

log_query::log_query(log_store const& store, log_question question)
    : store_(&store), question_(std::move(question)), tail_context_(question_.before) {
  if (auto const* const tail = std::get_if<from_tail>(&question_.from)) {
    wire::log_cursor const end{.position = store.end_position(), .lines = store.end_lines()};
    show_from_ = select_from_ = end.position;
    if (tail->lines == 0)
      begin_forward(end);
    else
      tail_.emplace(store, end.position, question_.streams);
    return;
  }
  auto const from = std::get<wire::log_cursor>(question_.from);
  if (question_.direction == log_question::order::forward) {
    begin_forward(from);
    return;
  }
  backward_.emplace(store, from.position, question_.streams);
  // Backward, what comes after a line is met before it.
  std::swap(question_.before, question_.after);
}

void log_query::begin_forward(wire::log_cursor from) {
  if (!question_.raw) {
    forward_.emplace(*store_, from, question_.streams);
    return;
  }
  raw_.emplace(*store_);
  raw_->seek(from.position);
  raw_at_ = {.position = std::min(from.position, store_->end_position()), .lines = from.lines};
}

wire::log_cursor log_query::cursor() const {
  if (forward_) return forward_->cursor();
  if (backward_) return {.position = backward_->position()};
  if (raw_) return raw_at_;
  return {.position = show_from_};
}

std::uint64_t log_query::bytes_read() const {
  return (tail_ ? tail_->bytes_read() : tail_read_) + (forward_ ? forward_->bytes_read() : 0) +
         (backward_ ? backward_->bytes_read() : 0) + (raw_ ? raw_->bytes_read() : 0);
}

log_batch log_query::next(std::size_t bytes_max) {
  log_batch batch;
  batch_bytes_ = 0;
  if (!forward_ && !backward_ && !raw_) find_tail();
  if (raw_)
    read_raw(batch, bytes_max);
  else if (forward_ || backward_)
    read_lines(batch, bytes_max);
  if (limit_reached_) batch.state = log_batch::then::limit;
  batch.next = cursor();
  return batch;
}

// Backward to where the last lines that are selected begin; some windows a batch, as there may be few of
// them.
void log_query::find_tail() {
  auto const wanted = std::get<from_tail>(question_.from).lines;
  auto const read_before = tail_->bytes_read();
  log_line line;
  while (tail_->bytes_read() - read_before < look_max) {
    auto const enough = tail_found_ == wanted && tail_context_ == 0;
    auto const found = enough ? line_found::end : tail_->next(line);
    if (found == line_found::end) {
      tail_read_ = tail_->bytes_read();
      tail_.reset();
      begin_forward({.position = show_from_});
      return;
    }
    if (found == line_found::pause || line.kind == wire::log_record_kind::dropped) continue;
    if (tail_found_ == wanted) {
      --tail_context_;
      show_from_ = line.position;
    } else if (selects(line)) {
      // A piece of a line that goes on belongs to the piece that ends it.
      if ((line.flags & wire::continued) == 0) ++tail_found_;
      select_from_ = show_from_ = line.position;
    }
  }
}

line_found log_query::next_line(log_line& line) {
  return forward_ ? forward_->next(line) : backward_->next(line);
}

void log_query::read_lines(log_batch& batch, std::size_t bytes_max) {
  if (forward_) forward_->allow(look_max);
  auto const read_before = bytes_read();
  log_line line;
  while (!limit_reached_ && batch_bytes_ < bytes_max) {
    auto const found = next_line(line);
    if (found == line_found::line) {
      take(batch, line);
      continue;
    }
    if (found == line_found::end) return finish(batch);
    if (forward_ || bytes_read() - read_before >= look_max) return;
  }
}

void log_query::finish(log_batch& batch) {
  if (forward_ && !question_.follow)
    for (auto const stream : {log_stream::out, log_stream::err})
      if (auto const last = forward_->unfinished(stream); last && !limit_reached_) take(batch, *last);
  if (forward_) forward_->rest();
  batch.state = question_.follow ? log_batch::then::waiting : log_batch::then::end;
}

bool log_query::selects(log_line const& line) const {
  if (question_.since && line.wall < *question_.since) return false;
  if (question_.until && line.wall > *question_.until) return false;
  if (!pattern_) return true;
  re2::StringPiece const text(line.text.data(), line.text.size());
  return pattern_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0) != question_.invert;
}

void log_query::take(log_batch& batch, log_line const& line) {
  // What is missing is told to everybody, whatever they look for.
  if (line.kind == wire::log_record_kind::dropped) {
    if (line.position >= show_from_) give(batch, record_of(line));
    return;
  }
  if (line.position < show_from_) return;
  if (line.position >= select_from_ && selects(line)) {
    for (; !held_.empty(); held_.pop_front()) give(batch, std::move(held_.front()));
    held_bytes_ = 0;
    context_left_ = question_.after;
    give(batch, record_of(line));
    if ((line.flags & wire::continued) == 0) ++lines_given_;
    bytes_given_ += line.text.size();
    limit_reached_ = (question_.lines_max && lines_given_ >= *question_.lines_max) ||
                     (question_.bytes_max && bytes_given_ >= *question_.bytes_max);
    return;
  }
  if (context_left_ > 0) {
    --context_left_;
    give(batch, record_of(line, wire::context));
    return;
  }
  if (question_.before == 0) return;
  held_.push_back(record_of(line, wire::context));
  held_bytes_ += line.text.size();
  while (held_.size() > question_.before || held_bytes_ > held_bytes_max) {
    held_bytes_ -= held_.front().payload.size();
    held_.pop_front();
  }
}

void log_query::give(log_batch& batch, wire::log_record record) {
  batch_bytes_ += wire::log_record_header_size + record.payload.size();
  batch.records.push_back(std::move(record));
}

}  // namespace ostler::keeper
