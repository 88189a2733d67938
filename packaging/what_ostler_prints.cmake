# A part of the installation: the files whose text `ostler` itself prints, asked for from the program that has just been
# built. They are not made by the build, because the unit of systemd names the program by the prefix that is known only
# now. CMakeLists.txt beside this sets `ostler` and `written`.

# ostler_prints(FILE WORDS...): FILE, below the prefix, becomes what `ostler WORDS` prints.
function(ostler_prints file)
  cmake_path(GET file FILENAME name)
  cmake_path(GET file PARENT_PATH folder)
  execute_process(COMMAND "${ostler}" ${ARGN} OUTPUT_FILE "${written}/${name}" COMMAND_ERROR_IS_FATAL ANY)
  if(name MATCHES "\\.1$")
    execute_process(COMMAND gzip -9nf "${written}/${name}" COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND name .gz)
  endif()
  file(INSTALL "${written}/${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${folder}")
  # Functions have variables of their own, and the manifest is one of whoever called.
  set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${written}")
file(MAKE_DIRECTORY "${written}")
ostler_prints("share/man/man1/ostler.1" __man)
ostler_prints("share/bash-completion/completions/ostler" completion bash)
ostler_prints("share/zsh/vendor-completions/_ostler" completion zsh)
ostler_prints("share/fish/vendor_completions.d/ostler.fish" completion fish)
foreach(unit IN ITEMS ostlerd.service ostlerd.socket)
  ostler_prints("lib/systemd/user/${unit}" __unit ${unit} "${CMAKE_INSTALL_PREFIX}/bin/ostlerd")
endforeach()
