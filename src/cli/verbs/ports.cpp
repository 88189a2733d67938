#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/forwarding.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/file_operations.hpp"

namespace ostler::cli {
namespace {

result<std::uint16_t> port_number(std::string_view text, std::string const& whole) {
  std::uint16_t out = 0;
  auto const* end = text.data() + text.size();
  auto const [stopped, why] = std::from_chars(text.data(), end, out);
  if (why == std::errc() && stopped == end && out != 0) return out;
  return fail(error_code::usage,
              fmt::format("--forward {}: it is PORT or LOCAL:PORT, each from 1 to 65535", in_quotes(whole)));
}

result<forward> parse_forward(std::string const& text) {
  auto const sign = text.find(':');
  auto const far =
      port_number(sign == std::string::npos ? text : std::string_view(text).substr(sign + 1), text);
  if (!far) return std::unexpected(far.error());
  auto const near =
      sign == std::string::npos ? far : port_number(std::string_view(text).substr(0, sign), text);
  if (!near) return std::unexpected(near.error());
  return forward{.local = *near, .remote = *far};
}

result<int> print_ports(context& with, std::string const& instance) {
  auto found = with.ask<operations::ports_list>({.instance = instance});
  if (!found) return std::unexpected(found.error());
  auto const& operands = with.call().operands;
  if (operands.size() > 1)
    std::erase_if(found->ports, [&](auto const& one) { return one.service != operands[1]; });
  if (with.writes_json()) {
    print_json(with, *found, found->ports);
    return exit_done;
  }
  if (found->ports.empty()) with.note("Nobody listens.");
  if (found->ports.empty()) return exit_done;
  table out({"SERVICE", "PORT", "URL", "ADDRESS", "PID"});
  for (auto const& one : found->ports)
    out.add({cell::of(one.service.empty() ? "-" : one.service), cell::of(fmt::format("{}", one.port)),
             cell::of(one.url.empty() ? "-" : one.url), cell::of(one.address),
             cell::of(fmt::format("{}", one.pid))});
  with.show().out.write(out.text(with.show().out));
  return exit_done;
}

}  // namespace

result<int> port(context& with) {
  auto const& call = with.call();
  std::vector<forward> wanted;
  for (auto const& text : call.values("forward")) {
    auto one = parse_forward(text);
    if (!one) return std::unexpected(one.error());
    wanted.push_back(*one);
  }
  auto const whom = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!whom) return std::unexpected(whom.error());
  return wanted.empty() ? print_ports(with, whom->name) : forward_ports(with, whom->name, wanted);
}

}  // namespace ostler::cli
