// What administrators of ESXi hosts see, as JSON. As render_records.h: field names are API, absent
// values are null, texts of hosts are escaped. Pure functions: any thread.
#pragma once

#include "engine/appraise/esxi_status.h"
#include "engine/pipeline/host_table.h"
#include "engine/verdict/esxi_attestation.h"
#include "transport/render/json.h"

namespace quotemill::transport {

// status ("Passed", "Warning", "Failed", "N/A"), colour, key, message, cause, remedy, vsphere.
Json render_attestation(const EsxiAttestation& attestation);

// attestation, last_attested, image{name, version, build, match, approved, acceptance, other_vibs,
// ambiguous},
// version, build, secure_boot{state ("on", "off", "unproven"), because}, txt ("launched",
// "not_launched"), tpm{manufacturer, model, version, firmware, ek_sha256, ek_issuer},
// exec_installed_only, asset_tag, modules, secret_typed, layout; and what a policy may list of it:
// loaders[], authorities[], signers[]. Without a believable log all that
// it would tell is null.
// `ek_certificate` is the DER that the host's record names; empty: none.
Json render_esxi_host(const Host& host, ByteView ek_certificate, const EsxiStatus& status);

// modules[]{module, before, after, vib_before, vib_after}, vibs[]{vib, before, after}.
Json render_software_changes(const SoftwareChanges& changes);

}  // namespace quotemill::transport
