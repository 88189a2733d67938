#include "cli/completion.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <vector>

#include "base/name.hpp"
#include "cli/definitions.hpp"

namespace ostler::cli {
namespace {

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> out;
  for (auto const& one : all_verbs()) {
    auto const word = one.name.substr(0, one.name.find(' '));
    if (one.in != group::hidden && std::ranges::find(out, word) == out.end()) out.push_back(word);
  }
  return out;
}

std::string joined(std::vector<std::string_view> const& words) {
  std::string out;
  for (auto const& word : words) out += fmt::format("{}{}", out.empty() ? "" : " ", word);
  return out;
}

std::string second_words(std::string_view noun) {
  std::string out;
  for (auto const* one : verbs_below(noun))
    out += fmt::format("{}{}", out.empty() ? "" : " ", one->name.substr(noun.size() + 1));
  return out;
}

std::string options_of(std::span<option const> options) {
  std::string out;
  for (auto const& one : options) out += fmt::format(" --{}", one.name);
  return out;
}

std::string_view kind_word(completes what) {
  switch (what) {
    case completes::instances: return "instances";
    case completes::services: return "services";
    case completes::files: return "files";
    case completes::directories: return "directories";
    case completes::verbs: return "verbs";
    case completes::nothing: return "nothing";
  }
  return {};
}

std::string values_of(option const& one) {
  std::string out(one.words);
  std::ranges::replace(out, '|', ' ');
  return out;
}

// Both shells of the Bourne kind share this: what may stand at a place, as words of the table.
std::string bourne_cases() {
  std::string out = "  case \"$verb\" in\n";
  for (auto const& one : all_verbs()) {
    if (one.in == group::hidden) continue;
    out += fmt::format("    '{}') options='{}'; first='{}'; rest='{}' ;;\n", one.name,
                       options_of(one.options), kind_word(one.first), kind_word(one.rest));
  }
  out += "  esac\n  case \"$before\" in\n";
  auto const add_values = [&](std::span<option const> options) {
    for (auto const& one : options) {
      if (!one.words.empty()) out += fmt::format("    --{}) values='{}' ;;\n", one.name, values_of(one));
      if (one.words.empty() && one.takes_value())
        out += fmt::format("    --{}) kind='{}' ;;\n", one.name, kind_word(one.with));
    }
  };
  add_values(global_options());
  std::vector<option> told;
  for (auto const& one : all_verbs())
    for (auto const& each : one.options)
      if (std::ranges::find(told, each.name, &option::name) == told.end()) told.push_back(each);
  add_values(told);
  out += "  esac\n";
  return out;
}

std::string nouns_case() {
  std::string out;
  for (auto const& word : first_words())
    if (!verbs_below(word).empty()) out += fmt::format("{}{}", out.empty() ? "" : "|", word);
  return out;
}

std::string second_word_cases() {
  std::string out;
  for (auto const& word : first_words())
    if (!verbs_below(word).empty()) out += fmt::format("      {}) echo '{}' ;;\n", word, second_words(word));
  return out;
}

constexpr std::string_view bourne_body = R"(  if [ -n "$values" ]; then echo "$values"; return; fi
  case "$current" in -*) echo "$options$everywhere"; return ;; esac
  if [ -z "$kind" ]; then
    if [ "$operands" -eq 0 ]; then kind="$first"; else kind="$rest"; fi
  fi
  case "$kind" in
    instances) ostler __complete instances 2>/dev/null ;;
    services) ostler __complete services "$instance" 2>/dev/null ;;
    verbs) echo "$verbs" ;;
    files|directories) echo ":$kind" ;;
  esac
)";

