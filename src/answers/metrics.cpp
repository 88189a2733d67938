#include "answers/metrics.hpp"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <unistd.h>
#include <utility>

#include "answers/groups.hpp"
#include "answers/told.hpp"
#include "operations/daemon_operations.hpp"

namespace ostler::answers {
namespace {

class page {
 public:
  void family(std::string_view name, std::string_view kind, std::string_view help) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
  }
  void value(std::string_view name, std::uint64_t number) { text_ += fmt::format("{} {}\n", name, number); }
  // Labels, written already; they hold words of ours and names, which need no escape.
  void value(std::string_view name, std::string_view labels, std::uint64_t number) {
    text_ += fmt::format("{}{{{}}} {}\n", name, labels, number);
  }
  void value(std::string_view name, std::string_view label, std::string_view of, std::uint64_t number) {
    text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, of, number);
  }
  std::string take() { return std::move(text_); }
  void text(std::string_view lines) { text_ += lines; }

 private:
  std::string text_;
};

// Pages of memory that are resident; 0 when the system does not say.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add_instances(page& out, supervisor::supervisor const& middle) {
  std::array<std::uint64_t, 7> states{};
  std::map<std::string, std::uint64_t> services;
  std::map<std::string, std::uint64_t> resources;
  std::uint64_t attention = 0;
  for (auto const* it : middle.all()) {
    ++states.at(static_cast<std::size_t>(lifecycle::state_of(it->now)));
    if (it->needs.kind != lifecycle::attention_kind::none) ++attention;
    for (auto const& entry : it->resources) ++resources[entry.wish.kind];
    for (auto const& each : it->spec.services) {
      auto const* view = view_of(*it, each.name);
      ++services[view == nullptr ? std::string("idle") : view->state];
    }
  }
  out.family("ostler_instances", "gauge", "Instances by state.");
  for (std::size_t i = 0; i < states.size(); ++i)
    out.value("ostler_instances", "state", lifecycle::name(static_cast<lifecycle::instance_state>(i)),
              states.at(i));
  out.family("ostler_instances_need_attention", "gauge", "Instances that wait for a person.");
  out.value("ostler_instances_need_attention", attention);
  out.family("ostler_services", "gauge", "Services by state.");
  for (auto const& [state, count] : services) out.value("ostler_services", "state", state, count);
  out.family("ostler_resources", "gauge", "Entries of the ledger that are not released, by kind.");
  for (auto const& [kind, count] : resources) out.value("ostler_resources", "kind", kind, count);
}

// The counter goes with its instance; names are unique while one lives.
void add_restarts(page& out, supervisor::supervisor const& middle) {
  out.family("ostler_service_restarts_total", "counter",
             "How often a service was started again by itself; only of those that were.");
  for (auto const* it : middle.all())
    for (auto const& view : it->services)
      if (view.restarts > 0)
        out.value("ostler_service_restarts_total",
                  fmt::format("instance=\"{}\",service=\"{}\"", it->spec.name, view.name), view.restarts);
}

void add_durations(page& out, std::string const& labels, supervisor::operation_measure const& of) {
  constexpr std::string_view name = "ostler_provider_operation_seconds";
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < supervisor::measured_limits.size(); ++i) {
    so_far += of.within.at(i);
    auto const limit = static_cast<double>(supervisor::measured_limits.at(i).count()) / 1000;
    out.value(fmt::format("{}_bucket", name), fmt::format("{},le=\"{}\"", labels, limit), so_far);
  }
  out.value(fmt::format("{}_bucket", name), fmt::format("{},le=\"+Inf\"", labels), of.calls);
  out.text(
      fmt::format("{}_sum{{{}}} {:.6f}\n", name, labels, std::chrono::duration<double>(of.took).count()));
  out.value(fmt::format("{}_count", name), labels, of.calls);
}

void add_providers(page& out, supervisor::supervisor const& middle) {
  auto const each = [&](auto const& show) {
    for (auto const* one : middle.measured())
      for (auto const& [operation, measure] : one->measures())
        show(fmt::format("provider=\"{}\",operation=\"{}\"", one->name(), operation), measure);
  };
  out.family("ostler_provider_operations_total", "counter", "Calls of providers that have ended.");
  each([&](auto const& labels, auto const& of) {
    out.value("ostler_provider_operations_total", labels, of.calls);
  });
  out.family("ostler_provider_failures_total", "counter",
             "Calls of providers that have failed, or were given up.");
  each([&](auto const& labels, auto const& of) {
    out.value("ostler_provider_failures_total", labels, of.failures);
  });
  out.family("ostler_provider_operation_seconds", "histogram", "How long calls of providers took.");
  each([&](auto const& labels, auto const& of) { add_durations(out, labels, of); });
}

void add_daemon(page& out, answer_needs const& needs) {
  auto const counts = needs.middle->count();
  out.family("ostler_events_total", "counter",
             "Events that were kept, since the first of this state directory.");
  out.value("ostler_events_total", needs.middle->kept_seq());
  out.family("ostler_journal_waiting", "gauge", "Steps that wait for the disk.");
  out.value("ostler_journal_waiting", counts.waiting_for_disk);
  out.family("ostler_journal_sound", "gauge", "1 while the journal takes everything.");
  out.value("ostler_journal_sound", needs.middle->journal().health() == journal::condition::sound ? 1 : 0);
  out.family("ostler_orders_under_way", "gauge", "Calls of providers and requests to keepers under way.");
  out.value("ostler_orders_under_way", counts.orders_under_way);
  out.family("ostler_links", "gauge", "Connections to keepers.");
  out.value("ostler_links", counts.links);
  out.family("ostler_leaks", "gauge", "Things that bear our labels and are not in the ledger.");
  out.value("ostler_leaks", needs.middle->leaks().size());
  out.family("ostler_subscribers", "gauge", "Listeners to the events.");
  out.value("ostler_subscribers", needs.subscribers ? needs.subscribers() : 0);
  out.family("ostler_provider_available", "gauge", "1 while the provider can make a place.");
  for (auto const& each : needs.middle->providers())
    out.value("ostler_provider_available", "provider", each.who->name, each.available ? 1 : 0);
  out.family("process_resident_memory_bytes", "gauge", "Memory of the daemon.");
  out.value("process_resident_memory_bytes", resident_bytes());
}

class whole_text final : public control::byte_source {
 public:
  explicit whole_text(std::string text) : text_(std::move(text)) {}
  task<result<std::optional<std::string>>> next() override {
    if (text_.empty()) co_return std::optional<std::string>();
    co_return std::optional<std::string>(std::exchange(text_, {}));
  }

 private:
  std::string text_;
};

task<result<control::byte_answer>> tell_metrics(answer_needs const* needs) {
  auto text = metrics_text(*needs);
  auto const size = text.size();
  co_return control::byte_answer{
      .media = {}, .size = size, .source = std::make_unique<whole_text>(std::move(text))};
}

}  // namespace

std::string metrics_text(answer_needs const& needs) {
  page out;
  add_instances(out, *needs.middle);
  add_restarts(out, *needs.middle);
  add_providers(out, *needs.middle);
  add_daemon(out, needs);
  if (needs.more_metrics) out.text(needs.more_metrics());
  return out.take();
}

void bind_metrics(control::bindings& into, answer_needs const& needs) {
  into.bind<operations::metrics>([all = &needs](auto, auto) { return tell_metrics(all); });
}

}  // namespace ostler::answers
