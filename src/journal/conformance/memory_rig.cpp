#include "journal/conformance/conformance.hpp"
#include "journal/memory_journal.hpp"

namespace ostler::journal {
namespace {

class memory_rig final : public rig {
 public:
  journal& subject() override { return journal_; }
  void settle() override { journal_.flush(); }
  void reopen() override { journal_.crash(); }
  void make(condition value) override { journal_.set_condition(value); }
  void clear_away() override {}

 private:
  memory_journal journal_;
};

INSTANTIATE_TEST_SUITE_P(memory, conformance,
                         testing::Values(rig_kind{"memory", []() -> std::unique_ptr<rig> {
                                                    return std::make_unique<memory_rig>();
                                                  }}));

}  // namespace
}  // namespace ostler::journal
