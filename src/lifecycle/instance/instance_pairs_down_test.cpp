// All pairs of an instance that is stopping, at rest after it, failed or deleted, and an event.

#include <gtest/gtest.h>

#include "lifecycle/instance/test/pairs_table.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::string_view expected = R"(
cancelling
  start asked -> preparing: instance.starting
  stop asked -> cancelling: ignored: already wanted stopped
  stop asked, force; restart asked; delete asked; delete asked, force; contact closed -> cancelling: noted
  attention set -> cancelling: attention.changed
  recovered -> stopped: instance.stopped
  turn granted -> cancelling: ignored: no turn asked for
  tick, due -> stopped: **cancel**, **return turn**, instance.stopped
  tick, early -> cancelling: ignored: nothing is due
  project resolved; workspace resolved; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> cancelling: ignored: stale answer
  resource made -> stopped: held directory, **return turn**, resource.allocated, instance.stopped
  resource existed; step failed; step failed for good -> stopped: **return turn**, instance.stopped
  resource removed -> cancelling: ignored: its removal was not ordered
  hook done -> cancelling: ignored: no hook is under way
  contact made; contact interrupted; contact lost -> cancelling: ignored: no connection is wanted
  contact failed -> cancelling: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> cancelling: ignored: a report of another keeper
  place doubted -> cancelling: ignored: not on the way up
  spec changed -> cancelling: instance.changed
before-close
  start asked -> connected: **cancel**, **run after-connected**, instance.starting
  stop asked -> before-close: ignored: already wanted stopped
  stop asked, force; delete asked, force; tick, due -> disconnecting: **cancel**, **close link (force)**, instance.phase
  restart asked; delete asked; contact closed; services reported, ready -> before-close: noted
  attention set -> before-close: attention.changed
  recovered -> stopping-keeper: **stop keeper keeper**, instance.phase
  turn granted -> before-close: ignored: no turn asked for
  tick, early -> before-close: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> before-close: ignored: stale answer
  resource made -> before-close: ignored: held already
  resource removed -> before-close: ignored: its removal was not ordered
  hook done; step failed; step failed for good -> stopping-services: **stop services**, instance.phase
  contact made -> before-close: link.registered
  contact interrupted -> before-close: link.reconnecting
  contact lost -> before-close: link.reconnect_failed
  contact failed -> before-close: ignored: no connection is being made
  services reported, in error -> before-close: service.error
  services reported, stopped -> before-close: service.stopped
  place doubted -> before-close: ignored: not on the way up
  spec changed -> before-close: instance.changed
stopping-services
  start asked -> connected: **cancel**, **run after-connected**, instance.starting
  stop asked -> stopping-services: ignored: already wanted stopped
  stop asked, force; delete asked, force; tick, due -> disconnecting: **cancel**, **close link (force)**, instance.phase
  restart asked; delete asked; hook done; contact closed; services reported, ready -> stopping-services: noted
  attention set -> stopping-services: attention.changed
  recovered -> stopping-keeper: **stop keeper keeper**, instance.phase
  turn granted -> stopping-services: ignored: no turn asked for
  tick, early -> stopping-services: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> stopping-services: ignored: stale answer
  resource made -> stopping-services: ignored: held already
  resource removed -> stopping-services: ignored: its removal was not ordered
  step failed; step failed for good -> disconnecting: **close link**, instance.phase
  contact made -> stopping-services: link.registered
  contact interrupted -> stopping-services: link.reconnecting
  contact lost -> stopping-services: link.reconnect_failed
  contact failed -> stopping-services: ignored: no connection is being made
  services reported, in error -> disconnecting: **close link**, service.error, instance.phase
  services reported, stopped -> disconnecting: **close link**, service.stopped, instance.phase
  place doubted -> stopping-services: ignored: not on the way up
  spec changed -> stopping-services: instance.changed
