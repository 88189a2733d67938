// Space held back for the day the disk is full, so that deletes can still be written down.
//
// It is a file that holds nothing. When the disk is full it is removed, and what it took is free for relief;
// when there is space again it is made anew.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace ostler::journal::sqlite {

class reserve {
 public:
  // Looks whether the file is there; makes nothing yet. A size of 0 is a reserve that always holds.
  reserve(std::filesystem::path file, std::uint64_t size);

  bool held() const { return held_; }
  // Makes it when it is missing and there is space for it and `spare_bytes` more. storage_full when not.
  result<void> hold();
  void release();
  // Whether the file system has so little left that even opening the journal may not work.
  bool space_is_tight() const;

  // What is left free beside a reserve that was made anew: less would be full again at once.
  static constexpr std::uint64_t spare_bytes = 1 << 20;

 private:
  std::uint64_t free_bytes() const;

  std::filesystem::path file_;
  std::uint64_t size_;
  bool held_;
};

}  // namespace ostler::journal::sqlite
