// The groups of operations, each bound by the file of its name. See answers.hpp for what `needs` must be.
#pragma once

#include "answers/answers.hpp"

namespace ostler::answers {

void bind_instances(control::bindings& into, answer_needs const& needs);
void bind_services(control::bindings& into, answer_needs const& needs);
void bind_events(control::bindings& into, answer_needs const& needs);
void bind_logs(control::bindings& into, answer_needs const& needs);
void bind_exec(control::bindings& into, answer_needs const& needs);
void bind_sessions(control::bindings& into, answer_needs const& needs);
void bind_conversations(control::bindings& into, answer_needs const& needs);
void bind_files(control::bindings& into, answer_needs const& needs);
void bind_ledger(control::bindings& into, answer_needs const& needs);
void bind_metrics(control::bindings& into, answer_needs const& needs);
void bind_providers(control::bindings& into, answer_needs const& needs);
void bind_daemon(control::bindings& into, answer_needs const& needs);

}  // namespace ostler::answers
