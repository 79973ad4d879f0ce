// What the commands about hosts show of ESXi hosts, in the words of vSphere's administrators.
#pragma once

#include "deploy/quotemill/output.h"

namespace quotemill::cli {

class Session;

// "Passed", "Warning", "Failed", "N/A" in the dashboard's colours; "-" for null: no ESXi host.
Cell attestation_cell(const Json& attestation);

// The section of an ESXi host in what `host` shows; nothing of others.
void print_esxi(const Session& session, const Json& host);

}  // namespace quotemill::cli
