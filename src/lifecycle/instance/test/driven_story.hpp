// What a driven instance has been through, as short words, and where the stories of the tests begin.
#pragma once

#include <fmt/format.h>
#include <string>
#include <vector>

#include "lifecycle/instance/driven_instance.hpp"

namespace ostler::lifecycle {

// Refuses everything of one kind, as a quota of zero would.
class kinds_refused final : public allowance {
 public:
  explicit kinds_refused(std::string kind) : kind_(std::move(kind)) {}
  result<void> admits(instance const& who, resource_wish const& what) const override {
    if (what.kind != kind_) return {};
    return fail(error_code::limit_reached,
                fmt::format("{} allows 0 {}: 0 in use; 1 more asked for", who.spec.provider, kind_));
  }

 private:
  std::string kind_;
};

// Being started, and in this phase.
inline driven_instance begun(phase where) {
  driven_instance one;
  one.feed(start_asked{"user"});
  return one.until(where);
}
inline driven_instance running() { return begun(phase::running); }
inline driven_instance stopping(phase where) {
  auto one = running();
  one.feed(stop_asked{"user"});
  return one.until(where);
}
inline driven_instance stopped() { return stopping(phase::stopped); }

// "make directory", "open link", "remove container by force"
inline std::string word(order const& given) {
  std::string out(name(given.kind));
  bool const about_one =
      given.kind == order_kind::make || given.kind == order_kind::launch || given.kind == order_kind::remove;
  if (about_one) out += " " + given.resources.at(0).kind;
  return given.force ? out + " by force" : out;
}

template <class Things, class Word> std::vector<std::string> words(Things const& things, Word word_of) {
  std::vector<std::string> out;
  for (auto const& each : things)
    if (auto text = word_of(each); !text.empty()) out.push_back(std::move(text));
  return out;
}

inline std::vector<std::string> orders_of(driven_instance const& one) { return words(one.orders, word); }
inline std::vector<std::string> types_of(driven_instance const& one) {
  return words(one.notices, [](notice const& told) { return std::string(told.type); });
}
inline std::vector<std::string> phases_of(driven_instance const& one) {
  return words(one.notices, [](notice const& told) {
    bool const moved = told.type.starts_with("instance.") && !told.to.empty();
    return moved ? told.to : std::string();
  });
}
inline std::vector<std::string> ledger_of(driven_instance const& one) {
  return words(one.ledger, [](ledger_change const& change) {
    return fmt::format("{} {}", name(change.kind), change.entry.wish.kind);
  });
}
inline notice const* last_told(driven_instance const& one, std::string_view type) {
  for (auto told = one.notices.rbegin(); told != one.notices.rend(); ++told)
    if (told->type == type) return &*told;
  return nullptr;
}

}  // namespace ostler::lifecycle
