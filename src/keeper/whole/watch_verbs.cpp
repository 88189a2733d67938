#include "keeper/whole/watch_verbs.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "keeper/files/tree_watch.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

// What a client is behind at most; then it is told to read everything again.
constexpr std::size_t behind_max = 1024UL * 1024;

wire::file_change told(change_event const& event) {
  wire::file_change out{.kind = {}, .path = event.path, .from = event.from};
  switch (event.kind) {
    case change_kind::ready: out.kind = "ready"; break;
    case change_kind::created: out.kind = "created"; break;
    case change_kind::changed: out.kind = "changed"; break;
    case change_kind::removed: out.kind = "removed"; break;
    case change_kind::moved: out.kind = "moved"; break;
    case change_kind::overflow: out.kind = "overflow"; break;
  }
  return out;
}

class watch_job final : public job {
 public:
  watch_job(connection& from, std::unique_ptr<channel> stream) : from_(from), stream_(std::move(stream)) {
    stream_->on({.room = [this] { pass(); }});
  }
  result<void> open(loop& on, workspace const& files, wire::file_watch const& params) {
    auto opened = tree_watch::open(
        on, files, params.path, {.below = params.all ? watch_options::depth::all : watch_options::depth::one},
        {.changed = [this](std::span<change_event const> events) { take(events); },
         .ended =
             [this](error const& why) {
               stream_->cancel(why);
               from_.attend();
             }});
    if (!opened) return std::unexpected(opened.error());
    watch_ = std::move(*opened);
    return {};
  }
  bool finished() const override { return stream_->closed(); }

 private:
  void take(std::span<change_event const> events) {
    if (waiting_.size() > behind_max) {
      lost_ = true;
      return;
    }
    for (auto const& each : events) add(told(each));
    pass();
  }
  void add(wire::file_change const& change) { waiting_ += wire::to_json(change) + "\n"; }
  void pass() {
    while (!waiting_.empty() && stream_->may_send() > 0) {
      auto const size = std::min(waiting_.size(), stream_->may_send());
      stream_->send(std::string_view(waiting_).substr(0, size));
      waiting_.erase(0, size);
      if (waiting_.empty() && std::exchange(lost_, false)) add({.kind = "overflow", .path = {}, .from = {}});
    }
  }

  connection& from_;
  std::unique_ptr<channel> stream_;
  std::unique_ptr<tree_watch> watch_;
  std::string waiting_;
  bool lost_ = false;
};

}  // namespace

void offer_watches(server& door, loop& on, workspace const& files) {
  door.offer<wire::file_watch>("files.watch",
                               [&on, &files](request const& asked, wire::file_watch const& params) {
                                 auto stream = asked.from().open_channel(params.stream);
                                 if (!stream) return asked.refuse(stream.error());
                                 auto made = std::make_unique<watch_job>(asked.from(), std::move(*stream));
                                 if (auto const done = made->open(on, files, params); !done)
                                   return asked.refuse(done.error());
                                 asked.answer(wire::nothing{});
                                 asked.from().take(std::move(made));
                               });
}

}  // namespace ostler::keeper
