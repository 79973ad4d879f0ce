// EsxiStatus: what the boot log of an ESXi host tells its administrators beside the verdict. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/esxi/image/software_changes.h"
#include "engine/esxi/log/esxi_format.h"
#include "engine/policy/snapshot.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

struct EsxiStatus {
  EsxiLayout layout = EsxiLayout::kNone;  // kNone: not a log of ESXi; all else is empty
  // The log obeys ESXi's order and its quote proved all of ESXi's PCRs; else nothing below is told.
  bool is_believed = false;
  std::uint32_t modules = 0;
  EsxiVersion version;  // as the boot loader's record tells it
  // What was booted, by the images that the snapshot knows; null if it knows none.
  std::shared_ptr<const StaticSoftware> software;
  std::uint32_t ambiguous = 0;  // modules of which it is not known which VIB brought them
  // What started it, who let that run, and who signed its modules: what a policy lists of a host
  // that is known to be good. Loaders are none if their PCRs are not proven.
  std::vector<Digest> loaders;
  std::vector<Digest> authorities;
  std::vector<Digest> signers;
  // Proven by PCR 7, with an authority for the boot loader; nullopt: not proven, and why.
  std::optional<bool> secure_boot;
  std::string secure_boot_doubt;
  bool is_launched_by_txt = false;
  std::optional<bool> exec_installed_only;  // as the kernel says
  std::string asset_tag;                    // as sent: escape it
  bool has_secret = false;                  // one was typed at the boot loader
};

// Of a log as kept, against the values that a quote proved.
EsxiStatus esxi_status(ByteView kept_log, const PcrBank& proven, const Snapshot& snapshot);

// What the later of two boots of a host has otherwise than the earlier one, by the images that the
// snapshot knows. Logs as kept, each proven when it was judged; nullopt if one of them is not
// ESXi's, or not in ESXi's order, or no image is known.
std::optional<SoftwareChanges> esxi_changes(ByteView before, ByteView after, HashAlgorithm bank,
                                            const Snapshot& snapshot);

}  // namespace quotemill
