#include "keeper/environment/variables.hpp"

#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::keeper {
namespace {

bool begins_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

char escaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    default: return c;
  }
}

// Goes through the text once, whatever is nested in it. What nobody will use is read, but not made: else a
// line of a few bytes could cause any amount of copying.
class expander {
 public:
  expander(std::string_view text, variables const& known, escapes how)
      : text_(text), known_(known), how_(how) {}

  result<std::string> all() {
    std::string made;
    if (auto done = until_end(&made, 0); !done) return std::unexpected(std::move(done.error()));
    return made;
  }

 private:
  // Nobody nests deeper; the stack is small.
  static constexpr int depth_max = 16;

  // At depth 0 to the end of the text, deeper to the brace that closes. Null: nobody will use it.
  result<void> until_end(std::string* made, int depth) {
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (depth > 0 && c == '}') return {};
      if (c == '\\' && how_ == escapes::double_quoted && at_ + 1 < text_.size()) {
        escape(made);
      } else if (c == '$') {
        if (auto done = reference(made, depth); !done) return done;
      } else {
        put(made, text_.substr(at_, 1));
        ++at_;
      }
      if (made != nullptr && made->size() > variable_size_max)
        return fail(error_code::value_out_of_range,
                    fmt::format("a value becomes longer than {} bytes", variable_size_max));
    }
    return {};
  }

  static void put(std::string* made, std::string_view text) {
    if (made != nullptr) made->append(text);
  }

  void escape(std::string* made) {
    char const c = text_[at_ + 1];
    if (std::string_view("ntr\"\\$").contains(c))
      put(made, std::string(1, escaped(c)));
    else
      put(made, text_.substr(at_, 2));
    at_ += 2;
  }

  result<void> reference(std::string* made, int depth) {
    auto const rest = text_.substr(at_ + 1);
    if (rest.starts_with('{')) return braced(made, depth);
    if (rest.starts_with('$')) {
      put(made, "$");
      at_ += 2;
      return {};
    }
    auto const length = variable_name_length(rest);
    if (length == 0)
      put(made, "$");
    else if (auto const* value = known_.find(rest.substr(0, length)))
      put(made, *value);
    at_ += 1 + length;
    return {};
  }

  result<void> braced(std::string* made, int depth) {
    auto const from = at_;
    at_ += 2;
    auto const name = text_.substr(at_, variable_name_length(text_.substr(at_)));
    at_ += name.size();
    auto const* value = known_.find(name);
    if (text_.substr(at_).starts_with(":-")) {
      if (depth == depth_max) return malformed(from, fmt::format("is nested deeper than {}", depth_max));
      at_ += 2;
      auto const use_instead = value == nullptr || value->empty();
      if (auto done = until_end(use_instead ? made : nullptr, depth + 1); !done) return done;
    }
    if (at_ == text_.size()) return malformed(from, "has no '}'");
    if (name.empty() || text_[at_] != '}') return malformed(from, "is neither ${NAME} nor ${NAME:-instead}");
    ++at_;
    if (value != nullptr) put(made, *value);
    return {};
  }

  std::unexpected<error> malformed(std::size_t from, std::string_view why) const {
    return fail(error_code::text_malformed, fmt::format("{} {}", in_quotes(text_.substr(from)), why));
  }

  std::string_view text_;
  variables const& known_;
  escapes how_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t variable_name_length(std::string_view text) {
  if (text.empty() || !begins_name(text.front())) return 0;
  std::size_t length = 1;
  while (length < text.size() && continues_name(text[length])) ++length;
  return length;
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && variable_name_length(text) == text.size();
}

result<void> variables::set(std::string_view name, std::string value) {
  if (value.contains('\0') || name.contains('\0'))
    return fail(error_code::text_malformed,
                fmt::format("the variable {} holds a zero byte, which no environment can", in_quotes(name)));
  // The '=' and the zero at the end count.
  auto const size = name.size() + value.size() + 2;
  if (size > variable_size_max)
    return fail(error_code::value_out_of_range,
                fmt::format("the variable {} has {} bytes; a process can be given {}", in_quotes(name), size,
                            variable_size_max));
  written_ += size;
  if (written_ > environment_size_max)
    return fail(error_code::value_out_of_range,
                fmt::format("with {} the environment comes to more than {} bytes", in_quotes(name),
                            environment_size_max));
  values_.insert_or_assign(std::string(name), std::move(value));
  return {};
}

std::string const* variables::find(std::string_view name) const {
  auto const found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> variables::list() const {
  std::vector<std::string> all;
  all.reserve(values_.size());
  for (auto const& [name, value] : values_) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

result<std::string> expand(std::string_view text, variables const& known, escapes how) {
  return expander(text, known, how).all();
}

}  // namespace ostler::keeper
