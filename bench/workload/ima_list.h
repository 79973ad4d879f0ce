// A runtime list as the kernel of a server lists it: ima-ng, one shared object after another.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill::bench {

// The file of this number, and the SHA-256 of its contents.
std::string ima_path(std::size_t number);
Digest ima_file(std::size_t number);

// Template data of its entry: the digest with its algorithm's name, and the path
// (Linux, Documentation/security/IMA-templates.rst).
Bytes ima_template_data(std::size_t number);

// The binary list of files 0 to `count` - 1, with SHA-1 template hashes.
Bytes ima_list(std::size_t count);

}  // namespace quotemill::bench
