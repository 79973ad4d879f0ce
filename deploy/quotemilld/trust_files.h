// The operator's files of trust: vendors' certificates and the list of EKs.
#pragma once

#include "deploy/common/log.h"
#include "deploy/quotemilld/config.h"
#include "engine/base/result.h"
#include "transport/server/enrolment_service.h"

namespace quotemill::daemon {

// Reads every file of the roots folder (PEM or DER; roots and intermediates) and the EK list. A
// file that is no certificate is left out with a line in the log that names it; a roots folder that
// is not there means that no EK certificate is accepted, and says so. A mistake in the EK list is
// kConfig with file and line: nothing may be admitted by a list that was not understood.
Result<transport::AdmissionInputs> load_trust_files(const Config::Trust& trust,
                                                    const program::Log& log);

// The EK list's text: lines "<EK> <host name>"; '#' begins a comment. The EK is the SHA-256 of its
// public key's SubjectPublicKeyInfo (64 hexadecimal digits), or the name of a file that holds the
// key (PEM, as `tpm2_readpublic -f pem` writes it) or its certificate, seen from the list's own
// folder.
Result<EkList> parse_ek_list(std::string_view text, std::string_view file_name);

}  // namespace quotemill::daemon
