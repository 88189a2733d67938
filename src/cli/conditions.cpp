#include "cli/conditions.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "cli/instance_text.hpp"

namespace ostler::cli {
namespace {

using operations::instance_state;
using operations::instance_wanted;
using operations::service_state;

struct kind_word {
  std::string_view word;
  condition_kind kind;
};
constexpr std::array words{
    kind_word{"ready", condition_kind::ready},         kind_word{"running", condition_kind::running},
    kind_word{"stopped", condition_kind::stopped},     kind_word{"error", condition_kind::error},
    kind_word{"attention", condition_kind::attention}, kind_word{"deleted", condition_kind::deleted}};

std::unexpected<error> refuse(std::string_view text) {
  return fail(error_code::usage,
              fmt::format("--for {}: not a condition; there is: ready, running, stopped, error, attention, "
                          "deleted, service/NAME=ready, service/NAME=stopped, service/NAME=error",
                          in_quotes(text)));
}

standing yes_or(bool so, standing otherwise) { return so ? standing::holds : otherwise; }

standing judge_service(condition const& what, operations::instance const& about) {
  auto const at = std::ranges::find(about.services, what.service, &operations::service::name);
  bool const moving = about.state == instance_state::defined || about.state == instance_state::starting;
  if (at == about.services.end()) return moving ? standing::not_yet : standing::never;
  bool const lost = at->state == service_state::error;
  switch (what.kind) {
    case condition_kind::ready: return yes_or(at->ready, lost ? standing::never : standing::not_yet);
    case condition_kind::running:
      return yes_or(at->state == service_state::running, lost ? standing::never : standing::not_yet);
    case condition_kind::stopped: return yes_or(at->state == service_state::stopped, standing::not_yet);
    case condition_kind::error: return yes_or(lost, standing::not_yet);
    case condition_kind::attention:
    case condition_kind::deleted: return standing::never;
  }
  return standing::never;
}

}  // namespace

result<condition> parse_condition(std::string_view text) {
  condition out{.text = std::string(text)};
  auto word = text;
  if (text.starts_with("service/") || text.starts_with("service:")) {
    word.remove_prefix(8);
    auto const sign = word.find('=');
    auto const name = parse_name("service name", word.substr(0, sign));
    if (!name)
      return fail(error_code::usage, fmt::format("--for {}: {}", in_quotes(text), name.error().message));
    out.service = *name;
    if (sign == std::string_view::npos) return out;
    word.remove_prefix(sign + 1);
  }
  auto const at = std::ranges::find(words, word, &kind_word::word);
  if (at == words.end()) return refuse(text);
  out.kind = at->kind;
  bool const of_instances_only = out.kind == condition_kind::attention || out.kind == condition_kind::deleted;
  if (!out.service.empty() && of_instances_only) return refuse(text);
  return out;
}

standing judge(condition const& what, operations::instance const* about) {
  if (about == nullptr) return yes_or(what.kind == condition_kind::deleted, standing::never);
  if (!what.service.empty()) return judge_service(what, *about);
  // Of a service that has given up, nobody takes it back but who asks for it.
  bool const failed =
      about->state == instance_state::failed || about->health == operations::instance_health::error;
  bool const leaving = about->wanted == instance_wanted::deleted;
  auto const hope = failed || leaving ? standing::never : standing::not_yet;
  switch (what.kind) {
    case condition_kind::ready: return yes_or(is_ready(*about), hope);
    case condition_kind::running: return yes_or(about->state == instance_state::running, hope);
    case condition_kind::stopped:
      return yes_or(about->state == instance_state::stopped, leaving ? standing::never : standing::not_yet);
    case condition_kind::error: return yes_or(failed, standing::not_yet);
    case condition_kind::attention:
      return yes_or(about->attention.kind != operations::attention_kind::none, standing::not_yet);
    case condition_kind::deleted:
      // It is tried again later, but who waits is told now what could not be removed.
      return yes_or(about->state == instance_state::deleted,
                    about->phase.starts_with("delete") ? standing::never : standing::not_yet);
  }
  return standing::never;
}

}  // namespace ostler::cli
