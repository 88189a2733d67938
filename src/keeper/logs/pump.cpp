#include "keeper/logs/pump.hpp"

#include <fcntl.h>
#include <utility>

namespace ostler::keeper {
namespace {

constexpr std::size_t read_size_least = std::size_t{64} << 10;
// One call of a pump; others wait meanwhile.
constexpr std::size_t turn_max = std::size_t{2} << 20;

}  // namespace

pump::pump(loop& owner, intake& reads, log_store& store, std::string log, log_stream stream)
    : watch_(owner), reads_(&reads), store_(&store), log_(std::move(log)), stream_(stream) {}

result<void> pump::start(system::fd from, ended at_end) {
  stop();
  from_ = std::move(from);
  at_end_ = std::move(at_end);
  read_size_ = read_size_least;
  may_grow_ = true;
  auto joined = watch_.join(from_.get(), EPOLLIN, [this](std::uint32_t) { ready(); });
  if (!joined) from_.reset();
  return joined;
}

void pump::stop() {
  watch_.leave();
  from_.reset();
}

bool pump::drain_now(std::size_t bytes_max) {
  for (std::size_t taken = 0; from_ && taken < bytes_max; taken += read_size_) {
    auto const answer = read_some(read_size_);
    if (answer == intake::found::nothing) return false;
    if (answer == intake::found::end) finish();
  }
  return !from_;
}

void pump::ready() {
  for (std::size_t taken = 0; from_ && taken < turn_max; taken += read_size_) {
    auto const size = read_size_;
    auto const answer = read_some(size);
    if (answer == intake::found::nothing) return;
    if (answer == intake::found::end) return finish();
  }
}

intake::found pump::read_some(std::size_t bytes_max) {
  auto const answer = reads_->carry(from_.get(), bytes_max, {*store_, log_, stream_, told_});
  // More than that waited.
  if (answer == intake::found::some) grow();
  return answer;
}

void pump::grow() {
  if (!may_grow_) return;
  may_grow_ = false;
  // Refused to those who hold many large ones already; a FIFO of the usual size only costs more turns.
  if (::fcntl(from_.get(), F_SETPIPE_SZ, static_cast<int>(lent_memory::size)) > 0)
    read_size_ = lent_memory::size;
}

void pump::finish() {
  stop();
  if (auto const told = std::exchange(at_end_, {})) told();
}

}  // namespace ostler::keeper