disconnecting
  start asked -> connected: **cancel**, **run after-connected**, instance.starting
  stop asked -> disconnecting: ignored: already wanted stopped
  stop asked, force; delete asked, force -> disconnecting: **cancel**, **close link (force)**
  restart asked; delete asked; services reported, stopped -> disconnecting: noted
  attention set -> disconnecting: attention.changed
  recovered; step failed; step failed for good; contact closed -> stopping-keeper: **stop keeper keeper**, instance.phase
  turn granted -> disconnecting: ignored: no turn asked for
  tick, due -> stopping-keeper: **cancel**, **stop keeper keeper**, instance.phase
  tick, early -> disconnecting: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> disconnecting: ignored: stale answer
  resource made -> disconnecting: ignored: held already
  resource removed -> disconnecting: ignored: its removal was not ordered
  hook done -> disconnecting: ignored: no hook is under way
  contact made -> disconnecting: link.registered
  contact interrupted -> disconnecting: link.reconnecting
  contact lost -> disconnecting: link.reconnect_failed
  contact failed -> disconnecting: ignored: no connection is being made
  services reported, ready -> disconnecting: service.ready
  services reported, in error -> disconnecting: service.error
  place doubted -> disconnecting: ignored: not on the way up
  spec changed -> disconnecting: instance.changed
stopping-keeper
  start asked; stop asked, force; restart asked; delete asked; delete asked, force; contact closed; services reported, stopped -> stopping-keeper: noted
  stop asked -> stopping-keeper: ignored: already wanted stopped
  attention set -> stopping-keeper: attention.changed
  recovered -> stopping-keeper: **stop keeper keeper**
  turn granted -> stopping-keeper: ignored: no turn asked for
  tick, due -> tearing-down: **cancel**, **remove container (force)**, instance.phase
  tick, early -> stopping-keeper: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> stopping-keeper: ignored: stale answer
  resource made -> stopping-keeper: ignored: held already
  resource removed -> tearing-down: released keeper, **remove container**, resource.released, instance.phase
  hook done -> stopping-keeper: ignored: no hook is under way
  step failed; step failed for good -> tearing-down: **remove container (force)**, instance.phase
  contact made; contact interrupted; contact lost -> stopping-keeper: ignored: no connection is wanted
  contact failed -> stopping-keeper: ignored: no connection is being made
  services reported, ready -> stopping-keeper: service.ready
  services reported, in error -> stopping-keeper: service.error
  place doubted -> stopping-keeper: ignored: not on the way up
  spec changed -> stopping-keeper: instance.changed
tearing-down
  start asked; stop asked, force; restart asked; delete asked; delete asked, force; step failed; step failed for good; contact closed -> tearing-down: noted
  stop asked -> tearing-down: ignored: already wanted stopped
  attention set -> tearing-down: attention.changed
  recovered -> tearing-down: **remove container**
  turn granted -> tearing-down: ignored: no turn asked for
  tick, due -> tearing-down: **cancel**
  tick, early -> tearing-down: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> tearing-down: ignored: stale answer
  resource made -> tearing-down: ignored: held already
  resource removed -> stopped: released container, resource.released, instance.stopped
  hook done -> tearing-down: ignored: no hook is under way
  contact made; contact interrupted; contact lost -> tearing-down: ignored: no connection is wanted
  contact failed -> tearing-down: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> tearing-down: ignored: a report of another keeper
  place doubted -> tearing-down: ignored: not on the way up
  spec changed -> tearing-down: instance.changed
