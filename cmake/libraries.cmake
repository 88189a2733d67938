# One static library a folder, and the tests that sit beside its sources.

# ostler_library(NAME SOURCES a.cpp ... [DEPENDS ostler_base ...] [LINK fmt::fmt ...])
# Libraries of ours go under DEPENDS and are public; libraries of others go under LINK.
function(ostler_library name)
  cmake_parse_arguments(lib "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${lib_SOURCES})
  target_link_libraries(${name} PUBLIC ostler_flags ${lib_DEPENDS} ${lib_LINK})
  set_property(GLOBAL APPEND PROPERTY OSTLER_LIBRARIES ${name})
endfunction()

# ostler_program(NAME SOURCES main.cpp DEPENDS ostler_simulation ...)
function(ostler_program name)
  cmake_parse_arguments(program "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_executable(${name} ${program_SOURCES})
  target_link_libraries(${name} PRIVATE ostler_flags ${program_DEPENDS} ${program_LINK})
endfunction()

# ostler_sources_of(RESULT ostler_a ...): the source files of these libraries, to be compiled in another way.
function(ostler_sources_of result)
  set(sources "")
  foreach(library IN LISTS ARGN)
    get_target_property(folder ${library} SOURCE_DIR)
    get_target_property(files ${library} SOURCES)
    foreach(file IN LISTS files)
      cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${folder}")
      list(APPEND sources "${file}")
    endforeach()
  endforeach()
  set(${result} "${sources}" PARENT_SCOPE)
endfunction()

# ostler_planted_library(NAME OF ostler_a ostler_b ... DEPENDS ostler_c ...)
# The sources of the named libraries compiled anew with the planted faults of base/planted_fault.hpp switchable. For
# tests of the checkers only; nothing that is shipped links it.
function(ostler_planted_library name)
  cmake_parse_arguments(lib "" "" "OF;DEPENDS" ${ARGN})
  ostler_sources_of(sources ${lib_OF})
  add_library(${name} STATIC ${sources})
  target_compile_definitions(${name} PUBLIC OSTLER_PLANTED_FAULTS)
  target_link_libraries(${name} PUBLIC ostler_flags ${lib_DEPENDS})
endfunction()

# ostler_static_program(NAME SOURCES main.cpp OF ostler_a ostler_b ...
#   INSTEAD_OF_SHARED what_replaces_a_shared_library.cpp ... LINK libfoo.a ...)
# One file that runs anywhere: the named libraries linked statically, with whatever is never reached left out. What is
# shipped is compiled anew for size; elsewhere the libraries serve as they are, because a second compilation would double
# the time of every build. Under the sanitizers, which cannot be linked statically, it is an ordinary program.
function(ostler_static_program name)
  cmake_parse_arguments(program "" "" "SOURCES;OF;INSTEAD_OF_SHARED;LINK" ${ARGN})
  if(OSTLER_SANITIZE OR OSTLER_COVERAGE)
    ostler_program(${name} SOURCES ${program_SOURCES} DEPENDS ${program_OF})
    return()
  endif()
  add_executable(${name} ${program_SOURCES} ${program_INSTEAD_OF_SHARED})
  target_link_libraries(${name} PRIVATE ostler_flags ${program_LINK})
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    ostler_sources_of(sources ${program_OF})
    target_sources(${name} PRIVATE ${sources})
    # Over all files at once: smaller, but the link takes its time.
    target_compile_options(${name} PRIVATE -Os -g0 -ffunction-sections -fdata-sections -fvisibility=hidden -flto)
    target_link_options(${name} PRIVATE -flto)
  else()
    # Named as files: as targets they would bring the shared libraries that they ask for.
    foreach(library IN LISTS program_OF)
      target_link_libraries(${name} PRIVATE "$<TARGET_FILE:${library}>")
      add_dependencies(${name} ${library})
    endforeach()
  endif()
  target_link_options(${name} PRIVATE -static -Wl,--gc-sections -Wl,--icf=all -Wl,-s)
endfunction()
