// What breaks in one instance restarts nothing in another.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "restarts do not spread"; }

  void run_begins(view const&) override { calm_since_.clear(); }

  void mischief(view const&, std::string_view, instance_id whom) override {
    if (whom)
      calm_since_.erase(whom);
    else
      calm_since_.clear();
  }
  void decided(view const&, request const& asked, fleet_step const&) override {
    calm_since_.erase(asked.who);
  }
  void daemon_ended(view const&) override { calm_since_.clear(); }
  void process_ended(view const&, process const& ended) override { calm_since_.erase(ended.owner); }
  void thing_gone(view const&, thing const& gone, removal how) override {
    if (how == removal::behind_our_back) calm_since_.erase(gone.owner);
  }

  // A running instance that nobody asked anything of and to which nothing happened stays as it is.
  void stepped(view const& at, fleet_input const&, fleet_step const& step) override {
    for (auto const& event : step.events) {
      if (event.type == "instance.running") calm_since_[event.instance] = at.now;
      if (event.type.starts_with("link.")) calm_since_.erase(event.instance);
    }
  }
  void order_given(view const& at, fleet_order const& given) override {
    auto const* what = std::get_if<order>(&given.what);
    if (what == nullptr || !calm_since_.contains(given.who)) return;
    if (what->kind == order_kind::launch || what->kind == order_kind::stop_keeper ||
        what->kind == order_kind::stop_services)
      broken(at, fmt::format("{} was ordered for {}, to which nothing had happened", name(what->kind),
                             given.who.text()));
  }

 private:
  std::map<instance_id, instant> calm_since_;
};

}  // namespace

std::unique_ptr<observer> restarts_do_not_spread() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation
