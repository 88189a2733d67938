// What of devcontainer.json means something without its container: commands that set it up, variables, and
// how much of the machine it asks for. Its image stays with the provider that has images.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/name.hpp"
#include "config/imports.hpp"
#include "config/json_tree.hpp"
#include "config/mistakes.hpp"
#include "config/tree_maker.hpp"

namespace ostler::config {
namespace {

// The format allows comments, and a comma behind the last; both become blanks, so that places stay.
class plain_json {
 public:
  explicit plain_json(std::string text) : text_(std::move(text)) {}

  std::string take() {
    for (at_ = 0; at_ < text_.size();) step();
    return std::move(text_);
  }

 private:
  void step() {
    char const c = text_[at_];
    if (c == '"') return skip_text();
    if (c == '/' && next() == '/') return blank_until("\n", 0);
    if (c == '/' && next() == '*') return blank_until("*/", 2);
    if (c == ',') comma_ = at_;
    bool const is_end = c == ']' || c == '}';
    if (is_end && comma_ != std::string::npos) text_[comma_] = ' ';
    bool const is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_blank && c != ',') comma_ = std::string::npos;
    ++at_;
  }
  char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  void skip_text() {
    comma_ = std::string::npos;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
  void blank_until(std::string_view end, std::size_t size) {
    auto const found = text_.find(end, at_ + 2);
    auto const stop = found == std::string::npos ? text_.size() : found + size;
    for (; at_ < stop; ++at_)
      if (text_[at_] != '\n') text_[at_] = ' ';
  }

  std::string text_;
  std::size_t at_ = 0;
  // The last one, when only blanks came since.
  std::size_t comma_ = std::string::npos;
};

std::string in_shell(std::string const& word) {
  auto const is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=@%+,").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string out = "'";
  for (char const c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

struct said {
  std::string_view key;
  std::string_view why;
};
constexpr std::array not_taken{
    said{"initializeCommand", "runs on the host and outside of every instance; run it yourself"},
    said{"postAttachCommand", "runs for an editor that attaches"},
    said{"workspaceFolder", "an instance has a workspace of its own"},
    said{"workspaceMount", "an instance has a workspace of its own"},
    said{"forwardPorts", "a port belongs to a service; say `port` there"},
    said{"appPort", "a port belongs to a service; say `port` there"},
    said{"portsAttributes", "a port belongs to a service; say `port` there"},
    said{"dockerComposeFile", "import that file by itself"},
    said{"features", "only containers have them"},
    said{"customizations", "only the editor reads them"},
};

class devcontainer_reader {
 public:
  std::vector<left_out> not_mapped;

  node read(table const& root) {
    auto out = table_at({0, 1, 1});
    auto env = table_at({0, 1, 1});
    for (auto const& each : root.members) one(each, env);
    commands(root);
    if (!env.members()->members.empty()) put(out, "env", std::move(env));
    if (!setup_.empty()) put(put(out, "setup", table_at(setup_at_)), "run", {std::move(setup_), setup_at_});
    start(root, out);
    if (auto const* needs = find(root, "hostRequirements")) limits(*needs, out);
    if (auto const* image = find(root, "image"); image != nullptr && image->value.text() != nullptr)
      put(put(out, "docker", table_at(image->at)), "image", image->value);
    std::ranges::sort(not_mapped, {}, [](left_out const& each) { return std::tie(each.line, each.what); });
    return out;
  }

 private:
  void leave(place at, std::string what) { not_mapped.push_back({at.line, std::move(what)}); }

  void one(member const& each, node& env) {
    constexpr std::array<std::string_view, 9> read_elsewhere{"name",
                                                             "$schema",
                                                             "onCreateCommand",
                                                             "updateContentCommand",
                                                             "postCreateCommand",
                                                             "image",
                                                             "postStartCommand",
                                                             "hostRequirements",
                                                             "waitFor"};
    if (std::ranges::find(read_elsewhere, each.key) != read_elsewhere.end()) return;
    if (each.key == "containerEnv" || each.key == "remoteEnv") return environment(each, env);
    auto const* const known = std::ranges::find(not_taken, each.key, &said::key);
    leave(each.at, fmt::format("{}: {}", in_quotes(each.key),
                               known == not_taken.end() ? "only containers have it" : known->why));
  }

  void environment(member const& from, node& to) {
    auto const* all = from.value.members();
    if (all == nullptr) return leave(from.at, fmt::format("{}: no table", in_quotes(from.key)));
    for (auto const& each : all->members) {
      auto const* text = each.value.text();
      // ${localEnv:HOME} and its like are written for another program.
      if (text == nullptr || text->find("${") != std::string::npos)
        leave(each.at, fmt::format("{}: {}: its value is known to the container alone", in_quotes(from.key),
                                   in_quotes(each.key)));
      else if (auto* known = find(*to.members(), each.key))
        known->value = each.value;
      else
        put(to, each.key, each.value);
    }
  }

  // As lines for /bin/sh: a line, the words of one command, or several of both by name.
  std::vector<node> lines_of(member const& from) {
    std::vector<node> out;
    if (auto const* all = from.value.members()) {
      for (auto const& each : all->members)
        for (auto& line : lines_of(each)) out.push_back(std::move(line));
      if (all->members.size() > 1)
        leave(from.at, fmt::format("{}: its commands run one after the other", in_quotes(from.key)));
      return out;
    }
    std::string line;
    if (auto const* text = from.value.text()) line = *text;
    if (auto const* words = from.value.list())
      for (auto const& each : *words)
        if (each.text() != nullptr) line += (line.empty() ? "" : " ") + in_shell(*each.text());
    if (!line.empty()) out.push_back(text_at(from.value.at, std::move(line)));
    return out;
  }

  // In the order in which they run, whatever order they are written in.
  void commands(table const& root) {
    for (std::string_view const key : {"onCreateCommand", "updateContentCommand", "postCreateCommand"}) {
      auto const* from = find(root, key);
      if (from == nullptr) continue;
      if (setup_.empty()) setup_at_ = from->at;
      for (auto& line : lines_of(*from)) setup_.push_back(std::move(line));
    }
  }

  // Runs at each start, and ends: a task.
  void start(table const& root, node& out) {
    auto const* from = find(root, "postStartCommand");
    if (from == nullptr) return;
    std::string line;
    for (auto const& each : lines_of(*from)) line += (line.empty() ? "" : " && ") + *each.text();
    if (line.empty()) return;
    auto& task = put(put(out, "service", table_at(from->at)), "post-start", table_at(from->at));
    put(task, "run", text_at(from->value.at, std::move(line)));
    put(task, "kind", text_at(from->value.at, "task"));
  }

  void limits(member const& from, node& out) {
    auto const* all = from.value.members();
    if (all == nullptr) return leave(from.at, "'hostRequirements': no table");
    auto into = table_at(from.at);
    for (auto const& each : all->members) {
      if (each.key == "cpus" && std::holds_alternative<std::int64_t>(each.value.value))
        put(into, "cpus", each.value);
      else if (auto const size = each.key == "memory" ? size_of(each.value) : std::string(); !size.empty())
        put(into, "memory", text_at(each.value.at, size));
      else
        leave(each.at,
              fmt::format("'hostRequirements': {}: nothing here can promise it", in_quotes(each.key)));
    }
    if (!into.members()->members.empty()) put(out, "limits", std::move(into));
  }
  // "8gb" is 8G here.
  static std::string size_of(node const& what) {
    auto const* text = what.text();
    if (text == nullptr) return {};
    auto const digits = text->find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos || text->size() != digits + 2 || text->back() != 'b')
      return {};
    constexpr std::string_view small = "kmgt";
    constexpr std::string_view large = "KMGT";
    auto const unit = small.find((*text)[digits]);
    return unit == small.npos ? std::string() : text->substr(0, digits) + large[unit];
  }

  std::vector<node> setup_;
  place setup_at_;
};

}  // namespace

result<imported> import_devcontainer(source about) {
  auto const all = parse_json(plain_json(about.text).take());
  if (!all) {
    mistakes told(std::vector<source const*>{&about});
    told.tell(all.error());
    return std::unexpected(told.as_error());
  }
  devcontainer_reader in;
  auto root = in.read(*all->members());
  return imported{{std::move(about), std::move(root)}, std::move(in.not_mapped)};
}

}  // namespace ostler::config
