// What the law of the states does not allow is refused with its name, and what it allows is never an error
// because of timing.
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "refused transitions are refused, and only those"; }

  void decided(view const& at, request const& asked, fleet_step const& done) override {
    auto const* about = std::get_if<for_instance>(&asked.what);
    if (about == nullptr || asked.before == nullptr) return;
    auto const& before = *asked.before;
    bool const is_delete = std::holds_alternative<delete_asked>(about->what);
    bool const must_refuse = before.wanted == goal::deleted && !is_delete;
    if (done.answer.has_value() == must_refuse && !storage_is_why(done))
      broken(at, fmt::format("{} of {}, wanted {} and in {}, was {}", name(about->what), before.spec.name,
                             name(before.wanted), name(before.now), must_refuse ? "accepted" : "refused"));
    if (must_refuse && !done.answer && done.answer.error().code != error_code::invalid_state &&
        !storage_is_why(done))
      broken(at,
             fmt::format("{} was refused as {}", name(about->what), facts(done.answer.error().code).name));
  }

 private:
  static bool storage_is_why(fleet_step const& done) {
    return !done.answer && done.answer.error().code == error_code::storage_full;
  }
};

}  // namespace

std::unique_ptr<observer> refusals_hold() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation
