#include "keeper/logs/lent_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "system/clock.hpp"

namespace ostler::keeper {

lent_memory::lent_memory(loop& owner) : quiet_(owner, [this] { look_whether_quiet(); }) {}

bool lent_memory::lie_in(system::fd file) {
  // Nothing of it is touched: what lies there may still be wanted.
  auto* const tried = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (tried == MAP_FAILED) return false;
  ::munmap(tried, 1);
  file_ = std::move(file);
  return true;
}

bool lent_memory::map(bool shared) {
  if (shared && ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return false;
  auto* const mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS,
             shared ? file_.get() : -1, 0);
  if (mapped == MAP_FAILED) return false;
  memory_ = static_cast<std::byte*>(mapped);
  in_file_ = shared;
  return true;
}

std::span<std::byte> lent_memory::borrow() {
  if (memory_ == nullptr && !(file_ && map(true)) && !map(false)) return {};
  used_ = true;
  // Set once a second at most, not for every read.
  if (!quiet_.is_set()) quiet_.set(system::now() + quiet_after);
  return {memory_, size};
}

void lent_memory::leave_file() {
  release();
  map(false);
}

void lent_memory::look_whether_quiet() {
  if (!used_) return release();
  used_ = false;
  quiet_.set(system::now() + quiet_after);
}

void lent_memory::release() {
  if (memory_ != nullptr) ::munmap(memory_, size);
  // A disk that refuses this keeps what it has.
  if (in_file_ && ::ftruncate(file_.get(), 0) != 0) file_.reset();
  memory_ = nullptr;
  in_file_ = false;
  used_ = false;
}

}  // namespace ostler::keeper
