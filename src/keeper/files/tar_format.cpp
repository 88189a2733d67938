#include "keeper/files/tar_format.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <limits>

#include "keeper/files/paths.hpp"

namespace ostler::keeper {
namespace {

struct field {
  std::size_t offset;
  std::size_t size;
};
constexpr field name_field{0, 100};
constexpr field mode_field{100, 8};
constexpr field uid_field{108, 8};
constexpr field gid_field{116, 8};
constexpr field size_field{124, 12};
constexpr field mtime_field{136, 12};
constexpr field sum_field{148, 8};
constexpr field type_field{156, 1};
constexpr field link_field{157, 100};
constexpr field magic_field{257, 8};
constexpr field prefix_field{345, 155};
constexpr std::string_view ustar_magic(
    "ustar\0"
    "00",
    8);
constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

std::string_view text_in(std::string_view block, field at) {
  auto const whole = block.substr(at.offset, at.size);
  return whole.substr(0, std::min(whole.find('\0'), whole.size()));
}

void put(std::string& block, field at, std::string_view text) { block.replace(at.offset, text.size(), text); }

void put_octal(std::string& block, field at, std::uint64_t number) {
  put(block, at, fmt::format("{:0{}o}", number, at.size - 1));
}

constexpr std::uint64_t octal_max(field at) { return (std::uint64_t{1} << (3 * (at.size - 1))) - 1; }

// The sum over the header with its own field as blanks. Some old programs summed signed bytes.
struct header_sums {
  std::int64_t plain = 0;
  std::int64_t of_signed = 0;
};

header_sums sums_of(std::string_view block) {
  header_sums sums;
  for (std::size_t at = 0; at < block.size(); ++at) {
    bool const own = at >= sum_field.offset && at < sum_field.offset + sum_field.size;
    char const c = own ? ' ' : block[at];
    sums.plain += static_cast<unsigned char>(c);
    sums.of_signed += static_cast<signed char>(c);
  }
  return sums;
}

std::unexpected<error> malformed(std::string_view what) {
  return fail(error_code::text_malformed, fmt::format("the archive is damaged: {}", what));
}

// Big-endian with a mark in the first byte: how GNU tar writes what octal digits cannot hold.
result<std::int64_t> read_binary(std::string_view digits) {
  auto const first = static_cast<unsigned char>(digits.front());
  bool const negative = (first & 0x40U) != 0;
  std::uint64_t number = negative ? ~std::uint64_t{0} : 0;
  auto const fill = negative ? 0xffU : 0U;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    auto const byte =
        at == 0 ? (negative ? (first | 0x80U) : (first & 0x3fU)) : static_cast<unsigned char>(digits[at]);
    if (at + 8 < digits.size() && byte != fill) return malformed("a number is too large");
    number = (number << 8U) | byte;
  }
  auto const value = static_cast<std::int64_t>(number);
  if ((value < 0) != negative) return malformed("a number is too large");
  return value;
}

result<std::int64_t> read_number(std::string_view block, field at) {
  auto digits = block.substr(at.offset, at.size);
  if ((static_cast<unsigned char>(digits.front()) & 0x80U) != 0) return read_binary(digits);
  auto const begin = std::min(digits.find_first_not_of(' '), digits.size());
  digits.remove_prefix(begin);
  digits = digits.substr(0, std::min(digits.find_first_of(std::string_view(" \0", 2)), digits.size()));
  std::uint64_t number = 0;
  if (digits.empty()) return 0;
  auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
  if (failed != std::errc{} || end != digits.data() + digits.size() ||
      number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return malformed("a number in a header is none");
  return static_cast<std::int64_t>(number);
}

// "LENGTH KEY=VALUE\n", where the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  auto const rest = key.size() + value.size() + 3;
  auto length = rest + 1;
  while (fmt::formatted_size("{}", length) + rest != length)
    length = rest + fmt::formatted_size("{}", length);
  return fmt::format("{} {}={}\n", length, key, value);
}

struct ustar_path {
  std::string prefix;
  std::string name;
};

std::optional<ustar_path> fit_path(std::string_view path) {
  if (path.size() <= name_field.size) return ustar_path{{}, std::string(path)};
  auto const from = path.size() - name_field.size - 1;
  // A slash at the end belongs to the name.
  auto const slash = path.substr(0, path.size() - 1).find('/', from);
  if (slash == std::string_view::npos || slash == 0 || slash > prefix_field.size) return std::nullopt;
  return ustar_path{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

std::string one_block(tar_header const& header, ustar_path const& path) {
  std::string block(tar_block_size, '\0');
  put(block, name_field, path.name);
  put(block, prefix_field, path.prefix);
  put_octal(block, mode_field, header.mode & 07777U);
  put_octal(block, uid_field, 0);
  put_octal(block, gid_field, 0);
  put_octal(block, size_field, header.size <= octal_max(size_field) ? header.size : 0);
  auto const seconds = header.mtime_ns / nanoseconds_a_second;
  bool const fits = seconds >= 0 && static_cast<std::uint64_t>(seconds) <= octal_max(mtime_field);
  put_octal(block, mtime_field, fits ? static_cast<std::uint64_t>(seconds) : 0);
  block[type_field.offset] = static_cast<char>(header.type);
  put(block, link_field, std::string_view(header.link).substr(0, link_field.size));
  put(block, magic_field, ustar_magic);
  put(block, sum_field, fmt::format("{:06o}", sums_of(block).plain));
  block[sum_field.offset + 6] = '\0';
  block[sum_field.offset + 7] = ' ';
  return block;
}

std::string seconds_text(std::int64_t nanoseconds) {
  auto seconds = nanoseconds / nanoseconds_a_second;
  auto part = nanoseconds % nanoseconds_a_second;
  if (part == 0) return fmt::format("{}", seconds);
  if (nanoseconds >= 0) return fmt::format("{}.{:09}", seconds, part);
  return fmt::format("-{}.{:09}", -seconds, -part);
}

}  // namespace

std::string write_tar_header(tar_header const& header) {
  auto path = fit_path(header.path);
  std::string records;
  if (!path) records += pax_record("path", header.path);
  if (header.link.size() > link_field.size) records += pax_record("linkpath", header.link);
  // pax names are UTF-8 unless it is said that they are bytes as they came. Said only where it matters: GNU
  // tar complains of every mark that it does not know.
  if (!is_utf8(records)) records = pax_record("hdrcharset", "BINARY") + records;
  if (header.size > octal_max(size_field)) records += pax_record("size", fmt::format("{}", header.size));
  if (header.mtime_ns < 0) records += pax_record("mtime", seconds_text(header.mtime_ns));
  if (!path) path = ustar_path{{}, header.path.substr(0, name_field.size)};
  if (records.empty()) return one_block(header, *path);
  tar_header const extension{
      .path = "pax", .link = {}, .type = tar_type::pax, .mode = 0644, .size = records.size(), .mtime_ns = 0};
  auto blocks = one_block(extension, {{}, extension.path}) + records;
  blocks.append(tar_padding(records.size()), '\0');
  return blocks + one_block(header, *path);
}

std::string tar_end() { return std::string(2 * tar_block_size, '\0'); }

bool is_zero(tar_block const& block) {
  return std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; });
}

