# Installs what 'quotemill' says of itself from the build folder BUILD into a folder of its own, and
# fails if a file is not where it is looked for, or is empty.
string(RANDOM LENGTH 8 suffix)
set(prefix ${BUILD}/install_test.${suffix})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component quotemill_texts --prefix ${prefix}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(missing)
foreach(file
    share/man/man1/quotemill.1
    share/bash-completion/completions/quotemill
    share/zsh/site-functions/_quotemill
    share/fish/vendor_completions.d/quotemill.fish)
  set(size 0)
  if(EXISTS ${prefix}/${file})
    file(SIZE ${prefix}/${file} size)
  endif()
  if(size EQUAL 0)
    list(APPEND missing ${file})
  endif()
endforeach()
file(REMOVE_RECURSE ${prefix})
if(missing)
  message(FATAL_ERROR "not installed, or empty: ${missing}")
endif()
