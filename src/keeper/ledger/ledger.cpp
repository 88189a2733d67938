#include "keeper/ledger/ledger.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

constexpr char const* file_name = "ledger";
constexpr std::size_t window_size = 64UL * 1024;
constexpr std::size_t reserve_size = 256UL * 1024;
// Beyond this size of the file it is written anew without what was forgotten.
constexpr std::uint64_t leave_out_size = 512UL * 1024;
// Beyond this one also without what nobody heard, the newest events and all ends excepted.
constexpr std::uint64_t crowded_size = 16UL * 1024 * 1024;
constexpr std::uint64_t events_kept = 10'000;
constexpr std::size_t line_size_max = 1024UL * 1024;

// The number is the second key of each line that we write.
std::uint64_t seq_of(std::string_view line) {
  constexpr std::string_view key = "\"seq\":";
  auto const found = line.substr(0, 64).find(key);
  if (found == std::string_view::npos) return 0;
  std::uint64_t seq = 0;
  for (char const digit : line.substr(found + key.size())) {
    if (digit < '0' || digit > '9') break;
    seq = seq * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return seq;
}

bool is_event(std::string_view line) { return line.starts_with(R"({"type":"event",)"); }
bool is_end(std::string_view line) {
  return line.find(R"("fact":"process.exited")") != std::string_view::npos;
}

}  // namespace

result<ledger> ledger::open(int directory) {
  ledger made(directory);
  auto file = system::open_at(directory, file_name, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file) return std::unexpected(file.error());
  made.file_ = std::move(*file);
  if (auto done = made.load(); !done) return std::unexpected(done.error());
  return made;
}

result<void> ledger::load() {
  auto const size = ::lseek(file_.get(), 0, SEEK_END);
  if (size < 0) return system::fail_errno("read the ledger");
  written_ = static_cast<std::uint64_t>(size);
  std::uint64_t good = 0;
  bool first_event = true;
  while (good < written_) {
    auto const line = line_at(good);
    // Not finished, or not ours: nothing behind it was ever told.
    if (line.empty()) break;
    if (is_event(line) && std::exchange(first_event, false)) oldest_seq_ = seq_of(line);
    good += line.size() + 1;
    take_line(line);
  }
  if (first_event) oldest_seq_ = state_.seq + 1;
  if (good != written_ && ::ftruncate(file_.get(), static_cast<off_t>(good)) != 0)
    return system::fail_errno("cut the torn end off the ledger");
  written_ = good;
  window_ = {};
  reserve();
  return {};
}

void ledger::take_line(std::string_view line) {
  if (is_event(line)) {
    if (auto const event = wire::from_json<wire::keeper_event>(line)) apply(state_, *event);
    return;
  }
  if (auto state = wire::from_json<held_state>(line); state && state->type == "state")
    state_ = std::move(*state);
}

std::string_view ledger::line_at(std::uint64_t offset) {
  bool const inside = offset >= window_at_ && offset < window_at_ + window_.size();
  if (inside) {
    auto const rest = std::string_view(window_).substr(offset - window_at_);
    if (auto const end = rest.find('\n'); end != std::string_view::npos) return rest.substr(0, end);
  }
  for (std::size_t size = window_size; size <= 2 * line_size_max; size *= 2) {
    window_.resize(std::min<std::uint64_t>(size, written_ - offset));
    window_at_ = offset;
    auto const got = system::uninterrupted(
        [&] { return ::pread(file_.get(), window_.data(), window_.size(), static_cast<off_t>(offset)); });
    if (got <= 0) break;
    window_.resize(static_cast<std::size_t>(got));
    if (auto const end = window_.find('\n'); end != std::string::npos)
      return std::string_view(window_).substr(0, end);
    if (offset + window_.size() >= written_) break;
  }
  window_ = {};
  return {};
}

