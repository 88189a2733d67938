#include "tests/keeper/storm/storm.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <unistd.h>

#include "system/process.hpp"

namespace ostler::test {
namespace {

// A u32 at 4 of each header is the length of the payload that follows it.
std::size_t payload_size(std::string_view header) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < 4; ++at)
    size |= std::size_t{static_cast<unsigned char>(header[4 + at])} << (8 * at);
  return size;
}

}  // namespace

bool full_storm() {
  auto const* asked = std::getenv("OSTLER_STORM");
  return asked != nullptr && std::string_view(asked) == "full";
}

int of_storm(int small, int full) { return full_storm() ? full : small; }

weather::weather() {
  auto const* seed = std::getenv("OSTLER_STORM_SEED");
  dice_.seed(seed == nullptr ? 1U : static_cast<unsigned>(std::atoi(seed)));
}

int weather::between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(dice_); }

void weather::wait_with(std::int64_t pid, std::chrono::microseconds limit) {
  auto const handle = system::open_pidfd(static_cast<pid_t>(pid));
  pollfd ended{.fd = handle.get(), .events = POLLIN, .revents = 0};
  std::chrono::nanoseconds const chosen =
      std::chrono::microseconds(between(0, static_cast<int>(limit.count())));
  timespec const longest{.tv_sec = 0, .tv_nsec = static_cast<long>(chosen.count() % 1'000'000'000)};
  ::ppoll(&ended, 1, &longest, nullptr);
}

std::int64_t memory_kib(std::int64_t pid, std::string_view which) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(which)) return std::atoll(line.c_str() + which.size() + 1);
  return 0;
}

bool is_within(std::int64_t kib, std::int64_t limit_kib) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return kib >= 0 && limit_kib > 0;
#else
  return kib < limit_kib;
#endif
}

std::size_t descriptors_of(std::int64_t pid) {
  std::size_t count = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(fmt::format("/proc/{}/fd", pid), ignored), end; at != end;
       at.increment(ignored))
    ++count;
  return count;
}

std::chrono::milliseconds cpu_of(std::int64_t pid) {
  auto const text = content_of(fmt::format("/proc/{}/stat", pid));
  auto const after_name = text.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream words(text.substr(after_name + 1));
  std::string skipped;
  long user = 0;
  long kernel = 0;
  for (int at = 0; at < 11; ++at) words >> skipped;
  words >> user >> kernel;
  return std::chrono::milliseconds((user + kernel) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::string content_of(std::string const& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(std::string const& path) {
  std::ifstream file(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

void record_cutter::take(std::string& bytes, std::function<void(wire::log_record const&)> const& use) {
  rest_ += bytes;
  bytes.clear();
  std::size_t whole = 0;
  while (rest_.size() - whole >= wire::log_record_header_size) {
    auto const size = wire::log_record_header_size + payload_size(std::string_view(rest_).substr(whole));
    if (rest_.size() - whole < size) break;
    whole += size;
  }
  auto const records = wire::parse_log_records(std::string_view(rest_).substr(0, whole)).value();
  for (auto const& each : records) use(each);
  rest_.erase(0, whole);
}

std::string whole_log(link_client& link, std::string const& service) {
  constexpr std::uint32_t stream = 4'000'000;
  link.at(stream) = {};
  link.ask("logs.read", wire::log_read{.service = service, .stream = stream, .only = "out", .raw = true});
  auto bytes = link.read_all(stream);
  std::string out;
  record_cutter().take(bytes, [&](wire::log_record const& each) {
    if (each.kind == wire::log_record_kind::out) out += each.payload;
    if (each.kind == wire::log_record_kind::dropped) out += "(dropped)\n";
  });
  return out;
}

std::uint64_t numbered_through(std::string_view log, std::string& wrong) {
  std::uint64_t expected = 0;
  while (!log.empty()) {
    auto const line = log.substr(0, log.find('\n'));
    auto const want = fmt::format("{:012} out", ++expected);
    if (line != want) {
      // The last one may still be on its way.
      if (line.size() == log.size() && want.starts_with(line)) return expected - 1;
      wrong = fmt::format("'{}' stands where '{}' should", line, want);
      return 0;
    }
    log.remove_prefix(std::min(log.size(), line.size() + 1));
  }
  return expected;
}

std::vector<wire::keeper_event> whole_story(held& place) {
  auto const link = place.client();
  auto const last = link->greeting().seq;
  link->until([&] { return !link->events().empty() && link->events().back().seq >= last; },
              "the whole story");
  std::vector<wire::keeper_event> out(link->events().begin(), link->events().end());
  for (std::size_t at = 0; at < out.size(); ++at) EXPECT_EQ(out[at].seq, at + 1);
  return out;
}

bool was_ever_twice(held const& place, std::string const& name) {
  return std::filesystem::exists(place.workspace() + "/" + name + ".twice");
}

}  // namespace ostler::test
