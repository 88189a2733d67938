// What a workspace holds that exists nowhere else; the third part of local.hpp.
//
// The daemon does not look itself: whatever a workspace holds is read by a program that was started for that
// and ends with the look, as the user and in the environment of everything else that runs in the place.
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "async/process.hpp"
#include "providers/local/local.hpp"
#include "providers/local/words.hpp"
#include "wire/json.hpp"

namespace ostler::providers::local {

result<std::optional<wire::work_order>> local_provider::order_to_look(place const& where) const {
  auto const chosen = parse_settings(where.settings);
  if (!chosen) return std::unexpected(chosen.error());
  auto const* workspace = find_directory(where, workspace_label);
  // What counts is that there is one, whatever its settings say by now.
  if (workspace == nullptr) return std::nullopt;
  auto const found = places_.find(expected_marker(where, *workspace));
  if (!found) return std::unexpected(found.error());
  if (found->state == standing::foreign) return fail(error_code::foreign_resource, found->why);
  // Gone, on its way out by an earlier delete, or not handed out yet to anybody who could work in it.
  if (found->state != standing::ours || !found->says.whole) return std::nullopt;
  auto const path = places_.path_of(workspace->name);
  return wire::work_order{.asked_by = ::getpid(),
                          .workspace = fmt::format("{}/{}", path, workspace_inside),
                          .project = chosen->mode == workspace_mode::empty ? std::string() : where.project,
                          .put = fmt::format("{}/{}", path, put_list_inside)};
}

task<result<wire::work_found>> local_provider::do_find_work(call how, place where) {
  auto read = [this, where = std::move(where)](std::stop_token const&) { return order_to_look(where); };
  auto order = co_await workers_.run(std::move(read));
  if (!order) co_return std::unexpected(order.error());
  if (!*order) co_return wire::work_found{};
  (*order)->limit = how.limit;
  async::process_request request;
  request.argv = {options_.keeper_program, "look"};
  request.environment = options_.environment;
  auto const looked =
      co_await async::run_program(std::move(request), {.time = how.limit}, wire::to_json(**order));
  if (!looked) co_return std::unexpected(looked.error());
  if (looked->end.code != 0)
    co_return fail(error_code::provider_failed, fmt::format("the look was not finished: {}", looked->errors));
  co_return wire::from_json<wire::work_found>(looked->out);
}

}  // namespace ostler::providers::local