std::uint64_t ledger::append(wire::keeper_event event) {
  event.seq = state_.seq + 1;
  event.at = system::wall_now();
  // A line that nobody could read back is worse than a shorter message.
  if (event.message.size() > line_size_max / 8) event.message.resize(line_size_max / 8);
  apply(state_, event);
  auto line = wire::to_json(event);
  line += '\n';
  if (!unwritten_.empty() || !write_line(line)) unwritten_.push_back(std::move(line));
  if (written_ > crowded_size && unwritten_.empty()) leave_out();
  return event.seq;
}

bool ledger::write_line(std::string_view line) {
  std::size_t done = 0;
  while (done < line.size()) {
    auto const wrote = system::uninterrupted([&] {
      return ::pwrite(file_.get(), line.data() + done, line.size() - done,
                      static_cast<off_t>(written_ + done));
    });
    if (wrote <= 0) {
      // A part of a line would make the next one unreadable.
      static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(written_)));
      return false;
    }
    done += static_cast<std::size_t>(wrote);
  }
  written_ += line.size();
  if (reserved_ < written_ + reserve_size / 2) reserve();
  return true;
}

void ledger::reserve() {
  // Where the file system cannot, a full disk is met when it comes.
  if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(written_), reserve_size) == 0)
    reserved_ = written_ + reserve_size;
  else
    reserved_ = written_ + reserve_size / 2;
}

bool ledger::retry() {
  auto written = unwritten_.begin();
  while (written != unwritten_.end() && write_line(*written)) ++written;
  unwritten_.erase(unwritten_.begin(), written);
  return unwritten_.empty();
}

void ledger::sync() { static_cast<void>(::fdatasync(file_.get())); }

void ledger::forget(std::uint64_t through_seq) {
  state_.forgotten_seq = std::max(state_.forgotten_seq, std::min(through_seq, state_.seq));
  if (written_ > leave_out_size && unwritten_.empty()) leave_out();
}

// Writes the file anew: the state of today first, so that what is left out of the story is missed by nobody.
void ledger::leave_out() {
  bool const crowded = written_ > crowded_size;
  auto const newest_kept = state_.seq > events_kept ? state_.seq - events_kept : 0;
  auto content = wire::to_json(state_);
  content += '\n';
  auto oldest = state_.seq + 1;
  std::uint64_t dropped = 0;
  std::uint64_t dropped_last = 0;
  // Where the note of the gap belongs, so that the numbers go on rising.
  std::size_t gap_at = 0;
  for (std::uint64_t offset = 0; offset < written_;) {
    auto const line = line_at(offset);
    if (line.empty()) return;
    offset += line.size() + 1;
    auto const seq = seq_of(line);
    if (!is_event(line) || seq <= state_.forgotten_seq) continue;
    if (crowded && seq <= newest_kept && !is_end(line)) {
      ++dropped;
      dropped_last = seq;
      gap_at = content.size();
      continue;
    }
    oldest = std::min(oldest, seq);
    content.append(line);
    content += '\n';
  }
  if (dropped > 0) {
    wire::keeper_event const gap{
        .seq = dropped_last,
        .at = system::wall_now(),
        .fact = "events.dropped",
        .message = fmt::format("{} events that nobody heard are no longer kept", dropped)};
    content.insert(gap_at, wire::to_json(gap) + "\n");
  }
  if (!system::replace_file_at(directory_, file_name, content, system::survives::power)) return;
  auto file = system::open_at(directory_, file_name, O_RDWR | O_NOFOLLOW);
  if (!file) return;
  file_ = std::move(*file);
  written_ = content.size();
  oldest_seq_ = oldest;
  ++epoch_;
  window_ = {};
  reserve();
}

std::string_view ledger::next(place& from) {
  if (from.epoch != epoch_) {
    from.epoch = epoch_;
    from.offset = 0;
  }
  while (from.offset < written_) {
    auto const line = line_at(from.offset);
    if (line.empty()) break;
    from.offset += line.size() + 1;
    if (!is_event(line) || seq_of(line) <= from.seq) continue;
    from.seq = seq_of(line);
    return line;
  }
  window_ = {};
  return {};
}

}  // namespace ostler::keeper
