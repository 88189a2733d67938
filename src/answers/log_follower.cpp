#include "answers/log_follower.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <utility>

#include "async/mailbox.hpp"
#include "wire/json.hpp"

namespace ostler::answers {
namespace {

constexpr std::size_t lines_waiting_max = 256;
constexpr std::size_t piece_max = 64UL * 1024;
// Of the newest lines, to know those that come twice when the link was lost.
constexpr std::size_t remembered_max = 64;

std::string json_line(operations::log_line const& line) { return wire::to_json(line) + "\n"; }

// shared_ptr, because the readers of the logs end a moment after their listener has gone.
struct shared_lines {
  shared_lines(async::home const& where, std::size_t readers_begun)
      : lines(where, lines_waiting_max, async::when_full::refuse), readers(readers_begun) {}
  async::mailbox<std::string> lines;
  std::size_t readers;
};

// One log.
class follower {
 public:
  follower(answer_needs const* needs, instance_id id, log_source from, wire::log_read how,
           std::uint64_t position)
      : needs_(needs), id_(id), from_(std::move(from)), how_(std::move(how)), position_(position) {
    how_.service = from_.service;
    how_.session = from_.session;
    how_.follow = true;
  }

  task<void> run(std::shared_ptr<shared_lines> into) {
    while (!into->lines.closed() && needs_->middle->find(id_) != nullptr) {
      auto const keeper = needs_->middle->keeper_of(id_);
      if (keeper && keeper->is_open() && co_await pass(keeper, into)) continue;
      // Whatever ended it, the next event tells that it may be different now.
      if (needs_->middle->find(id_) != nullptr) co_await needs_->middle->news_of(id_);
    }
    if (--into->readers == 0) into->lines.close();
  }

 private:
  // Until the stream ends. False when nothing came: then there is something to wait for.
  task<bool> pass(keeper_ptr keeper, std::shared_ptr<shared_lines> into) {
    auto how = how_;
    how.position = position_;
    auto opened = co_await record_stream::open(std::move(keeper), std::move(how));
    if (!opened) co_return false;
    bool came = false;
    for (;;) {
      auto const next = co_await (*opened)->next();
      if (!next || !*next) co_return came;
      came = true;
      if (!is_new(**next)) continue;
      auto line = json_line(line_of(**next, from_.service, from_.session));
      if (!co_await into->lines.put_when_room(std::move(line))) co_return false;
      position_ = std::max(position_, position_behind(**next));
    }
  }

  bool is_new(wire::log_record const& record) {
    auto const mark = std::pair(record.position, record.kind);
    if (std::ranges::find(newest_, mark) != newest_.end()) return false;
    newest_.push_back(mark);
    if (newest_.size() > remembered_max) newest_.pop_front();
    return true;
  }

  answer_needs const* needs_;
  instance_id id_;
  log_source from_;
  wire::log_read how_;
  std::uint64_t position_;
  std::deque<std::pair<std::uint64_t, wire::log_record_kind>> newest_;
};

task<void> follow(std::unique_ptr<follower> one, std::shared_ptr<shared_lines> into) {
  co_await one->run(std::move(into));
}

class followed_lines final : public control::byte_source {
 public:
  followed_lines(std::string first, std::shared_ptr<shared_lines> lines)
      : first_(std::move(first)), lines_(std::move(lines)) {}
  followed_lines(followed_lines const&) = delete;
  followed_lines& operator=(followed_lines const&) = delete;
  ~followed_lines() override {
    lines_->lines.close();
    for (auto& each : readers_) each.stop();
  }

  void own(async::stopper reader) { readers_.push_back(std::move(reader)); }

  task<result<std::optional<std::string>>> next() override {
    if (!first_.empty()) co_return std::optional<std::string>(std::exchange(first_, {}));
    auto piece = co_await lines_->lines.take();
    while (piece && lines_->lines.size() > 0 && piece->size() < piece_max) {
      auto const more = co_await lines_->lines.take();
      if (more) *piece += *more;
    }
    co_return piece;
  }

 private:
  std::string first_;
  std::shared_ptr<shared_lines> lines_;
  std::vector<async::stopper> readers_;
};

}  // namespace

std::unique_ptr<control::byte_source> follow_logs(answer_needs const* needs, instance_id id, page_read begun,
                                                  std::vector<log_source> sources, wire::log_read how) {
  std::string first;
  for (auto const& each : begun.page.lines) first += json_line(each);
  auto const lines = std::make_shared<shared_lines>(needs->where, sources.size());
  auto out = std::make_unique<followed_lines>(std::move(first), lines);
  if (sources.empty()) lines->lines.close();
  for (auto const& each : sources) {
    auto one = std::make_unique<follower>(needs, id, each, how, begun.next[each.name()]);
    auto const name = fmt::format("the log {} of {}", each.name(), id.text());
    auto started = needs->middle->tasks().spawn_stoppable(
        name, [one = std::move(one), lines]() mutable { return follow(std::move(one), lines); });
    if (started)
      out->own(std::move(*started));
    else
      lines->lines.close();
  }
  return out;
}

}  // namespace ostler::answers
