// What of compose.yaml can run without containers: services with commands of their own.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "base/name.hpp"
#include "config/imports.hpp"
#include "config/mistakes.hpp"
#include "config/tree_maker.hpp"
#include "config/values.hpp"
#include "config/yaml.hpp"

namespace ostler::config {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// Of "3000", "8080:80", "127.0.0.1:8080:80", the side inside; nothing for ranges and for what is not TCP.
std::optional<std::int64_t> port_inside(std::string_view text) {
  if (text.ends_with("/tcp")) text.remove_suffix(4);
  text.remove_prefix(text.rfind(':') + 1);
  std::int64_t number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const fits = ec == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65'535;
  return fits ? std::optional(number) : std::nullopt;
}

class compose_reader {
 public:
  std::vector<left_out> not_mapped;

  node read(table const& root) {
    auto out = table_at({0, 1, 1});
    auto const* services = find(root, "services");
    for (auto const& each : root.members)
      if (each.key != "services" && each.key != "version" && each.key != "name" &&
          !each.key.starts_with("x-"))
        leave(each.at, fmt::format("{}: handled by docker compose, ignored here", in_quotes(each.key)));
    if (services == nullptr || services->value.members() == nullptr) return out;
    choose(*services->value.members());
    auto& into = put(out, "service", table_at(services->at));
    for (auto const& each : services->value.members()->members)
      if (auto const name = chosen(each.key)) one_service(each, *name, put(into, *name, table_at(each.at)));
    std::ranges::sort(not_mapped, {}, [](left_out const& each) { return std::tie(each.line, each.what); });
    return out;
  }

 private:
  void leave(place at, std::string what) { not_mapped.push_back({at.line, std::move(what)}); }
  void leave(member const& which, std::string_view why) {
    leave(which.at, fmt::format("service {}: {}: {}", service_, in_quotes(which.key), why));
  }

  // Those that have a command, and the names that they will have.
  void choose(table const& services) {
    for (auto const& each : services.members) {
      auto const name = service_name_from(each.key);
      auto const* inside = each.value.members();
      auto const taken = [&](auto const& other) { return other.second == name; };
      if (inside == nullptr || !(says(*inside, "command") || says(*inside, "entrypoint")))
        leave(each.at, fmt::format("service {}: its image knows its command, this file does not",
                                   in_quotes(each.key)));
      else if (name.empty() || std::ranges::any_of(names_, taken))
        leave(each.at, fmt::format("service {}: there is no name left for it", in_quotes(each.key)));
      else
        names_.emplace_back(each.key, name);
    }
  }
  // Null says nothing.
  static bool says(table const& in, std::string_view key) {
    auto const* known = find(in, key);
    return known != nullptr && known->value.members() == nullptr;
  }
  std::optional<std::string> chosen(std::string_view key) const {
    auto const known =
        std::ranges::find(names_, key, [](auto const& each) { return std::string_view(each.first); });
    return known == names_.end() ? std::nullopt : std::optional(known->second);
  }

  void one_service(member const& from, std::string const& name, node& to) {
    service_ = name;
    if (name != from.key) leave(from.at, fmt::format("service {}: is called {}", in_quotes(from.key), name));
    auto const& all = *from.value.members();
    auto const line = run(all, to, from.at);
    for (auto const& each : all.members) {
      if (each.key == "command" || each.key == "entrypoint") continue;
      if (each.key == "environment")
        environment(each, to);
      else if (each.key == "env_file")
        env_files(each, to);
      else if (each.key == "ports")
        ports(each, to, line);
      else if (each.key == "depends_on")
        depends(each, to);
      else if (each.key == "healthcheck")
        health(each, to);
      else if (each.key == "restart")
        restart(each, to);
      else if (each.key == "stop_signal" || each.key == "stop_grace_period")
        stop(each, to);
      else if (each.key == "profiles")
        profiles(each, to);
      else
        leave(each, "ignored outside of containers");
    }
  }

  void profiles(member const& from, node& to) {
    put(to, "autostart", {false, from.at});
    leave(from, "it does not start by itself");
  }

  // All that is run, for a look whether PORT is in it.
  std::string run(table const& all, node& to, place at) {
    std::string line;
    std::vector<node> words;
    bool as_list = true;
    for (std::string_view const key : {"entrypoint", "command"}) {
      auto const* part = find(all, key);
      if (part == nullptr) continue;
      at = part->value.at;
      if (auto const* text = part->value.text()) {
        as_list = false;
        line += (line.empty() ? "" : " ") + *text;
      } else if (auto const* list = part->value.list()) {
        for (auto const& each : *list) {
          if (each.text() == nullptr) continue;
          words.push_back(each);
          line += (line.empty() ? "" : " ") + *each.text();
        }
      }
    }
    put(to, "run", as_list ? node{std::move(words), at} : text_at(at, line));
    return line;
  }

  void environment(member const& from, node& to) {
    auto env = table_at(from.at);
    auto const add = [&](place at, std::string const& key, std::optional<std::string> value) {
      if (!value)
        leave(at,
              fmt::format("service {}: environment: {} is taken from the caller", service_, in_quotes(key)));
      else if (auto* known = find(*env.members(), key))
        known->value = text_at(at, *std::move(value));
      else
        put(env, key, text_at(at, *std::move(value)));
    };
    if (auto const* inside = from.value.members())
      for (auto const& each : inside->members)
        add(each.at, each.key,
            each.value.text() == nullptr ? std::nullopt : std::optional(*each.value.text()));
    if (auto const* list = from.value.list())
      for (auto const& each : *list) {
        if (each.text() == nullptr) continue;
        auto const sign = each.text()->find('=');
        add(each.at, each.text()->substr(0, sign),
            sign == std::string::npos ? std::nullopt : std::optional(each.text()->substr(sign + 1)));
      }
    if (!env.members()->members.empty()) put(to, "env", std::move(env));
  }

