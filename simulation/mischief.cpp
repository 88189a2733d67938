#include "simulation/mischief.hpp"

#include <memory>

namespace ostler::simulation {

void mischief::every(milliseconds mean, std::function<void()> act) {
  if (mean <= 0ms) return;
  on_.time.after(on_.about(mean), [this, mean, act = std::move(act)]() mutable {
    if (on_.calm) return;
    act();
    every(mean, std::move(act));
  });
}

void mischief::begin() {
  auto const& wrong = on_.plan.wrong;
  every(wrong.daemon_crash_every, [this] { crash_daemon(); });
  every(wrong.keeper_kill_every, [this] { kill_keeper(); });
  every(wrong.place_loss_every, [this] {
    auto const who = somebody();
    if (!who) return;
    on_.mischief("the place is removed", who);
    places_.lose_place(who);
    if (places_.keeper_of(who) == nullptr) links_.keeper_ended(who);
  });
  every(wrong.link_cut_every, [this] {
    auto const who = somebody();
    if (!who) return;
    on_.mischief("the link is cut", who);
    links_.cut(who);
  });
  every(wrong.link_silence_every, [this] {
    auto const who = somebody();
    if (!who) return;
    on_.mischief("the link goes silent", who);
    links_.silence(who);
  });
  every(wrong.disk_full_every, [this] { fill_disk(); });
  every(wrong.clock_jump_every, [this] { jump_clock(); });
  every(wrong.suspend_every, [this] { suspend(); });
  every(wrong.reboot_every, [this] {
    on_.mischief("the machine reboots", {});
    daemon_.end();
    places_.reboot();
    on_.time.after(on_.about(20s), [this] {
      if (!daemon_.alive()) daemon_.begin();
    });
  });
}

instance_id mischief::somebody() {
  if (!daemon_.alive() || daemon_.fleet()->size() == 0) return {};
  auto left = on_.luck.below(daemon_.fleet()->size());
  instance_id who;
  daemon_.fleet()->each([&](lifecycle::instance const& it) {
    if (left-- == 0) who = it.id;
  });
  return who;
}

void mischief::crash_daemon() {
  if (!daemon_.alive()) return;
  on_.mischief("the daemon is killed", {});
  daemon_.end();
  on_.time.after(on_.about(500ms), [this] {
    if (!daemon_.alive()) daemon_.begin();
  });
}

void mischief::kill_keeper() {
  auto const who = somebody();
  if (!who || places_.keeper_of(who) == nullptr) return;
  on_.mischief("a keeper is killed", who);
  places_.kill_keeper(who);
  links_.keeper_ended(who);
}

void mischief::fill_disk() {
  on_.mischief("the disk is full", {});
  daemon_.disk_is_full(true);
  on_.time.after(on_.about(10s), [this] { daemon_.disk_is_full(false); });
}

// Ten years either way. Whether it jumps or not changes nothing else, so that both stories can be compared.
void mischief::jump_clock() {
  if (on_.steady_wall_clock) return;
  on_.say("  !! the clock that people read jumps");
  auto const forward =
      std::chrono::duration_cast<seconds>(on_.time.now().time_since_epoch()).count() % 2 == 0;
  on_.wall_shift += (forward ? 1 : -1) * milliseconds(std::chrono::days(3650));
}

void mischief::suspend() {
  on_.time.sleep(std::chrono::hours(8));
  on_.mischief("everything sleeps for eight hours, and wakes", {});
}

}  // namespace ostler::simulation
