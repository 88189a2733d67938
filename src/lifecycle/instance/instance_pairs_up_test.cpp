// All pairs of an instance that is not started, is starting or runs, and an event.

#include <gtest/gtest.h>

#include "lifecycle/instance/test/pairs_table.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::string_view expected = R"(
defined
  start asked; restart asked -> resolving-project: **resolve project**, instance.starting
  stop asked -> defined: ignored: already wanted stopped
  stop asked, force; recovered; contact closed -> defined: noted
  delete asked; delete asked, force -> deleted: instance.deleted
  attention set -> defined: attention.changed
  turn granted -> defined: ignored: no turn asked for
  tick, due; tick, early -> defined: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> defined: ignored: stale answer
  resource made -> defined: ignored: late answer for a released resource
  resource removed -> defined: ignored: released already
  contact made; contact interrupted; contact lost -> defined: ignored: no connection is wanted
  contact failed -> defined: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> defined: ignored: a report of another keeper
  place doubted -> defined: ignored: there is no place
  spec changed -> defined: instance.changed
waiting-for-turn
  start asked -> waiting-for-turn: ignored: already wanted running
  stop asked; stop asked, force -> stopped: **return turn**, instance.stopped
  restart asked -> resolving-project: **resolve project**, instance.phase
  delete asked; delete asked, force -> deleted: **return turn**, instance.deleted
  attention set -> waiting-for-turn: attention.changed
  recovered -> waiting-for-turn: **ask turn**
  turn granted -> preparing: intent directory, **make directory**, instance.phase
  tick, due; tick, early -> waiting-for-turn: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> waiting-for-turn: ignored: stale answer
  resource made -> waiting-for-turn: ignored: late answer for a released resource
  resource removed -> waiting-for-turn: ignored: released already
  contact made; contact interrupted; contact lost -> waiting-for-turn: ignored: no connection is wanted
  contact failed -> waiting-for-turn: ignored: no connection is being made
  contact closed -> waiting-for-turn: noted
  services reported, ready; services reported, in error; services reported, stopped -> waiting-for-turn: ignored: a report of another keeper
  place doubted -> waiting-for-turn: ignored: there is no place
  spec changed -> waiting-for-turn: instance.changed
looking
  start asked -> looking: ignored: already wanted running
  stop asked; stop asked, force -> stopped: **cancel**, instance.stopped
  restart asked -> looking: **cancel**, **inspect**
  delete asked -> tearing-down: **cancel**, **remove directory**, instance.stopping
  delete asked, force -> tearing-down: **cancel**, **remove directory (force)**, instance.stopping
  attention set -> looking: attention.changed
  recovered -> looking: **inspect**
  turn granted -> looking: ignored: no turn asked for
  tick, due -> looking: **cancel**
  tick, early -> looking: ignored: nothing is due
  project resolved; workspace resolved; resource existed -> looking: ignored: stale answer
  resource made -> looking: ignored: held already
  resource removed -> looking: ignored: its removal was not ordered
  hook done -> looking: ignored: no hook is under way
  step failed; contact closed; place doubted -> looking: noted
  step failed for good -> start-failed: instance.failed
  inspected, all is there; inspected, the keeper is gone -> resolving-project: **resolve project**, instance.phase
  inspected, the place is gone -> lost: released directory, resource.released, instance.failed
  contact made; contact interrupted; contact lost -> looking: ignored: no connection is wanted
  contact failed -> looking: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> looking: ignored: a report of another keeper
  spec changed -> looking: instance.changed