// _ostler_words CURRENT WORD...: prints what may stand there; ":files" for files.
std::string bourne_words() {
  auto out = fmt::format(
      "_ostler_words() {{\n"
      "  local verbs='{}' everywhere='{}'\n"
      "  local verb='' noun='' instance='' operands=0 options='' first='nothing' rest='nothing' values='' "
      "kind='' "
      "before='' word current=\"$1\"\n"
      "  shift\n"
      "  for word in \"$@\"; do\n"
      "    before=\"$word\"\n"
      "    case \"$word\" in -*) continue ;; esac\n"
      "    if [ -n \"$verb\" ]; then operands=$((operands + 1)); [ -n \"$instance\" ] || instance=\"$word\"; "
      "continue; fi\n"
      "    if [ -n \"$noun\" ]; then verb=\"$noun $word\"; continue; fi\n"
      "    case \"$word\" in {}) noun=\"$word\" ;; *) verb=\"$word\" ;; esac\n"
      "  done\n"
      "  if [ -z \"$verb\" ]; then\n"
      "    case \"$current\" in -*) echo \"$everywhere\"; return ;; esac\n"
      "    case \"$noun\" in\n{}      *) echo \"$verbs\" ;;\n    esac\n"
      "    return\n"
      "  fi\n",
      joined(first_words()), options_of(global_options()), nouns_case(), second_word_cases());
  return out + bourne_cases() + std::string(bourne_body) + "}\n";
}

std::string bash_script() {
  return bourne_words() + R"(_ostler() {
  local words
  words=$(_ostler_words "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
  case "$words" in
    :files) mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}") ;;
    :directories) mapfile -t COMPREPLY < <(compgen -d -- "${COMP_WORDS[COMP_CWORD]}") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}") ;;
  esac
}
complete -F _ostler ostler
)";
}

std::string zsh_script() {
  return "#compdef ostler\n" + bourne_words() + R"(_ostler() {
  local found
  found=$(_ostler_words "${words[CURRENT]}" "${(@)words[2,CURRENT-1]}")
  case "$found" in
    :files) _files ;;
    :directories) _files -/ ;;
    *) compadd -- ${=found} ;;
  esac
}
# As a file in fpath this is the body of the function itself, and the first call is already one that asks.
if [ "${funcstack[1]}" = "_ostler" ]; then _ostler "$@"; else compdef _ostler ostler; fi
)";
}

std::string in_fish(std::string_view text) {
  std::string out = "'";
  for (char const c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_option(std::string_view when, option const& one) {
  auto out = fmt::format("complete -c ostler{} -l {}", when, one.name);
  if (one.letter != 0) out += fmt::format(" -s {}", one.letter);
  if (one.takes_value())
    out += one.with == completes::files || one.with == completes::directories ? " -rF" : " -x";
  if (!one.words.empty()) out += fmt::format(" -a '{}'", values_of(one));
  return out + fmt::format(" -d {}\n", in_fish(one.about));
}

std::string fish_operands(std::string_view when, completes what) {
  if (what == completes::instances)
    return fmt::format("complete -c ostler{} -a '(ostler __complete instances 2>/dev/null)'\n", when);
  if (what == completes::files) return fmt::format("complete -c ostler{} -F\n", when);
  return {};
}

std::string fish_script() {
  std::string out = "complete -c ostler -f\n";
  for (auto const& one : global_options()) out += fish_option("", one);
  for (auto const& word : first_words()) {
    auto const* found = find_verb(word);
    out += fmt::format("complete -c ostler -n __fish_use_subcommand -a {} -d {}\n", word,
                       in_fish(found != nullptr ? found->about : second_words(word)));
    for (auto const* below : verbs_below(word))
      out += fmt::format("complete -c ostler -n '__fish_seen_subcommand_from {}' -a {} -d {}\n", word,
                         below->name.substr(word.size() + 1), in_fish(below->about));
  }
  for (auto const& one : all_verbs()) {
    if (one.in == group::hidden) continue;
    auto const last =
        one.name.substr(one.name.rfind(' ') == std::string_view::npos ? 0 : one.name.rfind(' ') + 1);
    auto const noun = one.name.substr(0, one.name.find(' '));
    auto const when =
        last == noun ? fmt::format(" -n '__fish_seen_subcommand_from {}'", last)
                     : fmt::format(" -n '__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}'",
                                   noun, last);
    for (auto const& each : one.options) out += fish_option(when, each);
    out += fish_operands(when, one.first);
  }
  return out;
}

}  // namespace

result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return fail(error_code::usage,
              fmt::format("there is no completion for {}; there is: bash, zsh, fish", in_quotes(shell)), {},
              {"ostler completion bash"});
}

}  // namespace ostler::cli
