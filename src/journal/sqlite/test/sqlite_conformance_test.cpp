#include "journal/sqlite/test/sqlite_rig.hpp"

namespace ostler::journal {
namespace {

INSTANTIATE_TEST_SUITE_P(sqlite, conformance,
                         testing::Values(rig_kind{"sqlite", []() -> std::unique_ptr<rig> {
                                                    return std::make_unique<sqlite_rig>();
                                                  }}));

}  // namespace
}  // namespace ostler::journal
