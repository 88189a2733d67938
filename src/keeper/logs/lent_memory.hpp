// Memory for what is read and passed on at once: shared by all who read, and given back to the system when
// nobody has used it for a while. Only what is touched costs anything.
//
// It may lie in a file. What was read into it then outlives a keeper that is killed.
#pragma once

#include <cstddef>
#include <span>

#include "keeper/loop/loop.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class lent_memory {
 public:
  static constexpr std::size_t size = std::size_t{256} << 10;
  static constexpr auto quiet_after = seconds(1);

  explicit lent_memory(loop& owner);
  ~lent_memory() { release(); }
  lent_memory(lent_memory const&) = delete;
  lent_memory& operator=(lent_memory const&) = delete;

  // From the next loan on; false where files of its kind cannot be mapped. It is empty after everything was
  // given back.
  bool lie_in(system::fd file);
  // Does what is lent now lie in the file?
  bool in_file() const { return in_file_; }
  int file() const { return file_.get(); }
  // Ordinary memory instead, until the next time that all is quiet: the disk has no room.
  void leave_file();

  // Empty when the system has no memory; what is to be read waits where it is.
  std::span<std::byte> borrow();
  bool held() const { return memory_ != nullptr; }

 private:
  bool map(bool shared);
  void release();
  void look_whether_quiet();

  alarm quiet_;
  system::fd file_;
  std::byte* memory_ = nullptr;
  bool in_file_ = false;
  bool used_ = false;
};

}  // namespace ostler::keeper
