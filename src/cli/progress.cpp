#include "cli/progress.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "cli/instance_text.hpp"
#include "cli/spans.hpp"
#include "cli/text.hpp"

namespace ostler::cli {
namespace {

using operations::instance_state;
using operations::service_state;

constexpr std::array<std::string_view, 10> turning{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr milliseconds turn{100};

std::string_view sign(role how, milliseconds since) {
  if (how == role::ok) return "✔";
  if (how == role::failure) return "✘";
  if (how == role::busy) return turning.at(static_cast<std::size_t>(since / turn) % turning.size());
  return "·";
}

std::string sentence(std::string const& message, std::string const& detail) {
  return detail.empty() ? printable(message) : fmt::format("{} {}", printable(message), printable(detail));
}

std::string counted(operations::instance const& one) {
  if (one.services.empty()) return {};
  auto const ready = std::ranges::count(one.services, true, &operations::service::ready);
  return fmt::format("  {}/{} services", ready, one.services.size());
}

}  // namespace

std::string progress::show(std::span<operations::instance const> all, milliseconds since) {
  switch (how_) {
    case progress_manner::terminal: return drawn(all, since);
    case progress_manner::plain: return changed(all);
    case progress_manner::quiet: return {};
  }
  return {};
}

std::string progress::clear() {
  if (lines_ == 0) return {};
  auto out = fmt::format("\x1b[{}A\x1b[J", lines_);
  lines_ = 0;
  return out;
}

std::string progress::drawn(std::span<operations::instance const> all, milliseconds since) {
  auto out = clear();
  std::size_t width = 0;
  for (auto const& one : all) {
    width = std::max(width, columns_of(printable(one.name)));
    for (auto const& each : one.services) width = std::max(width, columns_of(printable(each.name)) + 2);
  }
  auto const add = [&](role how, std::string_view indent, std::string const& name, std::string const& text) {
    auto const cut = where_->columns() > 0
                         ? cut_to(text, where_->columns() > width + 6 ? where_->columns() - width - 6 : 8)
                         : text;
    out += fmt::format(" {}{} {}  {}\n", indent, where_->paint(how, sign(how, since)),
                       padded(printable(name), width - indent.size()), cut);
    ++lines_;
  };
  for (auto const& one : all) {
    // The detail last, because it is what may be cut.
    auto const detail = one.detail.empty() ? std::string() : "  " + printable(one.detail);
    add(role_of(one.state), "", one.name,
        fmt::format("{}{}  {}{}", printable(one.message), counted(one), elapsed(since), detail));
    if (one.state != instance_state::starting && one.state != instance_state::stopping) continue;
    for (auto const& each : one.services)
      add(role_of(each.state), "  ", each.name, sentence(each.message, each.detail));
  }
  return out;
}

std::string progress::changed(std::span<operations::instance const> all) {
  std::string out;
  auto const say = [&](std::string const& key, std::string const& text) {
    auto& before = said_[key];
    if (before == text) return;
    before = text;
    out += fmt::format("{}: {}\n", key, text);
  };
  for (auto const& one : all) {
    say(printable(one.name), printable(one.message));
    for (auto const& each : one.services)
      if (each.state != service_state::idle)
        say(fmt::format("{}/{}", printable(one.name), printable(each.name)), printable(each.message));
  }
  return out;
}

}  // namespace ostler::cli