tearing-down, deleting
  start asked -> tearing-down: refused: invalid state: cannot start while deleting
  stop asked; stop asked, force -> tearing-down: refused: invalid state: cannot stop while deleting
  restart asked -> tearing-down: refused: invalid state: cannot restart while deleting
  delete asked -> tearing-down: ignored: already being deleted
  delete asked, force; contact closed -> tearing-down: noted
  attention set -> tearing-down: attention.changed
  recovered -> tearing-down: **remove container**
  turn granted -> tearing-down: ignored: no turn asked for
  tick, due -> tearing-down: **cancel**, **remove directory (force)**
  tick, early -> tearing-down: ignored: nothing is due
  project resolved; workspace resolved; resource existed; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> tearing-down: ignored: stale answer
  resource made -> tearing-down: ignored: held already
  resource removed -> tearing-down: released container, **remove directory**, resource.released
  hook done -> tearing-down: ignored: no hook is under way
  step failed; step failed for good -> tearing-down: **remove directory (force)**
  contact made; contact interrupted; contact lost -> tearing-down: ignored: no connection is wanted
  contact failed -> tearing-down: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> tearing-down: ignored: a report of another keeper
  place doubted -> tearing-down: ignored: not on the way up
  spec changed -> tearing-down: refused: invalid state: cannot change what it is made of while deleting
stopped
  start asked; restart asked -> looking: **inspect**, instance.starting
  stop asked -> stopped: ignored: already wanted stopped
  stop asked, force; recovered; contact closed -> stopped: noted
  delete asked -> tearing-down: **remove directory**, instance.stopping
  delete asked, force -> tearing-down: **remove directory (force)**, instance.stopping
  attention set -> stopped: attention.changed
  turn granted -> stopped: ignored: no turn asked for
  tick, due; tick, early -> stopped: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> stopped: ignored: stale answer
  resource made -> stopped: ignored: held already
  resource removed -> stopped: ignored: its removal was not ordered
  contact made; contact interrupted; contact lost -> stopped: ignored: no connection is wanted
  contact failed -> stopped: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> stopped: ignored: a report of another keeper
  place doubted -> stopped: ignored: not on the way up
  spec changed -> stopped: instance.changed
start-failed
  start asked; restart asked -> resolving-project: **resolve project**, instance.starting
  stop asked; stop asked, force -> stopped: instance.stopped
  delete asked; delete asked, force -> deleted: instance.deleted
  attention set -> start-failed: attention.changed
  recovered; contact closed -> start-failed: noted
  turn granted -> start-failed: ignored: no turn asked for
  tick, due; tick, early -> start-failed: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> start-failed: ignored: stale answer
  resource made -> start-failed: ignored: late answer for a released resource
  resource removed -> start-failed: ignored: released already
  contact made; contact interrupted; contact lost -> start-failed: ignored: no connection is wanted
  contact failed -> start-failed: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> start-failed: ignored: a report of another keeper
  place doubted -> start-failed: ignored: there is no place
  spec changed -> start-failed: instance.changed
start-failed, kept
  start asked; restart asked -> looking: **inspect**, instance.starting
  stop asked; delete asked -> stopping-keeper: **stop keeper keeper**, instance.stopping
  stop asked, force; delete asked, force -> stopping-keeper: **stop keeper keeper (force)**, instance.stopping
  attention set -> start-failed: attention.changed
  recovered; contact closed -> start-failed: noted
  turn granted -> start-failed: ignored: no turn asked for
  tick, due; tick, early -> start-failed: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> start-failed: ignored: stale answer
  resource made -> start-failed: held keeper, resource.allocated
  resource removed -> start-failed: ignored: its removal was not ordered
  contact made; contact interrupted; contact lost -> start-failed: ignored: no connection is wanted
  contact failed -> start-failed: ignored: no connection is being made
  services reported, ready -> start-failed: service.ready
  services reported, in error -> start-failed: service.error
  services reported, stopped -> start-failed: service.stopped
  place doubted -> start-failed: ignored: not on the way up
  spec changed -> start-failed: instance.changed
