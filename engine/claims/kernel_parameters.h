// The parameters of a Linux kernel's command line, as those read them who act on them: the kernel
// (lib/cmdline.c, next_arg; kernel/params.c, parameq) and systemd (proc-cmdline.c).
//
// Borrows nothing; linear in the line. The texts may hold secrets: what is shown of one passes
// shown_parameter().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quotemill {

// Split at white space outside of double quotes, the quotes around a parameter or its value taken
// off. A NUL counts as white space: a reader who stops there sees less, none sees more.
std::vector<std::string> kernel_parameters(std::string_view line);

// Every way to write the parameter for which a rule may have been written: in names, '-' and '_'
// are the same, and systemd takes off single quotes and quotes within. The parameter itself first.
std::vector<std::string> spellings(std::string_view parameter);

// For people: printable, without the value of a secret.
std::string shown_parameter(std::string_view parameter);

}  // namespace quotemill