resolving-project
  start asked -> resolving-project: ignored: already wanted running
  stop asked; stop asked, force -> stopped: **cancel**, instance.stopped
  restart asked -> resolving-project: **cancel**, **resolve project**
  delete asked; delete asked, force -> deleted: **cancel**, instance.deleted
  attention set -> resolving-project: attention.changed
  recovered -> resolving-project: **resolve project**
  turn granted -> resolving-project: ignored: no turn asked for
  tick, due -> resolving-project: **cancel**
  tick, early -> resolving-project: ignored: nothing is due
  project resolved -> resolving-workspace: **resolve workspace**, instance.phase
  workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> resolving-project: ignored: stale answer
  resource made -> resolving-project: ignored: late answer for a released resource
  resource removed -> resolving-project: ignored: released already
  hook done -> resolving-project: ignored: no hook is under way
  step failed; contact closed -> resolving-project: noted
  step failed for good -> start-failed: instance.failed
  contact made; contact interrupted; contact lost -> resolving-project: ignored: no connection is wanted
  contact failed -> resolving-project: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> resolving-project: ignored: a report of another keeper
  place doubted -> resolving-project: ignored: there is no place
  spec changed -> resolving-project: instance.changed
resolving-workspace
  start asked -> resolving-workspace: ignored: already wanted running
  stop asked; stop asked, force -> stopped: **cancel**, instance.stopped
  restart asked -> resolving-project: **cancel**, **resolve project**, instance.phase
  delete asked; delete asked, force -> deleted: **cancel**, instance.deleted
  attention set -> resolving-workspace: attention.changed
  recovered -> resolving-workspace: **resolve workspace**
  turn granted -> resolving-workspace: ignored: no turn asked for
  tick, due -> resolving-workspace: **cancel**
  tick, early -> resolving-workspace: ignored: nothing is due
  project resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> resolving-workspace: ignored: stale answer
  workspace resolved -> waiting-for-turn: **ask turn**, instance.phase
  resource made -> resolving-workspace: ignored: late answer for a released resource
  resource removed -> resolving-workspace: ignored: released already
  hook done -> resolving-workspace: ignored: no hook is under way
  step failed; contact closed -> resolving-workspace: noted
  step failed for good -> start-failed: instance.failed
  contact made; contact interrupted; contact lost -> resolving-workspace: ignored: no connection is wanted
  contact failed -> resolving-workspace: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> resolving-workspace: ignored: a report of another keeper
  place doubted -> resolving-workspace: ignored: there is no place
  spec changed -> resolving-workspace: instance.changed
preparing
  start asked -> preparing: ignored: already wanted running
  stop asked; stop asked, force; restart asked; delete asked; delete asked, force -> cancelling: instance.stopping
  attention set -> preparing: attention.changed
  recovered; resource existed -> looking: **inspect**, instance.phase
  turn granted -> preparing: ignored: no turn asked for
  tick, due -> preparing: **cancel**
  tick, early -> preparing: ignored: nothing is due
  project resolved; workspace resolved; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> preparing: ignored: stale answer
  resource made -> preparing: held directory, intent container, **make container**, resource.allocated
  resource removed -> preparing: ignored: its removal was not ordered
  hook done -> preparing: ignored: no hook is under way
  step failed; contact closed; place doubted -> preparing: noted
  step failed for good -> tearing-down: **remove directory**, **return turn**, instance.stopping
  contact made; contact interrupted; contact lost -> preparing: ignored: no connection is wanted
  contact failed -> preparing: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> preparing: ignored: a report of another keeper
  spec changed -> preparing: instance.changed
launching
  start asked -> launching: ignored: already wanted running
  stop asked; stop asked, force; restart asked; delete asked; delete asked, force -> cancelling: instance.stopping
  attention set -> launching: attention.changed
  recovered; resource existed -> looking: **inspect**, instance.phase
  turn granted -> launching: ignored: no turn asked for
  tick, due -> launching: **cancel**
  tick, early -> launching: ignored: nothing is due
  project resolved; workspace resolved; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> launching: ignored: stale answer
  resource made -> connecting: held keeper, **open link**, resource.allocated, instance.phase
  resource removed -> launching: ignored: its removal was not ordered
  hook done -> launching: ignored: no hook is under way
  step failed; contact closed; place doubted -> launching: noted
  step failed for good -> stopping-keeper: **stop keeper keeper**, **return turn**, instance.stopping
  contact made; contact interrupted; contact lost -> launching: ignored: no connection is wanted
  contact failed -> launching: ignored: no connection is being made
  services reported, ready -> launching: service.ready
  services reported, in error -> launching: service.error
  services reported, stopped -> launching: service.stopped
  spec changed -> launching: instance.changed