lost
  start asked; restart asked -> resolving-project: **resolve project**, instance.starting
  stop asked; stop asked, force -> stopped: instance.stopped
  delete asked; delete asked, force -> deleted: instance.deleted
  attention set -> lost: attention.changed
  recovered; contact closed -> lost: noted
  turn granted -> lost: ignored: no turn asked for
  tick, due; tick, early -> lost: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> lost: ignored: stale answer
  resource made -> lost: ignored: late answer for a released resource
  resource removed -> lost: ignored: released already
  contact made; contact interrupted; contact lost -> lost: ignored: no connection is wanted
  contact failed -> lost: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> lost: ignored: a report of another keeper
  place doubted -> lost: ignored: there is no place
  spec changed -> lost: instance.changed
stop-failed
  start asked -> tearing-down: **remove container**, instance.stopping
  stop asked; stop asked, force; restart asked; delete asked; delete asked, force -> tearing-down: **remove container (force)**, instance.stopping
  attention set -> stop-failed: attention.changed
  recovered; tick, due -> stop-failed: **remove container (force)**
  turn granted -> stop-failed: ignored: no turn asked for
  tick, early -> stop-failed: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> stop-failed: ignored: stale answer
  resource made -> stop-failed: ignored: held already
  resource removed -> stopped: released container, resource.released, instance.stopped
  contact made; contact interrupted; contact lost -> stop-failed: ignored: no connection is wanted
  contact failed -> stop-failed: ignored: no connection is being made
  contact closed -> stop-failed: noted
  services reported, ready; services reported, in error; services reported, stopped -> stop-failed: ignored: a report of another keeper
  place doubted -> stop-failed: ignored: not on the way up
  spec changed -> stop-failed: instance.changed
delete-failed
  start asked -> delete-failed: refused: invalid state: cannot start while deleting
  stop asked; stop asked, force -> delete-failed: refused: invalid state: cannot stop while deleting
  restart asked -> delete-failed: refused: invalid state: cannot restart while deleting
  delete asked; delete asked, force -> tearing-down: **remove container (force)**, instance.stopping
  attention set -> delete-failed: attention.changed
  recovered; tick, due -> delete-failed: **remove container (force)**
  turn granted -> delete-failed: ignored: no turn asked for
  tick, early -> delete-failed: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> delete-failed: ignored: stale answer
  resource made -> delete-failed: ignored: held already
  resource removed -> delete-failed: released container, resource.released
  contact made; contact interrupted; contact lost -> delete-failed: ignored: no connection is wanted
  contact failed -> delete-failed: ignored: no connection is being made
  contact closed -> delete-failed: noted
  services reported, ready; services reported, in error; services reported, stopped -> delete-failed: ignored: a report of another keeper
  place doubted -> delete-failed: ignored: not on the way up
  spec changed -> delete-failed: refused: invalid state: cannot change what it is made of while deleting
deleted
  start asked -> deleted: refused: invalid state: cannot start while deleted
  stop asked; stop asked, force -> deleted: refused: invalid state: cannot stop while deleted
  restart asked -> deleted: refused: invalid state: cannot restart while deleted
  delete asked; delete asked, force -> deleted: refused: invalid state: cannot delete while deleted
  attention set -> deleted: attention.changed
  recovered; contact closed -> deleted: noted
  turn granted -> deleted: ignored: no turn asked for
  tick, due; tick, early -> deleted: ignored: nothing is due
  project resolved; workspace resolved; resource existed; hook done; step failed; step failed for good; inspected, all is there; inspected, the keeper is gone; inspected, the place is gone -> deleted: ignored: stale answer
  resource made -> deleted: ignored: late answer for a released resource
  resource removed -> deleted: ignored: released already
  contact made; contact interrupted; contact lost -> deleted: ignored: no connection is wanted
  contact failed -> deleted: ignored: no connection is being made
  services reported, ready; services reported, in error; services reported, stopped -> deleted: ignored: a report of another keeper
  place doubted -> deleted: ignored: there is no place
  spec changed -> deleted: refused: invalid state: cannot change what it is made of while deleted
)";

TEST(instance_pairs, down) {
  using enum instance_state;
  expect_pairs({stopping, stopped, failed, deleted}, expected);
}

}  // namespace
}  // namespace ostler::lifecycle