  void env_files(member const& from, node& to) {
    std::vector<node> files;
    auto const add = [&](node const& each) {
      auto const* inside = each.members();
      auto const* path = inside == nullptr ? nullptr : find(*inside, "path");
      auto const& value = path == nullptr ? each : path->value;
      if (value.text() != nullptr && is_path_inside(*value.text()))
        files.push_back(value);
      else
        leave(from, "a file that is not below the project");
    };
    if (auto const* list = from.value.list())
      std::ranges::for_each(*list, add);
    else
      add(from.value);
    if (!files.empty()) put(to, "env_file", {std::move(files), from.at});
  }

  void ports(member const& from, node& to, std::string_view line) {
    auto const* list = from.value.list();
    if (list == nullptr) return leave(from, "no list");
    bool found = false;
    for (auto const& each : *list) {
      auto const* inside = each.members();
      auto const* target = inside == nullptr ? nullptr : find(*inside, "target");
      auto const* text = target == nullptr ? each.text() : target->value.text();
      auto const number = text == nullptr ? std::nullopt : port_inside(*text);
      if (!number || found) {
        leave(each.at, fmt::format("service {}: ports: only one TCP port is taken over", service_));
        continue;
      }
      found = true;
      put(to, "port", mentions_port(line) ? text_at(each.at, "auto") : node{*number, each.at});
    }
  }

  void depends(member const& from, node& to) {
    std::vector<node> needs;
    auto const add = [&](place at, std::string const& on) {
      if (auto const name = chosen(on); name && *name != service_)
        needs.push_back(text_at(at, *name));
      else
        leave(at, fmt::format("service {}: depends_on: {} is not among the services here", service_,
                              in_quotes(on)));
    };
    if (auto const* list = from.value.list())
      for (auto const& each : *list)
        if (each.text() != nullptr) add(each.at, *each.text());
    if (auto const* inside = from.value.members())
      for (auto const& each : inside->members) add(each.at, each.key);
    if (!needs.empty()) put(to, "needs", {std::move(needs), from.at});
  }

  // A duration that compose and we write the same way.
  void duration(member const& from, node& to, std::string key) {
    auto const* text = from.value.text();
    auto const read = text == nullptr ? result<milliseconds>(0ms) : parse_duration(*text);
    if (read && *read > 0ms)
      put(to, std::move(key), from.value);
    else
      leave(from, "no duration that is known here");
  }

  void health(member const& from, node& to) {
    auto const* inside = from.value.members();
    auto const* test = inside == nullptr ? nullptr : find(*inside, "test");
    auto ready = table_at(from.at);
    if (test != nullptr) health_test(*test, ready);
    if (ready.members()->members.empty()) return leave(from, "no command to look with");
    for (auto const& each : inside->members) {
      if (each.key == "test") continue;
      if (each.key == "interval")
        duration(each, ready, "every");
      else if (each.key == "timeout")
        duration(each, ready, "look_timeout");
      else
        leave(each, "ignored; see `ready.timeout`");
    }
    put(to, "ready", std::move(ready));
  }

  static void health_test(member const& test, node& ready) {
    if (auto const* text = test.value.text()) {
      if (!is_blank(*text)) put(ready, "exec", test.value);
      return;
    }
    auto const* list = test.value.list();
    if (list == nullptr || list->size() < 2 || list->front().text() == nullptr) return;
    auto const kind = *list->front().text();
    auto const usable = [](node const& each) { return each.text() != nullptr && !is_blank(*each.text()); };
    if (!std::ranges::all_of(*list, usable)) return;
    if (kind == "CMD-SHELL") put(ready, "exec", (*list)[1]);
    if (kind == "CMD") put(ready, "exec", {std::vector<node>(list->begin() + 1, list->end()), test.at});
  }

  void restart(member const& from, node& to) {
    auto const* text = from.value.text();
    std::string_view const policy = text == nullptr ? "" : std::string_view(*text);
    std::string_view const on = policy == "no"                                     ? "never"
                                : policy == "always" || policy == "unless-stopped" ? "always"
                                : policy == "on-failure"                           ? "failure"
                                                                                   : "";
    if (on.empty()) return leave(from, "ignored");
    put(put(to, "restart", table_at(from.at)), "on", text_at(from.value.at, std::string(on)));
  }

  void stop(member const& from, node& to) {
    auto const* known = find(*to.members(), "stop");
    if (known == nullptr) put(to, "stop", table_at(from.at));
    auto& into = find(*to.members(), "stop")->value;
    if (from.key == "stop_signal")
      put(into, "signal", from.value);
    else
      duration(from, into, "timeout");
  }

  std::vector<std::pair<std::string, std::string>> names_;
  std::string service_;
};

}  // namespace

result<imported> import_compose(source about) {
  auto const all = parse_yaml(about.text);
  if (!all || all->members() == nullptr) {
    mistakes told(std::vector<source const*>{&about});
    told.tell(all ? text_mistake{all->at, "this is no compose file", "services: …"} : all.error());
    return std::unexpected(told.as_error());
  }
  compose_reader in;
  auto root = in.read(*all->members());
  return imported{{std::move(about), std::move(root)}, std::move(in.not_mapped)};
}

}  // namespace ostler::config
