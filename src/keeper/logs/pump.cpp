#include "keeper/logs/pump.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t read_size_least = std::size_t{64} << 10;
// One call of a pump; others wait meanwhile.
constexpr std::size_t turn_max = std::size_t{2} << 20;

}  // namespace

pump_buffer::pump_buffer(loop& owner) : quiet_(owner, [this] { look_whether_quiet(); }) {}

std::span<std::byte> pump_buffer::borrow() {
  if (memory_ == nullptr) {
    auto* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return {};
    memory_ = static_cast<std::byte*>(mapped);
  }
  used_ = true;
  // Set once a second at most, not for every read.
  if (!quiet_.is_set()) quiet_.set(system::now() + quiet_after);
  return {memory_, size};
}

void pump_buffer::look_whether_quiet() {
  if (!used_) return release();
  used_ = false;
  quiet_.set(system::now() + quiet_after);
}

void pump_buffer::release() {
  if (memory_ != nullptr) ::munmap(memory_, size);
  memory_ = nullptr;
  used_ = false;
}

pump::pump(loop& owner, log_store& store, pump_buffer& buffer, log_stream stream)
    : watch_(owner), store_(&store), buffer_(&buffer), stream_(stream) {}

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
    if (answer == found::nothing) return false;
    if (answer == found::end) finish();
  }
  return !from_;
}

void pump::ready() {
  for (std::size_t taken = 0; from_ && taken < turn_max; taken += read_size_) {
    auto const size = read_size_;
    auto const answer = read_some(size);
    if (answer == found::nothing) return;
    if (answer == found::end) return finish();
  }
}

pump::found pump::read_some(std::size_t bytes_max) {
  auto const memory = buffer_->borrow();
  if (memory.empty()) return found::nothing;
  auto const got = system::uninterrupted([&] { return ::read(from_.get(), memory.data(), bytes_max); });
  if (got < 0) return errno == EAGAIN ? found::nothing : found::end;
  if (got == 0) return found::end;
  auto const bytes = byte_view(memory).first(static_cast<std::size_t>(got));
  store_->append(stream_, system::wall_now(), bytes);
  if (told_) told_(stream_, bytes);
  if (bytes.size() == bytes_max) {
    grow();
    return found::some;
  }
  // Less than asked for: it was all there is. The end shows at the next turn.
  return found::nothing;
}

void pump::grow() {
  if (!may_grow_) return;
  may_grow_ = false;
  // Refused to those who hold many large ones already; a FIFO of the usual size only costs more turns.
  if (::fcntl(from_.get(), F_SETPIPE_SZ, static_cast<int>(pump_buffer::size)) > 0)
    read_size_ = pump_buffer::size;
}

void pump::finish() {
  stop();
  if (auto const told = std::exchange(at_end_, {})) told();
}

}  // namespace ostler::keeper