connecting
  start asked -> connecting: ignored: already wanted running
  stop asked; restart asked; delete asked -> disconnecting: **cancel**, **close link**, **return turn**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, **return turn**, instance.stopping
  attention set -> connecting: attention.changed
  recovered -> looking: **inspect**, instance.phase
  turn granted -> connecting: ignored: no turn asked for
  tick, due -> connecting: **cancel**
  tick, early -> connecting: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> connecting: ignored: stale answer
  resource made -> connecting: ignored: held already
  resource removed -> connecting: ignored: its removal was not ordered
  hook done -> connecting: ignored: no hook is under way
  step failed; contact failed; contact closed; place doubted -> connecting: noted
  step failed for good -> disconnecting: **close link**, **return turn**, instance.stopping
  contact made -> connected: **run after-connected**, link.registered, instance.connected, instance.phase
  contact interrupted -> connecting: link.reconnecting
  contact lost -> connecting: link.reconnect_failed
  services reported, ready -> connecting: service.ready
  services reported, in error -> connecting: service.error
  services reported, stopped -> connecting: service.stopped
  spec changed -> connecting: instance.changed
connected, hook
  start asked -> connected: ignored: already wanted running
  stop asked; restart asked; delete asked -> disconnecting: **cancel**, **close link**, **return turn**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, **return turn**, instance.stopping
  attention set -> connected: attention.changed
  recovered -> looking: **inspect**, instance.phase
  turn granted -> connected: ignored: no turn asked for
  tick, due -> connected: **cancel**
  tick, early -> connected: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> connected: ignored: stale answer
  resource made -> connected: ignored: held already
  resource removed -> connected: ignored: its removal was not ordered
  hook done -> connected: **start services**
  step failed; contact closed; place doubted -> connected: noted
  step failed for good -> disconnecting: **close link**, **return turn**, instance.stopping
  contact made -> connected: link.registered, instance.connected
  contact interrupted -> connected: link.reconnecting
  contact lost -> connected: link.reconnect_failed
  contact failed -> connected: ignored: no connection is being made
  services reported, ready -> connected: service.ready
  services reported, in error -> connected: service.error
  services reported, stopped -> connected: service.stopped
  spec changed -> connected: instance.changed
connected, services
  start asked -> connected: ignored: already wanted running
  stop asked; restart asked; delete asked -> before-close: **cancel**, **run before-close**, **return turn**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, **return turn**, instance.stopping
  attention set -> connected: attention.changed
  recovered -> looking: **inspect**, instance.phase
  turn granted -> connected: ignored: no turn asked for
  tick, due -> connected: **cancel**
  tick, early -> connected: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> connected: ignored: stale answer
  resource made -> connected: ignored: held already
  resource removed -> connected: ignored: its removal was not ordered
  hook done; step failed; contact closed; place doubted -> connected: noted
  step failed for good -> before-close: **run before-close**, **return turn**, instance.stopping
  contact made -> connected: link.registered, instance.connected
  contact interrupted -> connected: link.reconnecting
  contact lost -> connected: link.reconnect_failed
  contact failed -> connected: ignored: no connection is being made
  services reported, ready -> running: **return turn**, service.ready, instance.running
  services reported, in error -> before-close: **run before-close**, **return turn**, service.error, instance.stopping
  services reported, stopped -> connected: service.stopped
  spec changed -> connected: **cancel**, **apply services**, instance.changed
running
  start asked -> running: ignored: already wanted running
  stop asked; restart asked; delete asked -> before-close: **run before-close**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **close link (force)**, instance.stopping
  attention set -> running: attention.changed
  recovered; place doubted -> running: **inspect**
  turn granted -> running: ignored: no turn asked for
  tick, due; tick, early -> running: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> running: ignored: stale answer
  resource made -> running: ignored: held already
  resource removed -> running: ignored: its removal was not ordered
  contact made -> running: **start services**, link.registered
  contact interrupted -> running: **inspect**, link.reconnecting
  contact lost -> running: **inspect**, link.reconnect_failed
  contact failed -> running: ignored: no connection is being made; **open link**
  contact closed -> running: **open link**
  services reported, ready -> running: noted
  services reported, in error -> running: service.error
  services reported, stopped -> running: service.stopped
  spec changed -> running: **apply services**, instance.changed
