#include "simulation/lines.hpp"

#include "base/overloaded.hpp"

namespace ostler::simulation {

using namespace lifecycle;

void lines::carry(instance_id who, std::uint32_t generation, link_command const& command,
                  link_teller const& tell, report_teller const& report) {
  std::visit(overloaded{
                 [&](open_stream const& c) { dial(who, generation, c.attempt, tell, report); },
                 [&](close_stream const& c) {
                   auto const found = lines_.find(who);
                   if (found == lines_.end() || found->second->attempt != c.attempt) return;
                   found->second->ended = true;
                   lines_.erase(found);
                 },
                 [&](send_heartbeat const& c) {
                   auto const found = lines_.find(who);
                   if (found == lines_.end() || found->second->attempt != c.attempt) return;
                   on_.time.after(2 * way, [one = found->second, who, attempt = c.attempt] {
                     if (one->open && !one->silent && !one->ended) one->tell(who, frame_heard{attempt});
                   });
                 },
             },
             command);
}

void lines::dial(instance_id who, std::uint32_t generation, std::uint64_t attempt, link_teller const& tell,
                 report_teller const& report) {
  auto const one = std::make_shared<line>();
  one->attempt = attempt;
  one->tell = tell;
  lines_[who] = one;
  auto const& wrong = on_.plan.wrong;
  if (on_.goes_wrong(wrong.dial_hangs)) return;
  bool const fails = on_.goes_wrong(wrong.dial_fails);
  on_.time.after(on_.about(5ms), [=, this] {
    if (one->ended) return;
    if (fails || places_.keeper_of(who) == nullptr) {
      one->ended = true;
      return tell(who, stream_failed{attempt, fails ? "connection reset" : "connection refused"});
    }
    connect(who, generation, one, report);
  });
}

void lines::connect(instance_id who, std::uint32_t generation, std::shared_ptr<line> const& one,
                    report_teller const& report) {
  auto const held = places_.shared_keeper_of(who);
  one->other_end = held;
  one->open = true;
  one->tell(who, stream_opened{one->attempt});
  // A keeper says first who it is. Another generation than the one we launched is not ours to command.
  if (held->generation() != generation) {
    one->ended = true;
    return one->tell(who, stream_failed{one->attempt, "another keeper answered"});
  }
  on_.time.after(way, [=, this] {
    if (one->ended || one->silent || !held->alive()) return;
    one->tell(who, registered_received{one->attempt});
    held->report_to([this, one, who, report, generation](std::uint64_t seq, std::vector<service_view> views) {
      on_.time.after(way, [one, who, report, generation, seq, views = std::move(views)] {
        if (!one->ended && !one->silent) report(who, services_reported{generation, seq, views});
      });
    });
    held->report_all();
  });
}

std::shared_ptr<keeper> lines::reached(instance_id who) const {
  auto const found = lines_.find(who);
  if (found == lines_.end() || !found->second->open || found->second->silent || found->second->ended)
    return nullptr;
  auto const held = found->second->other_end.lock();
  return held && held->alive() ? held : nullptr;
}

void lines::cut(instance_id who) {
  auto const found = lines_.find(who);
  if (found == lines_.end() || found->second->ended || !found->second->open) return;
  auto const one = found->second;
  one->ended = true;
  lines_.erase(found);
  on_.time.after(way, [one, who] { one->tell(who, stream_closed{one->attempt}); });
}

void lines::silence(instance_id who) {
  auto const found = lines_.find(who);
  if (found != lines_.end()) found->second->silent = true;
}

void lines::daemon_ended() {
  for (auto& [who, one] : lines_) one->ended = true;
  lines_.clear();
}

}  // namespace ostler::simulation
