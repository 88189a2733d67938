// Arbitrary bytes as an archive, into a sink that keeps nothing: what reaches it lies beneath the target, and
// the same bytes give the same however they are cut.
#include <string>

#include "fuzz/target.hpp"
#include "keeper/files/paths.hpp"
#include "keeper/files/tar_reader.hpp"

namespace {

using namespace ostler;
using namespace ostler::keeper;

void expect_inside(std::string_view path) {
  ensure(!path.empty() && !path.starts_with('/') && !path.ends_with('/'), "a path is relative");
  ensure(!has_component(path, "..") && !has_component(path, "."), "a path leads down only");
  ensure(path.find('\0') == std::string_view::npos, "a path has no NUL");
}

class checking_sink : public tar_sink {
 public:
  result<void> directory(tar_entry const& entry) override { return take(entry); }
  result<void> begin_file(tar_entry const& entry) override {
    ensure(!in_file_, "files do not nest");
    in_file_ = true;
    return take(entry);
  }
  result<void> content(byte_view piece) override {
    ensure(in_file_, "content belongs to a file");
    bytes += piece.size();
    return {};
  }
  result<void> end_file() override {
    ensure(in_file_, "a file that ends has begun");
    in_file_ = false;
    return {};
  }
  result<void> link(tar_entry const& entry, std::string const& target) override {
    ensure(!target.starts_with('/') && link_stays(entry.path, target), "a link stays");
    return take(entry);
  }
  result<void> hard_link(tar_entry const& entry, std::string const& target) override {
    expect_inside(target);
    return take(entry);
  }
  result<void> end() override { return {}; }

  std::string told;
  std::uint64_t bytes = 0;

 private:
  result<void> take(tar_entry const& entry) {
    expect_inside(entry.path);
    ensure((entry.mode & ~0777U) == 0, "only permissions come through");
    told += entry.path + '\n';
    return {};
  }
  bool in_file_ = false;
};

std::string read_in_pieces(std::string_view text, std::size_t size) {
  checking_sink sink;
  tar_reader reader(sink, {.bytes_max = 1UL << 20U, .entries_max = 100, .path_max = 1000, .depth_max = 20});
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size())))
    if (!reader.push(as_bytes(text.substr(0, size)))) break;
  ensure(reader.report().bytes == sink.bytes, "the report counts what was given");
  auto const done = reader.finish();
  if (done) return sink.told;
  fuzz::expect_fit_to_show(done.error().message);
  return sink.told + done.error().message;
}

// A fuzzer does not guess sums, so those of the blocks are set right, as a second reading.
std::string with_right_sums(std::string_view text) {
  std::string mended(text);
  for (std::size_t block = 0; block + tar_block_size <= mended.size(); block += tar_block_size) {
    unsigned sum = 0;
    for (std::size_t at = 0; at < tar_block_size; ++at)
      sum += at >= 148 && at < 156 ? 0x20U : static_cast<unsigned char>(mended[block + at]);
    for (std::size_t digit = 0; digit < 6; ++digit, sum /= 8)
      mended[block + 148 + 5 - digit] = static_cast<char>('0' + sum % 8);
    mended[block + 148 + 6] = '\0';
  }
  return mended;
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  for (std::string const& bytes : {std::string(text), with_right_sums(text)})
    ensure(read_in_pieces(bytes, bytes.size() + 1) == read_in_pieces(bytes, 37),
           "an archive reads the same however it is cut");
  return 0;
}
