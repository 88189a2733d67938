#include "cli/verbs/programs.hpp"

#include <climits>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::cli {

result<std::string> daemon_program(context const& with) {
  if (auto const named = with.around().variable("OSTLER_DAEMON"); named && !named->empty()) return *named;
  std::string own(PATH_MAX, '\0');
  auto const size = ::readlink("/proc/self/exe", own.data(), own.size());
  if (size <= 0) return system::fail_errno("find out where this program lies");
  own.resize(static_cast<std::size_t>(size));
  auto beside = own.substr(0, own.rfind('/') + 1) + "ostlerd";
  if (::access(beside.c_str(), X_OK) == 0) return beside;
  return fail(error_code::file_unknown, fmt::format("there is no daemon in {}", beside), {},
              {"set OSTLER_DAEMON to its path"});
}

std::unexpected<error> become(std::vector<std::string> const& words,
                              std::vector<std::string> const& environment) {
  for (auto const& one : environment) {
    auto const sign = one.find('=');
    ::setenv(one.substr(0, sign).c_str(), one.substr(sign + 1).c_str(), 1);
  }
  std::vector<char*> argv;
  // exec copies them; it does not write to them.
  for (auto const& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv.front(), argv.data());
  return system::fail_errno(fmt::format("run {}", words.front()));
}

}  // namespace ostler::cli
