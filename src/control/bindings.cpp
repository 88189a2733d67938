#include "control/bindings.hpp"

#include <fmt/format.h>

#include "operations/all.hpp"

namespace ostler::control {
namespace detail {

async::task<result<answer>> as_bytes(async::task<result<byte_answer>> work) {
  auto given = co_await std::move(work);
  if (!given) co_return std::unexpected(std::move(given.error()));
  co_return std::move(*given);
}

async::task<result<answer>> as_lines(async::task<result<lines>> work) {
  auto given = co_await std::move(work);
  if (!given) co_return std::unexpected(std::move(given.error()));
  co_return byte_answer{.media = "application/jsonl", .size = std::nullopt, .source = std::move(*given)};
}

async::task<result<answer>> as_conversation(async::task<result<conversation>> work) {
  auto given = co_await std::move(work);
  if (!given) co_return std::unexpected(std::move(given.error()));
  co_return std::move(*given);
}

bool asks_for_lines(operations::operation_entry const& entry, void const* request) {
  auto const* field = entry.request->find(entry.about->lines_when);
  return field != nullptr && *static_cast<bool const*>(operations::part(*field, request));
}

}  // namespace detail

answerer* bindings::find(operations::operation_entry const& entry) {
  auto const found = all_.find(entry.about->name);
  return found == all_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> bindings::missing() const {
  std::vector<std::string_view> names;
  for (auto const& entry : operations::all())
    if (!all_.contains(entry.about->name)) names.push_back(entry.about->name);
  return names;
}

void bindings::keep(std::string_view name, answerer how) {
  bool const first = all_.emplace(name, std::move(how)).second;
  ensure(first, fmt::format("{} is bound once", name));
}

}  // namespace ostler::control
