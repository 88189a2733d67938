// The list of all operations, and what must hold for every one of them.
//
// As types, for whoever binds a function to each; as data, for whoever makes a view of all.
#pragma once

#include <boost/mp11.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "operations/agent_operations.hpp"
#include "operations/daemon_operations.hpp"
#include "operations/file_operations.hpp"
#include "operations/instance_operations.hpp"
#include "operations/log_operations.hpp"
#include "operations/operation.hpp"
#include "operations/session_operations.hpp"

namespace ostler::operations {

// In the order in which they are printed, which is for ever: lists of tools must not change without a reason.
using all_operations = boost::mp11::mp_list<
    instances_list, instances_create, instances_get, instances_update, instances_delete, instances_start,
    instances_stop, instances_restart, instances_wait, services_list, services_start, services_stop,
    services_restart, logs_read, events_list, events_subscribe, exec_start, exec_read, exec_kill,
    terminals_open, terminals_attach, terminals_resize, terminals_close, sessions_list, files_read,
    files_write, files_list, files_stat, files_make, files_remove, files_move, files_pack, files_unpack,
    ports_list, ports_forward, agents_connect, agents_list, agents_get, agents_status, agents_is_healthy,
    agents_count, agents_health_check, agents_start, agents_stop, agents_stop_all, agents_heartbeat,
    agents_report_error, agents_subscribe, providers_types, providers_list, providers_get, providers_test,
    resources_list, leaks_list, leaks_remove, prune, status, doctor, metrics, health, version>;

std::span<operation_entry const> all();
// Null when there is none of this name.
operation_entry const* find_operation(std::string_view name);

// All codes that it may answer, in the order of errors.def: its own, and those that follow from what it is.
std::vector<error_code> errors_of(operation_entry const& entry);

}  // namespace ostler::operations
