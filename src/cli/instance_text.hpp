// Instances as people read them: the table of `ls`, the page of `status`, and the few words both share. The
// sentence of an instance is always the daemon's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "cli/screen.hpp"
#include "cli/table.hpp"
#include "operations/event_values.hpp"
#include "operations/instance_values.hpp"
#include "operations/log_values.hpp"

namespace ostler::cli {

// It serves: it is running, nothing of it is broken or out of sight, and every service is ready or, of tasks,
// done.
bool is_ready(operations::instance const& what);
// The URL that is shown: that of the first ready service that has one, else of the first that has one.
std::string url_of(operations::instance const& what);
role role_of(operations::instance_state state);
role role_of(operations::service_state state);

enum class ls_columns : std::uint8_t { usual, wide };
std::string instance_table(std::span<operations::instance const> all, wall_time now, ls_columns which,
                           channel const& where);
// "5 instances: 3 running, 1 starting, 1 error · 1 waits for you"
std::string counts_line(std::span<operations::instance const> all);

// What `status` shows beside the instance; newest last.
struct status_extras {
  std::vector<operations::event> events;
  std::vector<operations::log_line> lines;
};
std::string status_page(operations::instance const& what, status_extras const& extras, wall_time now,
                        channel const& where);
std::string event_line(operations::event const& what, channel const& where);

}  // namespace ostler::cli