running, changed
  start asked -> running: ignored: already wanted running
  stop asked; restart asked; delete asked -> before-close: **cancel**, **run before-close**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, instance.stopping
  attention set -> running: attention.changed
  recovered -> running: **inspect**
  turn granted -> running: ignored: no turn asked for
  tick, due -> running: **cancel**
  tick, early -> running: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> running: ignored: stale answer
  resource made -> running: ignored: held already
  resource removed -> running: ignored: its removal was not ordered
  hook done -> running: instance.applied
  step failed; step failed for good; contact closed; place doubted -> running: noted
  contact made -> running: link.registered
  contact interrupted -> running: link.reconnecting
  contact lost -> running: link.reconnect_failed
  contact failed -> running: ignored: no connection is being made
  services reported, ready -> running: service.ready
  services reported, in error -> running: service.error, service.error
  services reported, stopped -> running: service.stopped, service.stopped
  spec changed -> running: ignored: it is so already
running, reconnecting
  start asked -> running: ignored: already wanted running
  stop asked; restart asked; delete asked -> disconnecting: **cancel**, **close link**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, instance.stopping
  attention set -> running: attention.changed
  recovered -> running: **inspect**
  turn granted -> running: ignored: no turn asked for
  tick, due -> running: **cancel**
  tick, early -> running: ignored: nothing is due
  project resolved; workspace resolved; resource existed -> running: ignored: stale answer
  resource made -> running: ignored: held already
  resource removed -> running: ignored: its removal was not ordered
  hook done -> running: ignored: no hook is under way
  step failed; step failed for good; inspected, all is there; contact closed; services reported, ready; place doubted -> running: noted
  inspected, the keeper is gone -> waiting-for-turn: **close link**, **ask turn**, service.not_ready, instance.starting
  inspected, the place is gone -> disconnecting: released directory, **close link**, resource.released, instance.stopping
  contact made -> running: link.registered
  contact interrupted -> running: link.reconnecting
  contact lost -> running: link.reconnect_failed
  contact failed -> running: ignored: no connection is being made
  services reported, in error -> running: service.error
  services reported, stopped -> running: service.stopped
  spec changed -> running: instance.changed
running, lost contact
  start asked -> running: ignored: already wanted running
  stop asked; restart asked; delete asked -> disconnecting: **cancel**, **close link**, instance.stopping
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**, instance.stopping
  attention set -> running: attention.changed
  recovered -> running: **inspect**
  turn granted -> running: ignored: no turn asked for
  tick, due -> running: **cancel**
  tick, early -> running: ignored: nothing is due
  project resolved; workspace resolved; resource existed -> running: ignored: stale answer
  resource made -> running: ignored: held already
  resource removed -> running: ignored: its removal was not ordered
  hook done -> running: ignored: no hook is under way
  step failed; step failed for good; contact closed; services reported, ready; place doubted -> running: noted
  inspected, all is there -> running: **open link**
  inspected, the keeper is gone -> waiting-for-turn: **close link**, **ask turn**, service.not_ready, instance.starting
  inspected, the place is gone -> disconnecting: released directory, **close link**, resource.released, instance.stopping
  contact made -> running: link.registered
  contact interrupted -> running: link.reconnecting
  contact lost -> running: link.reconnect_failed
  contact failed -> running: ignored: no connection is being made
  services reported, in error -> running: service.error
  services reported, stopped -> running: service.stopped
  spec changed -> running: instance.changed
)";

TEST(instance_pairs, up) {
  using enum instance_state;
  expect_pairs({defined, starting, running}, expected);
}

}  // namespace
}  // namespace ostler::lifecycle
