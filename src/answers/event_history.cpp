#include "answers/event_history.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "answers/told.hpp"
#include "records/records.hpp"

namespace ostler::answers {
namespace {

constexpr std::size_t batch = 1000;
constexpr std::uint64_t window_first = 1024;

class reader {
 public:
  reader(journal::journal& from, history_question const& asked, std::stop_token const& stop)
      : journal_(from), asked_(asked), stop_(stop) {}

  // Up to `most` that fit, of those behind `after` and up to `last`. Says in `more` whether there are others.
  result<std::vector<operations::event>> forward(std::uint64_t after, std::uint64_t last, std::size_t most,
                                                 bool* more) {
    std::vector<operations::event> out;
    while (after < last) {
      if (stop_.stop_requested()) return fail(error_code::cancelled, "nobody waits for the events any more");
      auto const records = journal_.events(after, batch, asked_.instance);
      if (!records) return std::unexpected(records.error());
      for (auto const& each : *records) {
        if (each.seq > last) return out;
        if (!fits(each)) continue;
        if (out.size() == most) {
          *more = true;
          return out;
        }
        auto const event = records::read_event(each.body);
        if (!event) return std::unexpected(event.error());
        out.push_back(told(*event));
      }
      if (records->size() < batch) break;
      after = records->back().seq;
    }
    return out;
  }

  // The last `most` that fit: windows from the end, each twice as long as the one before.
  result<std::vector<operations::event>> newest(std::uint64_t oldest, std::uint64_t last, std::size_t most,
                                                bool* more) {
    std::vector<operations::event> out;
    auto end = last;
    for (std::uint64_t size = window_first; out.size() <= most && end + 1 > oldest && end > 0; size *= 2) {
      auto const begin = end > size ? end - size : 0;
      bool cut = false;
      auto part = forward(begin, end, static_cast<std::size_t>(size), &cut);
      if (!part) return std::unexpected(std::move(part.error()));
      out.insert(out.begin(), std::make_move_iterator(part->begin()), std::make_move_iterator(part->end()));
      end = begin;
    }
    if (out.size() > most) {
      *more = true;
      out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
    }
    return out;
  }

 private:
  bool fits(journal::event_record const& one) const {
    return (!asked_.since || one.time >= *asked_.since) && fits_type(asked_.types, one.type);
  }

  journal::journal& journal_;
  history_question const& asked_;
  std::stop_token const& stop_;
};

}  // namespace

namespace {

// The number of the oldest event that is kept; 0 when there is none.
result<std::uint64_t> oldest_behind(journal::journal& from, std::uint64_t after) {
  auto const first = from.events(0, 1);
  if (!first) return std::unexpected(first.error());
  auto const oldest = first->empty() ? 0 : first->front().seq;
  if (after + 1 < oldest)
    return fail(error_code::events_forgotten,
                fmt::format("the events behind {} are no longer kept; the oldest is {}", after, oldest));
  return oldest;
}

}  // namespace

bool fits_type(std::vector<std::string> const& types, std::string_view type) {
  return types.empty() || std::ranges::any_of(types, [type](std::string_view wanted) {
           if (!wanted.ends_with(".*")) return wanted == type;
           wanted.remove_suffix(1);
           return type.starts_with(wanted);
         });
}

result<operations::event_list> read_history(journal::journal& from, history_question const& asked,
                                            std::stop_token const& stop) {
  operations::event_list out;
  // Who names no number does not care what is no longer kept.
  auto const oldest = oldest_behind(from, asked.after == 0 ? UINT64_MAX - 1 : asked.after);
  if (!oldest) return std::unexpected(oldest.error());
  out.oldest_seq = *oldest;
  reader all(from, asked, stop);
  bool const from_there = asked.after > 0 || asked.since.has_value();
  auto events = from_there ? all.forward(asked.after, asked.last, asked.limit, &out.more)
                           : all.newest(out.oldest_seq, asked.last, asked.limit, &out.more);
  if (!events) return std::unexpected(std::move(events.error()));
  out.events = std::move(*events);
  // Whoever goes on from there misses nothing and hears nothing twice.
  out.last_seq = from_there && out.more ? out.events.back().seq : asked.last;
  // What is older than the newest that were asked for does not come behind them.
  if (!from_there) out.more = false;
  return out;
}

}  // namespace ostler::answers
