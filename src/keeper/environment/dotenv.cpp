#include "keeper/environment/dotenv.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>

#include "base/name.hpp"

namespace ostler::keeper {
namespace {

constexpr std::string_view blanks = " \t";

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

std::string_view trimmed_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

// Lines may end as on Windows; within quotes, too.
std::string without_returns(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n') kept += text[at];
  return kept;
}

class dotenv_reader {
 public:
  dotenv_reader(std::string_view file, std::string_view text, variables& known)
      : file_(file), rest_(text), known_(known) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  result<void> all() {
    while (!rest_.empty()) {
      line_ = rest_.substr(0, rest_.find('\n'));
      ++number_;
      if (auto done = definition(); !done) return done;
    }
    return {};
  }

 private:
  // One, or a line without any.
  result<void> definition() {
    auto left = trimmed_end(line_);
    skip_blanks(left);
    if (left.empty() || left.starts_with('#')) return end_line(line_.size());
    if (left.starts_with("export") && left.size() > 6 && blanks.contains(left[6])) {
      left.remove_prefix(6);
      skip_blanks(left);
    }
    auto const name = left.substr(0, variable_name_length(left));
    left.remove_prefix(name.size());
    skip_blanks(left);
    if (name.empty() || !left.starts_with('=')) return malformed("is not NAME=value");
    left.remove_prefix(1);
    skip_blanks(left);
    if (left.starts_with('"') || left.starts_with('\''))
      return quoted(name, static_cast<std::size_t>(left.data() - rest_.data()));
    return keep(name, expand(without_comment(left), known_), line_.size());
  }

  static std::string_view without_comment(std::string_view value) {
    if (value.starts_with('#')) return {};
    for (std::size_t at = 1; at < value.size(); ++at)
      if (value[at] == '#' && blanks.contains(value[at - 1])) return trimmed_end(value.substr(0, at));
    return value;
  }

  // `opens` is where in the rest the quote stands.
  result<void> quoted(std::string_view name, std::size_t opens) {
    char const quote = rest_[opens];
    auto const closes = find_close(opens + 1, quote);
    if (!closes) return malformed("opens a quote that nothing closes");
    auto const inner = without_returns(rest_.substr(opens + 1, *closes - opens - 1));
    auto const line_end = std::min(rest_.find('\n', *closes), rest_.size());
    auto behind = trimmed_end(rest_.substr(*closes + 1, line_end - *closes - 1));
    skip_blanks(behind);
    if (!behind.empty() && !behind.starts_with('#')) return malformed("goes on behind the closing quote");
    if (quote == '\'') return keep(name, inner, line_end);
    return keep(name, expand(inner, known_, escapes::double_quoted), line_end);
  }

  std::optional<std::size_t> find_close(std::size_t from, char quote) const {
    for (auto at = from; at < rest_.size(); ++at) {
      if (rest_[at] == quote) return at;
      if (rest_[at] == '\\' && quote == '"') ++at;
    }
    return std::nullopt;
  }

  result<void> keep(std::string_view name, result<std::string> value, std::size_t line_end) {
    if (!value) return at_line(value.error());
    if (auto done = known_.set(name, *std::move(value)); !done) return at_line(done.error());
    return end_line(line_end);
  }

  // The line's own end may be that of the text.
  result<void> end_line(std::size_t end) {
    number_ += static_cast<std::size_t>(std::ranges::count(rest_.substr(0, end), '\n'));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return {};
  }

  std::unexpected<error> at_line(error const& cause) const {
    return fail(cause.code, fmt::format("{}, line {}: {}", file_, number_, cause.message));
  }
  std::unexpected<error> malformed(std::string_view why) const {
    return at_line({.code = error_code::text_malformed,
                    .message = fmt::format("{} {}", in_quotes(trimmed_end(line_)), why)});
  }

  std::string_view file_;
  std::string_view rest_;
  variables& known_;
  std::string_view line_;
  // Of the line in which the definition begins, from 1.
  std::size_t number_ = 0;
};

}  // namespace

result<void> read_dotenv(std::string_view file, std::string_view text, variables& known) {
  return dotenv_reader(file, text, known).all();
}

}  // namespace ostler::keeper
