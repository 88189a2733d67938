// Every verb's function. A verb gives its exit code, or the error that is then shown and says the code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"

namespace ostler::cli {

using verb_function = result<int> (*)(context& with);

result<int> up(context& with);
result<int> down(context& with);
result<int> start(context& with);
result<int> stop(context& with);
result<int> restart(context& with);
result<int> wait(context& with);
result<int> prune(context& with);
result<int> ls(context& with);
result<int> status(context& with);
result<int> logs(context& with);
result<int> events(context& with);
result<int> port(context& with);
result<int> diff(context& with);
result<int> leaks(context& with);
result<int> exec(context& with);
result<int> shell(context& with);
result<int> attach(context& with);
result<int> init(context& with);
result<int> import(context& with);
result<int> trust(context& with);
result<int> config_show(context& with);
result<int> config_check(context& with);
result<int> config_path(context& with);
result<int> config_schema(context& with);
result<int> provider_ls(context& with);
result<int> provider_info(context& with);
result<int> provider_test(context& with);
result<int> daemon_run(context& with);
result<int> daemon_start(context& with);
result<int> daemon_stop(context& with);
result<int> daemon_status(context& with);
result<int> daemon_logs(context& with);
result<int> daemon_install(context& with);
result<int> doctor(context& with);
result<int> completion(context& with);
result<int> version(context& with);
result<int> help(context& with);
result<int> complete(context& with);
result<int> man(context& with);
result<int> unit_for_packages(context& with);

// Null when the table of verbs has one that nobody carries out; a test looks for that.
verb_function function_of(std::string_view name);

// The whole program but for its main(): parses, does, shows what went wrong.
int run(surroundings around, std::vector<std::string> const& words);

}  // namespace ostler::cli