result<tar_header> read_tar_header(tar_block const& bytes) {
  auto const block = as_text(bytes);
  auto const sum = read_number(block, sum_field);
  auto const sums = sums_of(block);
  if (!sum || (*sum != sums.plain && *sum != sums.of_signed))
    return malformed(
        "a header does not have the sum it says; is it a tar archive, and not a compressed one?");
  auto const mode = read_number(block, mode_field);
  auto const size = read_number(block, size_field);
  auto const mtime = read_number(block, mtime_field);
  for (auto const* number : {&mode, &size, &mtime})
    if (!*number) return std::unexpected(number->error());
  if (*size < 0) return malformed("a size is negative");
  tar_header header;
  header.path = text_in(block, name_field);
  // GNU tar keeps other things in the place of the prefix, under a magic of its own.
  bool const posix = block.substr(magic_field.offset, 6) == ustar_magic.substr(0, 6);
  auto const prefix = text_in(block, prefix_field);
  if (posix && !prefix.empty()) header.path = fmt::format("{}/{}", prefix, header.path);
  header.link = text_in(block, link_field);
  header.type = static_cast<tar_type>(block[type_field.offset]);
  header.mode = static_cast<mode_t>(*mode & 07777);
  header.size = static_cast<std::uint64_t>(*size);
  constexpr auto seconds_max = std::numeric_limits<std::int64_t>::max() / nanoseconds_a_second;
  header.mtime_ns = std::clamp(*mtime, -seconds_max, seconds_max) * nanoseconds_a_second;
  return header;
}

namespace {

result<std::int64_t> read_seconds(std::string_view text) {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::uint64_t seconds = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (failed != std::errc{} || (!rest.empty() && rest.front() != '.')) return malformed("a time is none");
  constexpr auto seconds_max = std::numeric_limits<std::int64_t>::max() / nanoseconds_a_second - 1;
  auto value =
      static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, seconds_max)) * nanoseconds_a_second;
  std::int64_t unit = nanoseconds_a_second / 10;
  for (char const digit : rest.substr(std::min<std::size_t>(1, rest.size()))) {
    if (digit < '0' || digit > '9') return malformed("a time is none");
    value += (digit - '0') * unit;
    unit /= 10;
  }
  return negative ? -value : value;
}

result<void> take_record(pax_records& records, std::string_view key, std::string_view value) {
  if (key == "path" || key == "linkpath") {
    (key == "path" ? records.path : records.link) = std::string(value);
  } else if (key == "size") {
    std::uint64_t size = 0;
    auto const [end, failed] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (failed != std::errc{} || end != value.data() + value.size() ||
        size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return malformed("a size in a pax header is none");
    records.size = size;
  } else if (key == "mtime") {
    auto const time = read_seconds(value);
    if (!time) return std::unexpected(time.error());
    records.mtime_ns = *time;
  } else if (key.starts_with("GNU.sparse.")) {
    return fail(error_code::feature_missing,
                "the archive holds a sparse file, which is not read here; make it without --sparse");
  }
  return {};
}

}  // namespace

result<pax_records> read_pax_records(std::string_view text) {
  pax_records records;
  while (!text.empty()) {
    std::size_t length = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
    auto const digits = static_cast<std::size_t>(end - text.data());
    if (failed != std::errc{} || length > text.size() || length < digits + 3 || text[digits] != ' ' ||
        text[length - 1] != '\n')
      return malformed("a pax record is none");
    auto const record = text.substr(digits + 1, length - digits - 2);
    auto const equals = record.find('=');
    if (equals == std::string_view::npos) return malformed("a pax record has no value");
    if (auto done = take_record(records, record.substr(0, equals), record.substr(equals + 1)); !done)
      return std::unexpected(done.error());
    text.remove_prefix(length);
  }
  return records;
}

}  // namespace ostler::keeper
