// Mistakes that can be switched on, in one test build only, to prove that the simulation's checkers find
// them.
//
// In every other build planted() is the constant false and the compiler removes the branch. The list is
// planted_faults.def; each entry stands where a programmer could really slip.
#pragma once

#include <cstdint>
#include <string_view>

namespace ostler {

enum class fault : std::uint8_t {
  none,
#define OSTLER_PLANTED_FAULT(name, slip) name,
#include "base/planted_faults.def"
#undef OSTLER_PLANTED_FAULT
};

struct planted_fault_facts {
  fault value;
  std::string_view name;
  std::string_view slip;
};

inline constexpr planted_fault_facts planted_fault_table[] = {
    {fault::none, "none", ""},
#define OSTLER_PLANTED_FAULT(name, slip) {fault::name, #name, slip},
#include "base/planted_faults.def"
#undef OSTLER_PLANTED_FAULT
};

#ifdef OSTLER_PLANTED_FAULTS
// The one global of the project: it exists in the fault-finding build only.
inline fault planted_now = fault::none;
inline bool planted(fault which) { return planted_now == which; }
#else
constexpr bool planted(fault) { return false; }
#endif

}  // namespace ostler
