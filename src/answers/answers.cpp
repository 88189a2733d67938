#include "answers/answers.hpp"

#include "answers/groups.hpp"

namespace ostler::answers {

void bind_all(control::bindings& into, answer_needs const& needs) {
  bind_instances(into, needs);
  bind_services(into, needs);
  bind_events(into, needs);
  bind_logs(into, needs);
  bind_exec(into, needs);
  bind_sessions(into, needs);
  bind_conversations(into, needs);
  bind_files(into, needs);
  bind_ledger(into, needs);
  bind_metrics(into, needs);
  bind_providers(into, needs);
  bind_daemon(into, needs);
}

}  // namespace ostler::answers
