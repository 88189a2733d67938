// All values that are told outside: the nouns of REST, of the event stream, of MCP and of the command line.
// They are structs of their own, apart from the lifecycle's, so that what is inside may change while what was
// promised outside stays.
#pragma once

#include "operations/agent_values.hpp"
#include "operations/daemon_values.hpp"
#include "operations/error_values.hpp"
#include "operations/event_values.hpp"
#include "operations/file_values.hpp"
#include "operations/instance_values.hpp"
#include "operations/log_values.hpp"
#include "operations/provider_values.hpp"
#include "operations/service_values.hpp"
#include "operations/session_values.hpp"
#include "operations/text_values.hpp"
