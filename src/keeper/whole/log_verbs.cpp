#include "keeper/whole/log_verbs.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "keeper/logs/log_query.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t batch_size = 64UL * 1024;

// Outlives the listener, which lets go of it at its end.
struct held_store {
  std::shared_ptr<log_store> store;
};

class log_job final : public job, private held_store, private log_listener {
 public:
  log_job(std::shared_ptr<log_store> read, std::unique_ptr<log_query> query, std::unique_ptr<channel> stream)
      : held_store{std::move(read)},
        log_listener(*store),
        query_(std::move(query)),
        stream_(std::move(stream)) {
    stream_->on({.room = [this] { pass(); }});
  }
  log_job(log_job const&) = delete;
  log_job& operator=(log_job const&) = delete;
  ~log_job() override = default;

  bool finished() const override { return stream_->closed() || ended_; }

 private:
  void appended() override {
    waits_ = false;
    pass();
  }

  void pass() {
    // A send may bring about an append, of a note at the end of a link.
    if (std::exchange(passing_, true)) return;
    while (!ended_ && stream_->may_send() > 0) {
      if (sent_ == ready_.size() && !fetch()) break;
      auto const piece = std::string_view(ready_).substr(sent_, stream_->may_send());
      sent_ += piece.size();
      stream_->send(piece);
    }
    passing_ = false;
  }

  // False when there is nothing to send now.
  bool fetch() {
    ready_.clear();
    sent_ = 0;
    if (last_) {
      stream_->end();
      ended_ = true;
      return false;
    }
    if (waits_) {
      ready_.shrink_to_fit();
      return false;
    }
    auto const batch = query_->next(batch_size);
    for (auto const& record : batch.records) wire::append_log_record(ready_, record);
    waits_ = batch.state == log_batch::then::waiting;
    last_ = batch.state == log_batch::then::end || batch.state == log_batch::then::limit;
    // Where another question would go on.
    if (last_ || (waits_ && !std::exchange(told_cursor_, true)))
      wire::append_log_record(ready_, {.kind = wire::log_record_kind::cursor,
                                       .position = batch.next.position,
                                       .payload = wire::encode(batch.next)});
    return true;
  }

  std::unique_ptr<log_query> query_;
  std::unique_ptr<channel> stream_;
  std::string ready_;
  std::size_t sent_ = 0;
  bool waits_ = false;
  bool last_ = false;
  bool ended_ = false;
  bool told_cursor_ = false;
  bool passing_ = false;
};

result<log_question> question_of(wire::log_read const& params) {
  log_question out{.since = params.since,
                   .until = params.until,
                   .pattern = params.pattern,
                   .literal = params.literal,
                   .invert = params.invert,
                   .before = params.before,
                   .after = params.after,
                   .lines_max = params.limit,
                   .raw = params.raw,
                   .follow = params.follow};
  if (params.lines && params.position)
    return fail(error_code::value_unknown, "give either a number of lines or a position, not both");
  if (params.lines) out.from = from_tail{.lines = *params.lines};
  if (params.position) out.from = wire::log_cursor{.position = *params.position};
  if (params.backward) {
    out.direction = log_question::order::backward;
    // Without a place it is the end.
    if (!params.position) out.from = wire::log_cursor{.position = log_position_max};
  }
  if (params.only == "out") {
    out.streams = streams_out;
  } else if (params.only == "err") {
    out.streams = streams_err;
  } else if (!params.only.empty()) {
    return fail(error_code::value_unknown, fmt::format("only {}; allowed: out, err", in_quotes(params.only)));
  }
  return out;
}

}  // namespace

void offer_logs(server& door, std::function<result<std::shared_ptr<log_store>>(wire::log_read const&)> find) {
  door.offer<wire::log_read>("logs.read", [find](request const& asked, wire::log_read const& params) {
    auto store = find(params);
    if (!store) return asked.refuse(store.error());
    auto question = question_of(params);
    if (!question) return asked.refuse(question.error());
    auto query = log_query::ask(**store, std::move(*question));
    if (!query) return asked.refuse(query.error());
    auto stream = asked.from().open_channel(params.stream);
    if (!stream) return asked.refuse(stream.error());
    asked.answer(wire::nothing{});
    asked.from().take(std::make_unique<log_job>(std::move(*store), std::move(*query), std::move(*stream)));
  });
}

}  // namespace ostler::keeper
