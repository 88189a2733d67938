// The log of one service or session: a directory of segments that together stay below a cap.
//
// Appending never fails for the caller, because what was drained from a pipe cannot be given back: when the
// disk refuses, what could not be kept is counted, and as soon as writing works again a record says how much
// is missing and why. Nothing is synced: the log survives the death of every process, not that of the
// machine.
//
// Over the cap the oldest file is renamed and overwritten: the pages of a file that is cached are cheaper
// than new ones, and a log that is full needs no further space on the disk.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

#include "base/result.hpp"
#include "keeper/logs/format.hpp"
#include "keeper/logs/segment_file.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class log_store;

// Told after everything that was appended, while it lives. The store must outlive it.
class log_listener {
 public:
  explicit log_listener(log_store& store);
  log_listener(log_listener const&) = delete;
  log_listener& operator=(log_listener const&) = delete;
  virtual ~log_listener();
  virtual void appended() = 0;

 private:
  friend class log_store;
  log_store* store_;
  log_listener* previous_ = nullptr;
  log_listener* next_ = nullptr;
};

struct log_options {
  static constexpr std::uint64_t segments_max = 8;
  static constexpr std::uint64_t cap_least = 64 * 1024;
  // Bytes on disk. Less than cap_least is taken as cap_least.
  std::uint64_t cap = std::uint64_t{64} << 20;
};

// What readers may know of a segment without opening it.
struct log_segment {
  std::uint64_t number = 0;
  std::uint64_t first_position = 0;
  std::uint64_t first_lines = 0;
  std::uint64_t end_position = 0;
  std::uint64_t end_lines = 0;
  // Of the last byte that is valid; what lies behind is of no account.
  std::uint64_t end_offset = segment_header_size;
};

class log_store {
 public:
  // Makes the directory when there is none. Its parent must exist.
  static result<std::unique_ptr<log_store>> open(std::string path, log_options options = {});
  ~log_store() = default;
  log_store(log_store const&) = delete;
  log_store& operator=(log_store const&) = delete;

  void append(log_stream stream, wall_time wall, byte_view bytes);
  // The same, for what a killed keeper had begun to append: what was missing of it is there then.
  void append_rest(log_stream stream, wall_time wall, byte_view bytes);
  // Records what could not be kept, if anything. False while that cannot be done.
  bool tell_loss_now(wall_time wall) { return loss_.bytes == 0 || (can_write() && tell_loss(wall)); }
  // A line of our own; its newline is added.
  void note(wall_time wall, std::string_view line);

  // In the order of their positions. What is missing between two of them, or before the first, is gone.
  std::span<log_segment const> segments() const { return segments_; }
  std::uint64_t first_position() const;
  std::uint64_t first_lines() const;
  std::uint64_t end_position() const { return state_.position; }
  std::uint64_t end_lines() const { return state_.lines; }
  result<segment_file> open_segment(log_segment const& segment) const;

 private:
  friend class log_listener;
  // What the next chunk begins with.
  struct state {
    std::uint64_t position = 0;
    std::uint64_t lines = 0;
    std::array<std::uint32_t, 2> open{};
  };
  struct loss {
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::string reason;
  };
  struct batch;

  log_store(std::string path, log_options options) : path_(std::move(path)), options_(options) {}
  // log_store_open.cpp: finds the end that the files tell.
  result<void> load();
  result<void> open_directory();
  result<void> load_segment(std::uint64_t number);
  void find_end(segment_file& file, log_segment& segment);
  void take_state(chunk_header const& last);
  void note_torn(segment_file& file, log_segment const& segment);
  void go_on_in_last();

  std::uint64_t segment_size() const { return options_.cap / log_options::segments_max; }
  std::size_t room() const;
  void keep(log_stream stream, std::uint8_t flags, wall_time wall, byte_view bytes);
  // How much of `bytes` goes into the current segment: whole lines where possible. 0: begin the next one.
  std::size_t share(byte_view bytes) const;
  bool can_write();
  bool tell_loss(wall_time wall);
  void lose(byte_view bytes, std::string_view what);
  bool begin_segment();
  bool reuse_oldest(std::string const& name);
  void forget_deleted();
  // Returns how much was kept.
  std::size_t write(log_stream stream, std::uint8_t flags, wall_time wall, byte_view bytes);
  void prepare(batch& prepared, log_stream stream, std::uint8_t flags, wall_time wall, byte_view bytes) const;
  void commit(batch const& prepared, std::uint64_t written);
  void tell_listeners();

  std::string path_;
  log_options options_;
  system::fd directory_;
  // The last of segments_, to write; none when that must not go on.
  system::fd file_;
  std::uint64_t nonce_ = 0;
  std::vector<log_segment> segments_;
  std::uint64_t next_number_ = 1;
  state state_;
  loss loss_;
  // Why writing does not work, while it does not.
  int refused_ = 0;
  log_listener* first_listener_ = nullptr;
  log_listener* next_to_tell_ = nullptr;
};

}  // namespace ostler::keeper
