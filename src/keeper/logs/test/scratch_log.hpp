// A directory of one test's own, with the logs in it; removed with the test, also when the test fails.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "keeper/logs/log_store.hpp"

namespace ostler::keeper {

class scratch_log {
 public:
  scratch_log() {
    auto name = (std::filesystem::temp_directory_path() / "ostler-logs-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", name, {});
    root_ = name;
  }
  scratch_log(scratch_log const&) = delete;
  scratch_log& operator=(scratch_log const&) = delete;
  ~scratch_log() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::filesystem::path const& root() const { return root_; }
  std::filesystem::path path() const { return root_ / "log"; }
  std::unique_ptr<log_store> open(log_options options = {}) const {
    auto store = log_store::open(path().string(), options);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (auto const& entry : std::filesystem::directory_iterator(path())) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }

 private:
  std::filesystem::path root_;
};

inline std::string content_of(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(std::filesystem::path const& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

struct kept_chunk {
  chunk_header head;
  std::string text;
};

// All chunks that are kept, by walking each segment forward; each is also reached backward.
inline std::vector<kept_chunk> chunks_of(log_store const& store) {
  std::vector<kept_chunk> chunks;
  for (auto const& segment : store.segments()) {
    auto file = store.open_segment(segment);
    if (!file) continue;
    auto position = segment.first_position;
    for (auto offset = std::uint64_t{segment_header_size}; offset < segment.end_offset;) {
      auto const head = file->chunk_at(offset, position);
      if (!head) {
        ADD_FAILURE() << "no chunk at " << offset;
        break;
      }
      placed_chunk const chunk{.offset = offset, .head = *head};
      auto const back = file->chunk_before(chunk.end_offset());
      EXPECT_TRUE(back && back->offset == offset);
      chunks.push_back({*head, std::string(as_text(file->bytes(chunk.payload_offset(), head->length)))});
      offset = chunk.end_offset();
      position = head->end_position();
    }
    EXPECT_EQ(position, segment.end_position);
  }
  return chunks;
}

inline std::string text_of(log_store const& store, log_stream stream) {
  std::string text;
  for (auto const& chunk : chunks_of(store))
    if (chunk.head.stream == stream && (chunk.head.flags & chunk_dropped) == 0) text += chunk.text;
  return text;
}

}  // namespace ostler::keeper
