#include "cli/verbs/targets.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "base/name.hpp"
#include "config/discovery.hpp"
#include "config/disk.hpp"
#include "operations/instance_operations.hpp"
#include "operations/shown.hpp"

namespace ostler::cli {
namespace {

using operations::instance;

std::string names_of(std::span<instance const* const> some) {
  std::string out;
  for (auto const* one : some) out += fmt::format("{}{}", out.empty() ? "" : "\n", one->name);
  return out;
}

result<instance> only_one(std::vector<instance const*> const& found, std::string_view ambiguous) {
  if (found.size() == 1) return *found.front();
  return fail(error_code::usage, std::string(ambiguous), names_of(found));
}

result<instance> choose_unnamed(std::span<instance const> all, wish const& which) {
  std::vector<instance const*> of_project;
  for (auto const& one : all) {
    if (!which.inside.empty() && (one.name == which.inside || one.id.text() == which.inside)) return one;
    if (one.project == which.project) of_project.push_back(&one);
  }
  if (of_project.empty())
    return fail(error_code::instance_unknown,
                fmt::format("there is no instance of the project in {}", which.project), {},
                {"ostler up", "ostler ls -a"});
  return only_one(of_project, "this project has several instances; say which one is meant");
}

}  // namespace

result<instance> choose(std::span<instance const> all, wish const& which) {
  if (which.name.empty()) return choose_unnamed(all, which);
  std::vector<instance const*> begin_so;
  for (auto const& one : all) {
    if (one.name == which.name || one.id.text() == which.name) return one;
    if (one.name.starts_with(which.name)) begin_so.push_back(&one);
  }
  if (!begin_so.empty() && which.how == naming::beginning)
    return only_one(begin_so, fmt::format("{} is the beginning of several names", in_quotes(which.name)));
  std::vector<std::string_view> names;
  for (auto const& one : all) names.push_back(one.name);
  return fail(error_code::instance_unknown,
              fmt::format("there is no instance {}{}", in_quotes(which.name),
                          operations::did_you_mean(which.name, names)),
              {}, {"ostler ls -a"});
}

std::string project_directory(context const& with) {
  config::disk const files;
  return config::discover(files, with.directory()).directory;
}

result<std::vector<instance>> all_instances(context& with) {
  std::vector<instance> out;
  operations::instance_filter filter;
  for (;;) {
    auto page = with.ask<operations::instances_list>(filter);
    if (!page) return std::unexpected(page.error());
    bool const last = page->instances.empty() || page->instances.size() < filter.limit;
    for (auto& one : page->instances) out.push_back(std::move(one));
    if (last) return out;
    filter.after = out.back().name;
  }
}

result<instance> find_instance(context& with, std::string const& name, naming how) {
  auto const all = all_instances(with);
  if (!all) return std::unexpected(all.error());
  return choose(*all, {.name = name,
                       .project = project_directory(with),
                       .inside = with.around().variable("OSTLER_INSTANCE").value_or(""),
                       .how = how});
}

}  // namespace ostler::cli
