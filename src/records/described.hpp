// Which fields of the lifecycle's values are written down. Their names are the keys in the journal, so
// renaming one is a migration; records_test.cpp holds samples of every shape that was ever written.
//
// The counts are asserted: a field that is added to a journalled struct and forgotten here would be lost at
// the next start of the daemon, so it does not compile.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <boost/pfr.hpp>

#include "lifecycle/fleet/fleet.hpp"

namespace ostler {

BOOST_DESCRIBE_STRUCT(error, (), (code, message, detail, hints))

namespace lifecycle {

BOOST_DESCRIBE_ENUM(goal, running, stopped, deleted)
BOOST_DESCRIBE_ENUM(lifetime, instance, run)
BOOST_DESCRIBE_ENUM(attention_kind, none, needs_decision, review, idle)
BOOST_DESCRIBE_ENUM(phase, defined, waiting_for_turn, looking, resolving_project, resolving_workspace,
                    preparing, launching, connecting, connected, running, cancelling, before_close,
                    stopping_services, disconnecting, stopping_keeper, tearing_down, stopped, start_failed,
                    lost, stop_failed, delete_failed, deleted)

BOOST_DESCRIBE_STRUCT(service_spec, (), (name, port_wanted, port, required, task, open))
BOOST_DESCRIBE_STRUCT(instance_spec, (),
                      (name, provider, project, services, after_connected_hook, before_close_hook,
                       keep_on_error, settings))
BOOST_DESCRIBE_STRUCT(resource_wish, (), (kind, label, life, amount))
BOOST_DESCRIBE_STRUCT(journalled_resource, (),
                      (id, wish, name, held, provider_id, start_number, generation, removal_ordered,
                       call_in_the_air, dead))
BOOST_DESCRIBE_STRUCT(resource, (journalled_resource), ())
BOOST_DESCRIBE_STRUCT(service_view, (),
                      (name, state, ready, port, message, error, restarting, run, exited_run, exited_how,
                       restarts))
BOOST_DESCRIBE_STRUCT(failure, (), (why, ending, taking_back))
BOOST_DESCRIBE_STRUCT(attention, (), (kind, text, since))
BOOST_DESCRIBE_STRUCT(journalled_instance, (),
                      (id, spec, request_key, created, wanted, actor, force, bounce, failed, now, since,
                       start_number, generation, resources_made, project_resolved, workspace_resolved,
                       after_connected_done, before_close_done, wishes, resources, services, services_seq,
                       spec_version, keeper_spec_version, trouble, needs))
BOOST_DESCRIBE_STRUCT(fleet_event, (), (seq, time, instance, subject, type, actor, from, to, message, reason))

namespace detail {
template <class T> consteval bool all_described() {
  return boost::mp11::mp_size<boost::describe::describe_members<T, boost::describe::mod_public>>::value ==
         boost::pfr::tuple_size_v<T>;
}
static_assert(all_described<error>());
static_assert(all_described<service_spec>());
static_assert(all_described<instance_spec>());
static_assert(all_described<resource_wish>());
static_assert(all_described<journalled_resource>());
static_assert(all_described<service_view>());
static_assert(all_described<failure>());
static_assert(all_described<attention>());
static_assert(all_described<journalled_instance>());
static_assert(all_described<fleet_event>());
static_assert(boost::mp11::mp_size<boost::describe::describe_enumerators<phase>>::value ==
              static_cast<std::size_t>(phase::deleted) + 1);
}  // namespace detail

}  // namespace lifecycle
}  // namespace ostler
