# The one compiler, and the flags every target shares.
#
# Coroutines decide the compiler: g++ 12 compiles ordinary coroutine patterns wrongly, and clang before 19 has a
# hazard in await_suspend. See docs/decisions/0001-compiler.md.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Ostler builds with clang 19 or newer; this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}. "
    "Other compilers miscompile coroutines (docs/decisions/0001-compiler.md). "
    "Use `cmake --preset dev`, or ./test.sh, which installs what is needed.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Nothing here is written as modules; scanning for them would only cost time.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

set(OSTLER_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(OSTLER_COVERAGE "Record which lines and branches run" OFF)
option(OSTLER_FUZZ "Build the fuzz targets" OFF)

# Dev: light optimisation, so that the simulation is quick, and line tables for stack traces.
set(CMAKE_CXX_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_EXE_LINKER_FLAGS_DEV "")
# Release keeps ensure(): stopping is better than guessing. NDEBUG is left undefined on purpose.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -gline-tables-only")

add_library(ostler_flags INTERFACE)
target_include_directories(ostler_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(ostler_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wswitch-enum -Wextra-semi -Wunused -Wcast-align -Wnull-dereference
  -Wmissing-prototypes -Wreserved-identifier -Wno-missing-designated-field-initializers -Wno-missing-field-initializers
  -fcolor-diagnostics
  # The same object from every checkout: messages and stack traces show paths from the root, and a second clone
  # takes everything from the compiler cache.
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
target_link_options(ostler_flags INTERFACE -fuse-ld=lld)

if(OSTLER_SANITIZE)
  target_compile_options(ostler_flags INTERFACE -fsanitize=${OSTLER_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(ostler_flags INTERFACE -fsanitize=${OSTLER_SANITIZE})
  # Asio keeps finished coroutine frames for reuse, which hides their death from the sanitizer.
  target_compile_definitions(ostler_flags INTERFACE
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=0)
endif()

if(OSTLER_COVERAGE)
  target_compile_options(ostler_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(ostler_flags INTERFACE -fprofile-instr-generate)
endif()

if(OSTLER_FUZZ)
  target_compile_options(ostler_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
