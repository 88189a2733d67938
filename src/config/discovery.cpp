#include "config/discovery.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "base/name.hpp"
#include "config/reader.hpp"

namespace ostler::config {
namespace {

struct candidate {
  std::string_view name;
  file_kind kind;
};
// In the order of preference.
constexpr std::array own{candidate{"ostler.toml", file_kind::ostler},
                         candidate{".config/ostler.toml", file_kind::ostler}};
constexpr std::array foreign{candidate{"compose.yaml", file_kind::compose},
                             candidate{"compose.yml", file_kind::compose},
                             candidate{"docker-compose.yaml", file_kind::compose},
                             candidate{"docker-compose.yml", file_kind::compose},
                             candidate{".devcontainer/devcontainer.json", file_kind::devcontainer},
                             candidate{".devcontainer.json", file_kind::devcontainer},
                             candidate{"Procfile.dev", file_kind::procfile},
                             candidate{"Procfile", file_kind::procfile},
                             candidate{"package.json", file_kind::package}};

std::string parent_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string joined(std::string const& directory, std::string_view name) {
  return fmt::format("{}{}{}", directory, directory.ends_with('/') ? "" : "/", name);
}

// From the working directory up to the root of its repository; without one, only the directory itself.
std::vector<std::string> directories(files const& all, std::string from) {
  std::vector<std::string> way;
  for (; from != "/"; from = parent_of(from)) {
    way.push_back(from);
    if (all.is_there(joined(from, ".git"))) return way;
  }
  if (way.size() > 1) way.resize(1);
  return way;
}

// What says of nothing how it is run is no settings: a package without the script, images alone, containers
// that are only set up.
bool counts(files const& all, candidate const& which, std::string const& path) {
  if (!all.is_there(path)) return false;
  if (which.kind == file_kind::ostler || which.kind == file_kind::procfile) return true;
  auto const text = all.read(path);
  if (!text || !*text) return false;
  auto const read = import_file(which.kind, {layer::project, path, **text});
  auto const* services = read ? find(*read->from.root.members(), "service") : nullptr;
  return services != nullptr && !services->value.members()->members.empty();
}

template <std::size_t Count>
std::optional<found_project> first_of(files const& all, std::string const& directory,
                                      std::array<candidate, Count> const& wanted) {
  for (auto const& each : wanted) {
    auto path = joined(directory, each.name);
    if (counts(all, each, path)) return found_project{directory, found_file{each.kind, std::move(path)}};
  }
  return std::nullopt;
}

std::string tidy(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

// The file that was named, whatever else there is.
result<found_project> named_project(std::string const& working_directory, std::string const& file) {
  auto const path = file.starts_with('/') ? file : joined(working_directory, file);
  auto const kind = kind_of_file(path);
  if (!kind)
    return fail(error_code::value_unknown,
                fmt::format("{} is no file of settings; allowed: *.toml, compose*.yaml, devcontainer.json, "
                            "Procfile, Procfile.*, "
                            "package.json",
                            in_quotes(file)));
  auto directory = parent_of(path);
  if (directory.ends_with("/.config") && *kind == file_kind::ostler) directory = parent_of(directory);
  if (directory.ends_with("/.devcontainer") && *kind == file_kind::devcontainer)
    directory = parent_of(directory);
  return found_project{std::move(directory), found_file{*kind, path}};
}

class loader {
 public:
  loader(files const& all, load_request request) : all_(all), request_(std::move(request)) {}

  result<loaded_project> load() {
    auto from = origin();
    if (!from) return std::unexpected(from.error());
    loaded_project out{*std::move(from), {}, {}};
    if (!request_.user_directory.empty())
      if (auto done = add_toml(layer::user, joined(request_.user_directory, "config.toml")); !done)
        return std::unexpected(done.error());
    if (request_.given) layers_.push_back(*std::move(request_.given));
    if (out.from.file)
      if (auto done = add_found(*out.from.file, out.not_mapped); !done) return std::unexpected(done.error());
    if (out.from.directory != "/")
      if (auto done = add_toml(layer::local, joined(out.from.directory, "ostler.local.toml")); !done)
        return std::unexpected(done.error());
    std::ranges::move(request_.settings, std::back_inserter(layers_));
    auto what = read_project(std::move(layers_), {std::move(request_.plugins)});
    if (!what) return std::unexpected(what.error());
    out.what = *std::move(what);
    return out;
  }

 private:
  result<found_project> origin() const {
    auto const directory = tidy(request_.working_directory);
    if (request_.given) return found_project{directory, std::nullopt};
    if (!request_.file.empty()) return named_project(directory, request_.file);
    return discover(all_, directory);
  }

  // There need not be one.
  result<void> add_toml(layer from, std::string const& path) {
    auto text = all_.read(path);
    if (!text) return std::unexpected(text.error());
    if (!*text) return {};
    auto read = parse_document({from, path, **std::move(text)});
    if (!read) return std::unexpected(read.error());
    layers_.push_back(*std::move(read));
    return {};
  }

  result<void> add_found(found_file const& file, std::vector<left_out>& not_mapped) {
    auto text = all_.read(file.path);
    if (!text) return std::unexpected(text.error());
    if (!*text)
      return fail(error_code::file_unknown, fmt::format("there is no file {}", in_quotes(file.path)));
    auto read = import_file(file.kind, {layer::project, file.path, **std::move(text)});
    if (!read) return std::unexpected(read.error());
    layers_.push_back(std::move(read->from));
    not_mapped = std::move(read->not_mapped);
    return {};
  }

  files const& all_;
  load_request request_;
  std::vector<document> layers_;
};

}  // namespace

found_project discover(files const& all, std::string_view from) {
  auto const way = directories(all, tidy(from));
  for (auto const& each : way)
    if (auto found = first_of(all, each, own)) return *std::move(found);
  for (auto const& each : way)
    if (auto found = first_of(all, each, foreign)) return *std::move(found);
  return {way.empty() ? std::string("/") : way.back(), std::nullopt};
}

result<loaded_project> load(files const& all, load_request request) {
  return loader(all, std::move(request)).load();
}

}  // namespace ostler::config
