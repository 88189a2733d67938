// All pairs of a representative state and an event, against the table that the law amounts to.

#include <gtest/gtest.h>
#include <set>

#include "lifecycle/service/service_reference.hpp"

namespace ostler::lifecycle {
namespace {

struct expected_row {
  std::string_view from, event, to, does;
};

// Events of an older process are not listed: they are refused in every state, see below.
// clang-format off
constexpr expected_row expected[] = {
    {"idle", "want_up", "starting (spawning)", "spawn, service.starting"},
    {"idle", "want_down", "idle", "refused: already down"},
    {"idle", "needs_changed, all ready", "idle", "refused: nothing new"},
    {"idle", "needs_changed, one is not", "idle", "noted"},
    {"idle", "spawned", "idle", "refused: its end is known already"},
    {"idle", "spawn_failed", "idle", "refused: its end is known already"},
    {"idle", "exited, 0", "idle", "refused: stale process"},
    {"idle", "exited, 1", "idle", "refused: stale process"},
    {"idle", "sign_observed, holds", "idle", "refused: no process to be ready"},
    {"idle", "sign_observed, lost", "idle", "refused: no process to be ready"},
    {"idle", "sign_observed, a stranger answers", "idle", "refused: no process to be ready"},
    {"idle", "status_told", "idle", "refused: stale process"},
    {"idle", "liveness_checked, alive", "idle", "refused: stale process"},
    {"idle", "liveness_checked, not", "idle", "refused: stale process"},
    {"idle", "tree_checked, empty", "idle", "refused: already empty"},
    {"idle", "tree_checked, not empty", "idle", "refused: already empty"},
    {"idle", "adopted, ready", "running", "service.running, service.ready"},
    {"idle", "adopted, not ready", "starting (awaiting_ready)", "service.starting"},
    {"idle", "found_gone", "stopping (killing)", "write_exit_record, kill_tree, check_tree, service.stopping"},
    {"idle", "tick, due", "idle", "refused: nothing is awaited"},
    {"idle", "tick, early", "idle", "refused: nothing is awaited"},
    {"waiting for needs", "want_up", "starting (waiting_for_needs)", "refused: already wanted up"},
    {"waiting for needs", "want_down", "stopped", "service.stopped"},
    {"waiting for needs", "needs_changed, all ready", "starting (spawning)", "spawn"},
    {"waiting for needs", "needs_changed, one is not", "starting (waiting_for_needs)", "noted"},
    {"waiting for needs", "spawned", "starting (waiting_for_needs)", "refused: its end is known already"},
    {"waiting for needs", "spawn_failed", "starting (waiting_for_needs)", "refused: its end is known already"},
    {"waiting for needs", "exited, 0", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "exited, 1", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "sign_observed, holds", "starting (waiting_for_needs)", "refused: no process to be ready"},
    {"waiting for needs", "sign_observed, lost", "starting (waiting_for_needs)", "refused: no process to be ready"},
    {"waiting for needs", "sign_observed, a stranger answers", "starting (waiting_for_needs)", "refused: no process to be ready"},
    {"waiting for needs", "status_told", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "liveness_checked, alive", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "liveness_checked, not", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "tree_checked, empty", "starting (waiting_for_needs)", "refused: already empty"},
    {"waiting for needs", "tree_checked, not empty", "starting (waiting_for_needs)", "refused: already empty"},
    {"waiting for needs", "adopted, ready", "starting (waiting_for_needs)", "refused: not idle"},
    {"waiting for needs", "adopted, not ready", "starting (waiting_for_needs)", "refused: not idle"},
    {"waiting for needs", "found_gone", "starting (waiting_for_needs)", "refused: stale process"},
    {"waiting for needs", "tick, due", "starting (waiting_for_needs)", "refused: nothing is awaited"},
    {"waiting for needs", "tick, early", "starting (waiting_for_needs)", "refused: nothing is awaited"},
    {"backing off, tree not empty", "want_up", "starting (backing_off)", "refused: already wanted up"},
    {"backing off, tree not empty", "want_down", "stopping (killing)", "kill_tree, check_tree, service.stopping"},
    {"backing off, tree not empty", "needs_changed, all ready", "starting (backing_off)", "refused: nothing new"},
    {"backing off, tree not empty", "needs_changed, one is not", "starting (waiting_for_needs)", "noted"},
    {"backing off, tree not empty", "spawned", "starting (backing_off)", "refused: its end is known already"},
    {"backing off, tree not empty", "spawn_failed", "starting (backing_off)", "refused: already spawned"},
    {"backing off, tree not empty", "exited, 0", "starting (backing_off)", "refused: its end is known already"},
    {"backing off, tree not empty", "exited, 1", "starting (backing_off)", "refused: its end is known already"},
    {"backing off, tree not empty", "sign_observed, holds", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off, tree not empty", "sign_observed, lost", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off, tree not empty", "sign_observed, a stranger answers", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off, tree not empty", "status_told", "starting (backing_off)", "refused: stale process"},
    {"backing off, tree not empty", "liveness_checked, alive", "starting (backing_off)", "refused: stale process"},
    {"backing off, tree not empty", "liveness_checked, not", "starting (backing_off)", "refused: stale process"},
    {"backing off, tree not empty", "tree_checked, empty", "starting (backing_off)", "noted"},
    {"backing off, tree not empty", "tree_checked, not empty", "starting (backing_off)", "noted"},
    {"backing off, tree not empty", "adopted, ready", "starting (backing_off)", "refused: not idle"},
    {"backing off, tree not empty", "adopted, not ready", "starting (backing_off)", "refused: not idle"},
    {"backing off, tree not empty", "found_gone", "starting (backing_off)", "refused: stale process"},
    {"backing off, tree not empty", "tick, due", "starting (backing_off)", "kill_tree, check_tree"},
    {"backing off, tree not empty", "tick, early", "starting (backing_off)", "refused: not due yet"},
    {"backing off", "want_up", "starting (backing_off)", "refused: already wanted up"},
    {"backing off", "want_down", "stopped", "service.stopped"},
    {"backing off", "needs_changed, all ready", "starting (backing_off)", "refused: nothing new"},
    {"backing off", "needs_changed, one is not", "starting (waiting_for_needs)", "noted"},
    {"backing off", "spawned", "starting (backing_off)", "refused: its end is known already"},
    {"backing off", "spawn_failed", "starting (backing_off)", "refused: its end is known already"},
    {"backing off", "exited, 0", "starting (backing_off)", "refused: its end is known already"},
    {"backing off", "exited, 1", "starting (backing_off)", "refused: its end is known already"},
    {"backing off", "sign_observed, holds", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off", "sign_observed, lost", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off", "sign_observed, a stranger answers", "starting (backing_off)", "refused: no process to be ready"},
    {"backing off", "status_told", "starting (backing_off)", "refused: stale process"},
    {"backing off", "liveness_checked, alive", "starting (backing_off)", "refused: stale process"},
    {"backing off", "liveness_checked, not", "starting (backing_off)", "refused: stale process"},
    {"backing off", "tree_checked, empty", "starting (backing_off)", "refused: already empty"},
    {"backing off", "tree_checked, not empty", "starting (backing_off)", "refused: already empty"},
    {"backing off", "adopted, ready", "starting (backing_off)", "refused: not idle"},
    {"backing off", "adopted, not ready", "starting (backing_off)", "refused: not idle"},
    {"backing off", "found_gone", "starting (backing_off)", "refused: stale process"},
    {"backing off", "tick, due", "starting (spawning)", "spawn"},
    {"backing off", "tick, early", "starting (backing_off)", "refused: not due yet"},
    {"spawning", "want_up", "starting (spawning)", "refused: already wanted up"},
    {"spawning", "want_down", "stopping", "send_stop_signal, service.stopping"},
    {"spawning", "needs_changed, all ready", "starting (spawning)", "refused: nothing new"},
    {"spawning", "needs_changed, one is not", "starting (spawning)", "noted"},
    {"spawning", "spawned", "starting (awaiting_ready)", "noted"},
    {"spawning", "spawn_failed", "error", "service.error"},
    {"spawning", "exited, 0", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"spawning", "exited, 1", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"spawning", "sign_observed, holds", "starting (spawning)", "refused: no process to be ready"},
    {"spawning", "sign_observed, lost", "starting (spawning)", "refused: no process to be ready"},
    {"spawning", "sign_observed, a stranger answers", "starting (spawning)", "refused: no process to be ready"},
    {"spawning", "status_told", "starting (spawning)", "refused: stale process"},
    {"spawning", "liveness_checked, alive", "starting (spawning)", "refused: stale process"},
    {"spawning", "liveness_checked, not", "starting (spawning)", "refused: stale process"},
    {"spawning", "tree_checked, empty", "starting (spawning)", "refused: the main process has not ended"},
    {"spawning", "tree_checked, not empty", "starting (spawning)", "refused: the main process has not ended"},
    {"spawning", "adopted, ready", "starting (spawning)", "refused: not idle"},
    {"spawning", "adopted, not ready", "starting (spawning)", "refused: not idle"},
    {"spawning", "found_gone", "starting (spawning)", "refused: stale process"},
    {"spawning", "tick, due", "error", "kill_tree, check_tree, service.error"},
    {"spawning", "tick, early", "starting (spawning)", "refused: not due yet"},
    {"awaiting ready", "want_up", "starting (awaiting_ready)", "refused: already wanted up"},
    {"awaiting ready", "want_down", "stopping", "send_stop_signal, service.stopping"},
    {"awaiting ready", "needs_changed, all ready", "starting (awaiting_ready)", "refused: nothing new"},
    {"awaiting ready", "needs_changed, one is not", "starting (awaiting_ready)", "noted"},
    {"awaiting ready", "spawned", "starting (awaiting_ready)", "refused: already spawned"},
    {"awaiting ready", "spawn_failed", "starting (awaiting_ready)", "refused: already spawned"},
    {"awaiting ready", "exited, 0", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"awaiting ready", "exited, 1", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"awaiting ready", "sign_observed, holds", "running", "service.running, service.ready"},
    {"awaiting ready", "sign_observed, lost", "starting (awaiting_ready)", "refused: nothing new"},
    {"awaiting ready", "sign_observed, a stranger answers", "error", "kill_tree, check_tree, service.error"},
    {"awaiting ready", "status_told", "starting (awaiting_ready)", "noted"},
    {"awaiting ready", "liveness_checked, alive", "starting (awaiting_ready)", "refused: not running"},
    {"awaiting ready", "liveness_checked, not", "starting (awaiting_ready)", "refused: not running"},
    {"awaiting ready", "tree_checked, empty", "starting (awaiting_ready)", "refused: the main process has not ended"},
    {"awaiting ready", "tree_checked, not empty", "starting (awaiting_ready)", "refused: the main process has not ended"},
    {"awaiting ready", "adopted, ready", "starting (awaiting_ready)", "refused: not idle"},
    {"awaiting ready", "adopted, not ready", "starting (awaiting_ready)", "refused: not idle"},
    {"awaiting ready", "found_gone", "starting (awaiting_ready)", "refused: stale process"},
    {"awaiting ready", "tick, due", "error", "kill_tree, check_tree, service.error"},
    {"awaiting ready", "tick, early", "starting (awaiting_ready)", "refused: not due yet"},
    {"running", "want_up", "running", "refused: already wanted up"},
    {"running", "want_down", "stopping", "send_stop_signal, service.stopping"},
    {"running", "needs_changed, all ready", "running", "refused: nothing new"},
    {"running", "needs_changed, one is not", "running", "noted"},
    {"running", "spawned", "running", "refused: already spawned"},
    {"running", "spawn_failed", "running", "refused: already spawned"},
    {"running", "exited, 0", "error", "write_exit_record, kill_tree, check_tree, service.error"},
    {"running", "exited, 1", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"running", "sign_observed, holds", "running", "refused: nothing new"},
    {"running", "sign_observed, lost", "running", "service.not_ready"},
    {"running", "sign_observed, a stranger answers", "running", "service.not_ready"},
    {"running", "status_told", "running", "noted"},
    {"running", "liveness_checked, alive", "running", "noted"},
    {"running", "liveness_checked, not", "stopping", "send_stop_signal, service.restarting, service.stopping"},
    {"running", "tree_checked, empty", "running", "refused: the main process has not ended"},
    {"running", "tree_checked, not empty", "running", "refused: the main process has not ended"},
    {"running", "adopted, ready", "running", "refused: not idle"},
    {"running", "adopted, not ready", "running", "refused: not idle"},
    {"running", "found_gone", "running", "refused: stale process"},
    {"running", "tick, due", "running", "refused: nothing is awaited"},
    {"running", "tick, early", "running", "refused: nothing is awaited"},
    {"running, not ready", "want_up", "running", "refused: already wanted up"},
    {"running, not ready", "want_down", "stopping", "send_stop_signal, service.stopping"},
    {"running, not ready", "needs_changed, all ready", "running", "refused: nothing new"},
    {"running, not ready", "needs_changed, one is not", "running", "noted"},
    {"running, not ready", "spawned", "running", "refused: already spawned"},
    {"running, not ready", "spawn_failed", "running", "refused: already spawned"},
    {"running, not ready", "exited, 0", "error", "write_exit_record, kill_tree, check_tree, service.error"},
    {"running, not ready", "exited, 1", "starting (backing_off)", "write_exit_record, kill_tree, check_tree, service.restarting"},
    {"running, not ready", "sign_observed, holds", "running", "service.ready"},
    {"running, not ready", "sign_observed, lost", "running", "refused: nothing new"},
    {"running, not ready", "sign_observed, a stranger answers", "running", "noted"},
    {"running, not ready", "status_told", "running", "noted"},
    {"running, not ready", "liveness_checked, alive", "running", "noted"},
    {"running, not ready", "liveness_checked, not", "stopping", "send_stop_signal, service.restarting, service.stopping"},
    {"running, not ready", "tree_checked, empty", "running", "refused: the main process has not ended"},
    {"running, not ready", "tree_checked, not empty", "running", "refused: the main process has not ended"},
    {"running, not ready", "adopted, ready", "running", "refused: not idle"},
    {"running, not ready", "adopted, not ready", "running", "refused: not idle"},
    {"running, not ready", "found_gone", "running", "refused: stale process"},
    {"running, not ready", "tick, due", "running", "refused: nothing is awaited"},
    {"running, not ready", "tick, early", "running", "refused: nothing is awaited"},
    {"stopping, still spawning", "want_up", "stopping", "noted"},
    {"stopping, still spawning", "want_down", "stopping", "refused: already stopping"},
    {"stopping, still spawning", "needs_changed, all ready", "stopping", "refused: nothing new"},
    {"stopping, still spawning", "needs_changed, one is not", "stopping", "noted"},
    {"stopping, still spawning", "spawned", "stopping", "send_stop_signal"},
    {"stopping, still spawning", "spawn_failed", "stopped", "service.stopped"},
    {"stopping, still spawning", "exited, 0", "stopping", "write_exit_record, check_tree"},
    {"stopping, still spawning", "exited, 1", "stopping", "write_exit_record, check_tree"},
    {"stopping, still spawning", "sign_observed, holds", "stopping", "refused: no process to be ready"},
    {"stopping, still spawning", "sign_observed, lost", "stopping", "refused: no process to be ready"},
    {"stopping, still spawning", "sign_observed, a stranger answers", "stopping", "refused: no process to be ready"},
    {"stopping, still spawning", "status_told", "stopping", "refused: stale process"},
    {"stopping, still spawning", "liveness_checked, alive", "stopping", "refused: stale process"},
    {"stopping, still spawning", "liveness_checked, not", "stopping", "refused: stale process"},
    {"stopping, still spawning", "tree_checked, empty", "stopping", "refused: the main process has not ended"},
    {"stopping, still spawning", "tree_checked, not empty", "stopping", "refused: the main process has not ended"},
    {"stopping, still spawning", "adopted, ready", "stopping", "refused: not idle"},
    {"stopping, still spawning", "adopted, not ready", "stopping", "refused: not idle"},
    {"stopping, still spawning", "found_gone", "stopping", "refused: stale process"},
    {"stopping, still spawning", "tick, due", "stopping (killing)", "kill_tree, check_tree"},
    {"stopping, still spawning", "tick, early", "stopping", "refused: not due yet"},
    {"stopping", "want_up", "stopping", "noted"},
    {"stopping", "want_down", "stopping", "refused: already stopping"},
    {"stopping", "needs_changed, all ready", "stopping", "refused: nothing new"},
    {"stopping", "needs_changed, one is not", "stopping", "noted"},
    {"stopping", "spawned", "stopping", "refused: already spawned"},
    {"stopping", "spawn_failed", "stopping", "refused: already spawned"},
    {"stopping", "exited, 0", "stopping", "write_exit_record, check_tree"},
    {"stopping", "exited, 1", "stopping", "write_exit_record, check_tree"},
    {"stopping", "sign_observed, holds", "stopping", "refused: no process to be ready"},
    {"stopping", "sign_observed, lost", "stopping", "refused: no process to be ready"},
    {"stopping", "sign_observed, a stranger answers", "stopping", "refused: no process to be ready"},
    {"stopping", "status_told", "stopping", "noted"},
    {"stopping", "liveness_checked, alive", "stopping", "refused: not running"},
    {"stopping", "liveness_checked, not", "stopping", "refused: not running"},
    {"stopping", "tree_checked, empty", "stopping", "refused: the main process has not ended"},
    {"stopping", "tree_checked, not empty", "stopping", "refused: the main process has not ended"},
    {"stopping", "adopted, ready", "stopping", "refused: not idle"},
    {"stopping", "adopted, not ready", "stopping", "refused: not idle"},
    {"stopping", "found_gone", "stopping", "refused: stale process"},
    {"stopping", "tick, due", "stopping (killing)", "kill_tree, check_tree"},
    {"stopping", "tick, early", "stopping", "refused: not due yet"},
    {"stopping, main process gone", "want_up", "stopping", "noted"},
    {"stopping, main process gone", "want_down", "stopping", "refused: already stopping"},
    {"stopping, main process gone", "needs_changed, all ready", "stopping", "refused: nothing new"},
    {"stopping, main process gone", "needs_changed, one is not", "stopping", "noted"},
    {"stopping, main process gone", "spawned", "stopping", "refused: its end is known already"},
    {"stopping, main process gone", "spawn_failed", "stopping", "refused: already spawned"},
    {"stopping, main process gone", "exited, 0", "stopping", "refused: its end is known already"},
    {"stopping, main process gone", "exited, 1", "stopping", "refused: its end is known already"},
    {"stopping, main process gone", "sign_observed, holds", "stopping", "refused: no process to be ready"},
    {"stopping, main process gone", "sign_observed, lost", "stopping", "refused: no process to be ready"},
    {"stopping, main process gone", "sign_observed, a stranger answers", "stopping", "refused: no process to be ready"},
    {"stopping, main process gone", "status_told", "stopping", "refused: stale process"},
    {"stopping, main process gone", "liveness_checked, alive", "stopping", "refused: stale process"},
    {"stopping, main process gone", "liveness_checked, not", "stopping", "refused: stale process"},
    {"stopping, main process gone", "tree_checked, empty", "stopped", "service.stopped"},
    {"stopping, main process gone", "tree_checked, not empty", "stopping", "noted"},
    {"stopping, main process gone", "adopted, ready", "stopping", "refused: not idle"},
    {"stopping, main process gone", "adopted, not ready", "stopping", "refused: not idle"},
    {"stopping, main process gone", "found_gone", "stopping", "refused: stale process"},
    {"stopping, main process gone", "tick, due", "stopping", "check_tree"},
    {"stopping, main process gone", "tick, early", "stopping", "refused: not due yet"},
    {"killing", "want_up", "stopping (killing)", "noted"},
    {"killing", "want_down", "stopping (killing)", "refused: already stopping"},
    {"killing", "needs_changed, all ready", "stopping (killing)", "refused: nothing new"},
    {"killing", "needs_changed, one is not", "stopping (killing)", "noted"},
    {"killing", "spawned", "stopping (killing)", "refused: already spawned"},
    {"killing", "spawn_failed", "stopping (killing)", "refused: already spawned"},
    {"killing", "exited, 0", "stopping (killing)", "write_exit_record, check_tree"},
    {"killing", "exited, 1", "stopping (killing)", "write_exit_record, check_tree"},
    {"killing", "sign_observed, holds", "stopping (killing)", "refused: no process to be ready"},
    {"killing", "sign_observed, lost", "stopping (killing)", "refused: no process to be ready"},
    {"killing", "sign_observed, a stranger answers", "stopping (killing)", "refused: no process to be ready"},
    {"killing", "status_told", "stopping (killing)", "refused: stale process"},
    {"killing", "liveness_checked, alive", "stopping (killing)", "refused: stale process"},
    {"killing", "liveness_checked, not", "stopping (killing)", "refused: stale process"},
    {"killing", "tree_checked, empty", "stopping (killing)", "noted"},
    {"killing", "tree_checked, not empty", "stopping (killing)", "noted"},
    {"killing", "adopted, ready", "stopping (killing)", "refused: not idle"},
    {"killing", "adopted, not ready", "stopping (killing)", "refused: not idle"},
    {"killing", "found_gone", "stopping (killing)", "refused: stale process"},
    {"killing", "tick, due", "stopping (killing)", "kill_tree, check_tree"},
    {"killing", "tick, early", "stopping (killing)", "refused: not due yet"},
    {"stopped", "want_up", "starting (spawning)", "spawn, service.starting"},
    {"stopped", "want_down", "stopped", "refused: already down"},
    {"stopped", "needs_changed, all ready", "stopped", "refused: nothing new"},
    {"stopped", "needs_changed, one is not", "stopped", "noted"},
    {"stopped", "spawned", "stopped", "refused: its end is known already"},
    {"stopped", "spawn_failed", "stopped", "refused: its end is known already"},
    {"stopped", "exited, 0", "stopped", "refused: its end is known already"},
    {"stopped", "exited, 1", "stopped", "refused: its end is known already"},
    {"stopped", "sign_observed, holds", "stopped", "refused: no process to be ready"},
    {"stopped", "sign_observed, lost", "stopped", "refused: no process to be ready"},
    {"stopped", "sign_observed, a stranger answers", "stopped", "refused: no process to be ready"},
    {"stopped", "status_told", "stopped", "refused: stale process"},
    {"stopped", "liveness_checked, alive", "stopped", "refused: stale process"},
    {"stopped", "liveness_checked, not", "stopped", "refused: stale process"},
    {"stopped", "tree_checked, empty", "stopped", "refused: already empty"},
    {"stopped", "tree_checked, not empty", "stopped", "refused: already empty"},
    {"stopped", "adopted, ready", "stopped", "refused: not idle"},
    {"stopped", "adopted, not ready", "stopped", "refused: not idle"},
    {"stopped", "found_gone", "stopped", "refused: stale process"},
    {"stopped", "tick, due", "stopped", "refused: nothing is awaited"},
    {"stopped", "tick, early", "stopped", "refused: nothing is awaited"},
    {"stopped, task done", "want_up", "starting (spawning)", "spawn, service.starting"},
    {"stopped, task done", "want_down", "stopped", "noted"},
    {"stopped, task done", "needs_changed, all ready", "stopped", "refused: nothing new"},
    {"stopped, task done", "needs_changed, one is not", "stopped", "noted"},
    {"stopped, task done", "spawned", "stopped", "refused: its end is known already"},
    {"stopped, task done", "spawn_failed", "stopped", "refused: its end is known already"},
    {"stopped, task done", "exited, 0", "stopped", "refused: its end is known already"},
    {"stopped, task done", "exited, 1", "stopped", "refused: its end is known already"},
    {"stopped, task done", "sign_observed, holds", "stopped", "refused: no process to be ready"},
    {"stopped, task done", "sign_observed, lost", "stopped", "refused: no process to be ready"},
    {"stopped, task done", "sign_observed, a stranger answers", "stopped", "refused: no process to be ready"},
    {"stopped, task done", "status_told", "stopped", "refused: stale process"},
    {"stopped, task done", "liveness_checked, alive", "stopped", "refused: stale process"},
    {"stopped, task done", "liveness_checked, not", "stopped", "refused: stale process"},
    {"stopped, task done", "tree_checked, empty", "stopped", "refused: already empty"},
    {"stopped, task done", "tree_checked, not empty", "stopped", "refused: already empty"},
    {"stopped, task done", "adopted, ready", "stopped", "refused: not idle"},
    {"stopped, task done", "adopted, not ready", "stopped", "refused: not idle"},
    {"stopped, task done", "found_gone", "stopped", "refused: stale process"},
    {"stopped, task done", "tick, due", "stopped", "refused: nothing is awaited"},
    {"stopped, task done", "tick, early", "stopped", "refused: nothing is awaited"},
    {"error, tree not empty", "want_up", "starting (backing_off)", "service.starting"},
    {"error, tree not empty", "want_down", "stopping (killing)", "kill_tree, check_tree, service.stopping"},
    {"error, tree not empty", "needs_changed, all ready", "error", "refused: nothing new"},
    {"error, tree not empty", "needs_changed, one is not", "error", "noted"},
    {"error, tree not empty", "spawned", "error", "refused: already spawned"},
    {"error, tree not empty", "spawn_failed", "error", "refused: already spawned"},
    {"error, tree not empty", "exited, 0", "error", "write_exit_record, check_tree"},
    {"error, tree not empty", "exited, 1", "error", "write_exit_record, check_tree"},
    {"error, tree not empty", "sign_observed, holds", "error", "refused: no process to be ready"},
    {"error, tree not empty", "sign_observed, lost", "error", "refused: no process to be ready"},
    {"error, tree not empty", "sign_observed, a stranger answers", "error", "refused: no process to be ready"},
    {"error, tree not empty", "status_told", "error", "refused: stale process"},
    {"error, tree not empty", "liveness_checked, alive", "error", "refused: stale process"},
    {"error, tree not empty", "liveness_checked, not", "error", "refused: stale process"},
    {"error, tree not empty", "tree_checked, empty", "error", "noted"},
    {"error, tree not empty", "tree_checked, not empty", "error", "noted"},
    {"error, tree not empty", "adopted, ready", "error", "refused: not idle"},
    {"error, tree not empty", "adopted, not ready", "error", "refused: not idle"},
    {"error, tree not empty", "found_gone", "error", "refused: stale process"},
    {"error, tree not empty", "tick, due", "error", "kill_tree, check_tree"},
    {"error, tree not empty", "tick, early", "error", "refused: not due yet"},
    {"error", "want_up", "starting (spawning)", "spawn, service.starting"},
    {"error", "want_down", "stopped", "service.stopped"},
    {"error", "needs_changed, all ready", "error", "refused: nothing new"},
    {"error", "needs_changed, one is not", "error", "noted"},
    {"error", "spawned", "error", "refused: its end is known already"},
    {"error", "spawn_failed", "error", "refused: its end is known already"},
    {"error", "exited, 0", "error", "refused: its end is known already"},
    {"error", "exited, 1", "error", "refused: its end is known already"},
    {"error", "sign_observed, holds", "error", "refused: no process to be ready"},
    {"error", "sign_observed, lost", "error", "refused: no process to be ready"},
    {"error", "sign_observed, a stranger answers", "error", "refused: no process to be ready"},
    {"error", "status_told", "error", "refused: stale process"},
    {"error", "liveness_checked, alive", "error", "refused: stale process"},
    {"error", "liveness_checked, not", "error", "refused: stale process"},
    {"error", "tree_checked, empty", "error", "refused: already empty"},
    {"error", "tree_checked, not empty", "error", "refused: already empty"},
    {"error", "adopted, ready", "error", "refused: not idle"},
    {"error", "adopted, not ready", "error", "refused: not idle"},
    {"error", "found_gone", "error", "refused: stale process"},
    {"error", "tick, due", "error", "refused: nothing is awaited"},
    {"error", "tick, early", "error", "refused: nothing is awaited"},
};
// clang-format on

bool of_older_process(service_event_sample const& event) {
  return event.name.find("older process") != std::string::npos;
}

TEST(service_pairs, every_pair_does_what_the_table_says) {
  std::size_t row = 0;
  for (auto const& from : service_samples())
    for (auto const& event : service_event_samples(from.state)) {
      if (of_older_process(event)) continue;
      ASSERT_LT(row, std::size(expected));
      auto const& want = expected[row++];
      auto const outcome = service_probe(from, event);
      EXPECT_EQ(want.from, from.name);
      EXPECT_EQ(want.event, event.name) << from.name;
      EXPECT_EQ(want.to, outcome.to) << from.name << " x " << event.name;
      EXPECT_EQ(want.does, outcome.does) << from.name << " x " << event.name;
    }
  EXPECT_EQ(row, std::size(expected));
}

TEST(service_pairs, what_is_told_of_an_older_process_changes_nothing) {
  for (auto const& from : service_samples())
    for (auto const& event : service_event_samples(from.state)) {
      if (!of_older_process(event)) continue;
      auto const done = step(from.state, event.event, from.rules, {.now = instant{} + 24h});
      EXPECT_TRUE(done.ignored) << from.name << " x " << event.name;
      EXPECT_EQ(done.next, from.state) << from.name << " x " << event.name;
      EXPECT_TRUE(done.commands.empty());
      EXPECT_TRUE(done.notices.empty());
    }
}

TEST(service_pairs, a_refusal_has_a_reason_and_changes_nothing) {
  for (auto const& from : service_samples())
    for (auto const& event : service_event_samples(from.state)) {
      auto const done = step(from.state, event.event, from.rules, {.now = instant{}});
      if (!done.ignored) continue;
      EXPECT_FALSE(done.ignored->empty());
      EXPECT_EQ(done.next, from.state) << from.name << " x " << event.name;
      EXPECT_TRUE(done.commands.empty() && done.notices.empty());
    }
}

TEST(service_pairs, samples_cover_every_phase_and_every_event) {
  std::set<service_phase> phases;
  std::set<std::size_t> events;
  auto const page = service_reference();
  for (auto const& from : service_samples()) {
    phases.insert(from.state.phase);
    for (auto const& event : service_event_samples(from.state)) {
      events.insert(event.event.index());
      EXPECT_NE(page.find(name(event.event)), std::string::npos);
    }
  }
  EXPECT_EQ(phases.size(), static_cast<std::size_t>(service_phase_count));
  EXPECT_EQ(events.size(), std::variant_size_v<service_event>);
  for (auto const phase : phases) {
    EXPECT_NE(page.find(text(phase)), std::string::npos);
    EXPECT_NE(page.find(text(public_state(phase))), std::string::npos);
  }
}

}  // namespace
}  // namespace ostler::lifecycle
