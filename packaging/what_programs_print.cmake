# A part of the installation: the files whose text the programs themselves print, asked for from those that have just
# been built. They are not made by the build, because the unit of systemd names its program by the prefix that is known
# only now. CMakeLists.txt beside this sets `ostler`, `others`, `version` and `written`.

# ostler_place(FILE): what lies in `written` under the name of FILE becomes FILE, below the prefix.
function(ostler_place file)
  cmake_path(GET file FILENAME name)
  cmake_path(GET file PARENT_PATH folder)
  if(name MATCHES "\\.1$")
    execute_process(COMMAND gzip -9nf "${written}/${name}" COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND name .gz)
  endif()
  file(INSTALL "${written}/${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${folder}")
  # Functions have variables of their own, and the manifest is one of whoever called.
  set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}" PARENT_SCOPE)
endfunction()

# ostler_prints(FILE WORDS...): FILE becomes what `ostler WORDS` prints.
function(ostler_prints file)
  cmake_path(GET file FILENAME name)
  execute_process(COMMAND "${ostler}" ${ARGN} OUTPUT_FILE "${written}/${name}" COMMAND_ERROR_IS_FATAL ANY)
  ostler_place("${file}")
  set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}" PARENT_SCOPE)
endfunction()

# ostler_help_as_man(PROGRAM): the man page of a program with few words is its --help, whose first line is
# "NAME: what it is for.".
function(ostler_help_as_man program)
  cmake_path(GET program FILENAME name)
  execute_process(COMMAND "${program}" --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
  if(NOT help MATCHES "^${name}: ([^\n]+)\\.\n\n(.+)$")
    message(FATAL_ERROR "${program} --help does not begin with `${name}: what it is for.` and an empty line")
  endif()
  set(about "${CMAKE_MATCH_1}")
  set(body "${CMAKE_MATCH_2}")
  # What roff would read: backslashes and hyphens everywhere, dots and quotes at the beginning of a line.
  string(REPLACE "\\" "\\e" body "${body}")
  string(REPLACE "-" "\\-" body "${body}")
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" body "${body}")
  string(TOUPPER "${name}" title)
  file(WRITE "${written}/${name}.1"
    ".TH ${title} 1 \"\" \"ostler ${version}\" \"User Commands\"\n"
    ".SH NAME\n${name} \\- ${about}\n.SH DESCRIPTION\n.nf\n${body}.fi\n.SH SEE ALSO\n.BR ostler (1)\n")
  ostler_place("share/man/man1/${name}.1")
  set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${written}")
file(MAKE_DIRECTORY "${written}")
ostler_prints("share/man/man1/ostler.1" __man)
foreach(program IN LISTS others)
  ostler_help_as_man("${program}")
endforeach()
ostler_prints("share/bash-completion/completions/ostler" completion bash)
ostler_prints("share/zsh/vendor-completions/_ostler" completion zsh)
ostler_prints("share/fish/vendor_completions.d/ostler.fish" completion fish)
foreach(unit IN ITEMS ostlerd.service ostlerd.socket)
  ostler_prints("lib/systemd/user/${unit}" __unit ${unit} "${CMAKE_INSTALL_PREFIX}/bin/ostlerd")
endforeach()
