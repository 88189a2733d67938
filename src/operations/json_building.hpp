// JSON texts put together piece by piece, for what is printed and not merely a value of ours.
#pragma once

#include <string>
#include <string_view>

#include "wire/json_value.hpp"

namespace ostler::operations {

inline std::string json_string(std::string_view text) {
  std::string out;
  wire::write_part(out, std::string(text));
  return out;
}

// Keys in the order in which they are added.
class json_object {
 public:
  json_object& add(std::string_view key, std::string_view json) {
    out_ += out_.size() > 1 ? "," : "";
    out_ += json_string(key);
    out_ += ':';
    out_ += json;
    return *this;
  }
  json_object& text(std::string_view key, std::string_view text) { return add(key, json_string(text)); }
  json_object& flag(std::string_view key, bool value) { return add(key, value ? "true" : "false"); }
  // What another object holds, without its braces.
  json_object& merge(std::string_view object) {
    if (object.size() <= 2) return *this;
    out_ += out_.size() > 1 ? "," : "";
    out_ += object.substr(1, object.size() - 2);
    return *this;
  }
  bool empty() const { return out_.size() == 1; }
  std::string str() const { return out_ + '}'; }

 private:
  std::string out_ = "{";
};

class json_array {
 public:
  json_array& add(std::string_view json) {
    out_ += out_.size() > 1 ? "," : "";
    out_ += json;
    return *this;
  }
  json_array& text(std::string_view text) { return add(json_string(text)); }
  bool empty() const { return out_.size() == 1; }
  std::string str() const { return out_ + ']'; }

 private:
  std::string out_ = "[";
};

// The same with a line for each element, two blanks for each level, and a line's end at the end.
std::string indented(std::string_view json);

}  // namespace ostler::operations
