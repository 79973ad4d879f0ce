// The Authenticode hash of an EFI image: its identity in PCR 4 (and PCR 2, for drivers), in dbx and
// in a signature. It leaves out what signing changes, so that an image has the same before and
// after.
//
// Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash"; PFP
// 1.06, 10.2.3 asks firmware for this hash in every bank. What is hashed is the file as it is:
// tools that sign pad a file of odd size to 8 bytes before, so that an unsigned one of odd size has
// another hash than they print, and firmware's is the one given here.
#pragma once

#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill {

// The bytes that are hashed, in order; views of `file`. Errors are those of read_pe_image().
Result<std::vector<ByteView>> authenticode_parts(ByteView file);

// Their hash. REQUIRES: can_hash(algorithm)
Result<Digest> authenticode(HashAlgorithm algorithm, ByteView file);

}  // namespace quotemill
