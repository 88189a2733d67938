#include "config/yaml.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/toml_scanner.hpp"

namespace ostler::config {
namespace {

place place_of(YAML::Mark const& mark) {
  if (mark.is_null()) return {0, 1, 1};
  return {0, static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1,
          static_cast<std::uint32_t>(std::max(mark.column, 0)) + 1};
}

// The parser knows no other way to be stopped.
struct gave_up {
  text_mistake why;
};
[[noreturn]] void refuse(place at, std::string what, std::string allowed = {}) {
  throw gave_up{{at, std::move(what), std::move(allowed)}};
}

std::size_t nodes_in(node const& what) {
  std::size_t count = 1;
  if (auto const* list = what.list())
    for (auto const& each : *list) count += nodes_in(each);
  if (auto const* inside = what.members())
    for (auto const& each : inside->members) count += nodes_in(each.value);
  return count;
}

std::size_t depth_of(node const& what) {
  std::size_t deepest = 0;
  if (auto const* list = what.list())
    for (auto const& each : *list) deepest = std::max(deepest, depth_of(each));
  if (auto const* inside = what.members())
    for (auto const& each : inside->members) deepest = std::max(deepest, depth_of(each.value));
  return deepest + 1;
}

class builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    done({table{}, place_of(mark)}, anchor);
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const known = anchors_.find(anchor);
    if (known == anchors_.end()) refuse(place_of(mark), "this is part of itself");
    if (open_.size() + depth_of(known->second) > depth_max) too_deep(place_of(mark));
    auto copy = known->second;
    count(nodes_in(copy), place_of(mark));
    copy.at = place_of(mark);
    done(std::move(copy), 0);
  }
  void OnScalar(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                std::string const& value) override {
    // Escapes can make what no text may hold.
    for (std::string_view rest = value; !rest.empty();) {
      auto const length = utf8_length(rest);
      if (length == 0 || rest.front() == '\0')
        refuse(place_of(mark), "a text with what is no character", "UTF-8");
      rest.remove_prefix(length);
    }
    done({value, place_of(mark)}, anchor);
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open({std::vector<node>{}, place_of(mark)}, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open({table{}, place_of(mark)}, anchor);
  }
  void OnMapEnd() override { close(); }

  node take() { return root_ ? *std::exchange(root_, std::nullopt) : node{table{}, {0, 1, 1}}; }

 private:
  struct pending {
    node value;
    YAML::anchor_t anchor = 0;
    std::optional<member> key;
    std::vector<node> merged;
  };

  [[noreturn]] static void too_deep(place at) {
    refuse(at, "too many levels", fmt::format("{} levels", depth_max));
  }

  void count(std::size_t more, place at) {
    count_ += more;
    if (count_ > members_max * 4)
      refuse(at, "too many values", fmt::format("{} in one file", members_max * 4));
  }

  void open(node value, YAML::anchor_t anchor) {
    if (open_.size() >= depth_max) too_deep(value.at);
    open_.push_back({std::move(value), anchor, std::nullopt, {}});
  }

  void close() {
    auto finished = std::move(open_.back());
    open_.pop_back();
    for (auto& each : finished.merged) merge(finished.value, std::move(each));
    done(std::move(finished.value), finished.anchor);
  }

  // What is merged counts less than what is written, and the first of several more.
  static void merge(node& into, node from) {
    if (auto* list = std::get_if<std::vector<node>>(&from.value)) {
      for (auto& each : *list)
        if (each.members() != nullptr) merge(into, std::move(each));
      return;
    }
    auto* members = from.members();
    if (members == nullptr) refuse(from.at, "this cannot be merged", "a map, or a list of maps");
    for (auto& each : members->members)
      if (find(*into.members(), each.key) == nullptr) into.members()->members.push_back(std::move(each));
  }

  void done(node value, YAML::anchor_t anchor) {
    count(1, value.at);
    if (anchor != 0) anchors_.insert_or_assign(anchor, value);
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    auto& outer = open_.back();
    if (auto* list = std::get_if<std::vector<node>>(&outer.value.value)) {
      list->push_back(std::move(value));
      return;
    }
    if (!outer.key) {
      if (value.text() == nullptr) refuse(value.at, "a key that is no text", "KEY: VALUE");
      outer.key = member{*value.text(), value.at, {}};
      return;
    }
    auto key = *std::exchange(outer.key, std::nullopt);
    if (key.key == "<<") {
      outer.merged.push_back(std::move(value));
      return;
    }
    if (find(*outer.value.members(), key.key) != nullptr)
      refuse(key.at, fmt::format("the key {} is there already", key.key.substr(0, 80)), "each key once");
    key.value = std::move(value);
    outer.value.members()->members.push_back(std::move(key));
  }

  std::vector<pending> open_;
  std::map<YAML::anchor_t, node> anchors_;
  std::optional<node> root_;
  std::size_t count_ = 0;
};

}  // namespace

std::expected<node, text_mistake> parse_yaml(std::string_view text) {
  toml_scanner characters(text);
  if (!characters.check_characters()) return std::unexpected(characters.mistake());
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    builder out;
    parser.HandleNextDocument(out);
    return out.take();
  } catch (YAML::Exception const& wrong) {
    return std::unexpected(text_mistake{place_of(wrong.mark), wrong.msg, {}});
  } catch (gave_up const& wrong) {
    return std::unexpected(wrong.why);
  }
}

}  // namespace ostler::config
