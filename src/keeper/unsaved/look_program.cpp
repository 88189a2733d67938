#include "keeper/unsaved/look_program.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <string>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "keeper/unsaved/find_work.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t order_max = 1UL * 1024 * 1024;

result<std::string> read_order() {
  std::string text;
  std::string piece(64UL * 1024, '\0');
  for (;;) {
    auto const got = system::uninterrupted([&] { return ::read(STDIN_FILENO, piece.data(), piece.size()); });
    if (got < 0) return system::fail_errno("read the order to look");
    if (got == 0) return text;
    text.append(piece, 0, static_cast<std::size_t>(got));
    if (text.size() > order_max) return fail(error_code::body_too_large, "the order to look is too large");
  }
}

// Nobody hears what is found when whoever asked has gone, and nobody would end us.
result<void> end_with(wire::work_order const& order) {
  if (order.asked_by > 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return system::fail_errno("be ended with who asked");
    if (::getppid() != static_cast<pid_t>(order.asked_by))
      return fail(error_code::cancelled, "whoever asked for the look has gone");
  }
  auto const limit = std::max<milliseconds>(order.limit, 1ms);
  itimerval const once{.it_interval = {},
                       .it_value = {.tv_sec = limit.count() / 1000, .tv_usec = limit.count() % 1000 * 1000}};
  if (::setitimer(ITIMER_REAL, &once, nullptr) != 0) return system::fail_errno("set a limit to the look");
  return {};
}

result<std::string> look() {
  auto const text = read_order();
  if (!text) return std::unexpected(text.error());
  auto const order = wire::from_json_exactly<wire::work_order>(*text);
  if (!order) return std::unexpected(order.error());
  if (auto done = end_with(*order); !done) return std::unexpected(done.error());
  auto const found = find_work(*order);
  if (!found) return std::unexpected(found.error());
  return wire::to_json(*found);
}

}  // namespace

int look_for_work() {
  auto said = look();
  if (said) {
    auto const done = system::write_all(STDOUT_FILENO, as_bytes(*said + "\n"));
    return done ? 0 : 1;
  }
  auto const why = fmt::format("ostler-keeper: {}\n", said.error().message);
  static_cast<void>(system::write_all(STDERR_FILENO, as_bytes(why)));
  return 1;
}

}  // namespace ostler::keeper
