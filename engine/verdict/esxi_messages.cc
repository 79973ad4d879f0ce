#include "engine/verdict/esxi_messages.h"

#include <algorithm>
#include <array>

namespace quotemill {
namespace {

constexpr std::string_view kNoConnection =
    "TPM 2.0 device detected but a connection cannot be established";
constexpr std::string_view kUnverifiedVibs =
    "UEFI Secure Boot failed: Failed to verify signatures of the following vib(s)";

constexpr std::array kMessages = {
    // The log
    EsxiMessage{FindingCode::kEsxiLogGrammar,
                "Events stand in an order in which ESXi does not measure: some were relabelled.",
                "Believe nothing of this log, and inspect the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogMalformed,
                "ESXi does not write such an event.",
                "Look at what sends the log, then at the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogData,
                "What the log shows of an event was not measured.",
                "The log was changed afterwards: inspect the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogTagUnknown,
                "An event is of a kind that no public source of VMware's explains.",
                "A newer ESXi may have brought it. The host is not trusted for what it may hide.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogBank, "Nothing better than SHA-1 proves the log.",
                "Activate the SHA-256 PCR bank in the host's firmware, and boot it again.",
                kNoConnection},
    EsxiMessage{FindingCode::kEsxiLogTooLong,
                "The log has more events than the 1000 that ESXi's kernel keeps.",
                "Reboot the host; if it stays, look at what is loaded.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogSecret,
                "Somebody typed a recovery key or a password at the boot loader.",
                "It was measured and logged in clear on the host: make a new recovery key with "
                "'esxcli system settings encryption recovery rotate'.",
                {}},
    EsxiMessage{FindingCode::kEsxiLogSecureBoot,
                "Kernel and firmware tell different things of Secure Boot.",
                "One of them lies: inspect the host.",
                {}},
    // What was booted
    EsxiMessage{FindingCode::kEsxiImageUnknown,
                "No module of the host is of an image that was imported.",
                "Import what it was installed from: quotemill images import FILE --as NAME.",
                {}},
    EsxiMessage{FindingCode::kEsxiImageNotApproved,
                "The host booted an image that is known, and that nobody approved.",
                "Approve it (quotemill images approve), or patch the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiImageMixed,
                "Modules of two builds were booted together.",
                "A patch went in by halves: install the image again.",
                {}},
    EsxiMessage{FindingCode::kEsxiImagesAbsent,
                "No image was approved.",
                "Import and approve the images that hosts may boot.",
                {}},
    EsxiMessage{FindingCode::kEsxiModuleUnknown, "A module is of no VIB that is known.",
                "Import its VIB and approve it if it may be there; if not, isolate the host.",
                kUnverifiedVibs},
    EsxiMessage{FindingCode::kEsxiModuleChanged, "A module is not what its VIB holds.",
                "Isolate the host; install the VIB again.", kUnverifiedVibs},
    EsxiMessage{FindingCode::kEsxiModuleMissing,
                "A module of the image was not booted.",
                "Look at the host's boot.cfg; install the image again.",
                {}},
    EsxiMessage{FindingCode::kEsxiModuleExtra,
                "A module is of a VIB that nobody approved.",
                "Approve the VIB (quotemill images approve), or remove it.",
                {}},
    EsxiMessage{FindingCode::kEsxiModuleRenamed,
                "A known module stands under another name.",
                "Look at the host's boot.cfg.",
                {}},
    EsxiMessage{FindingCode::kEsxiOptions,
                "Somebody changed the boot options of the host.",
                "Look at the options file; only its digest is known here.",
                {}},
    EsxiMessage{FindingCode::kEsxiDatabase,
                "The host's image database is not known.",
                "Look at its imgdb.tgz, then import it: quotemill images import.",
                {}},
    EsxiMessage{FindingCode::kEsxiVersionConflict,
                "The host tells another version than its modules are of.",
                "Inspect the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiVersionNotApproved,
                "The policy does not allow this version.",
                "Patch the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiVersionUnknown,
                "No module is of a known esx-base, which tells the version.",
                "Import the image that the host boots.",
                {}},
    EsxiMessage{FindingCode::kEsxiVibDenied,
                "The policy denies a VIB that the host booted.",
                "Update or remove the VIB.",
                {}},
    EsxiMessage{FindingCode::kEsxiVibAcceptance,
                "Nobody vouches for a VIB as high as the policy asks for.",
                "Replace it by one of its vendor's or VMware's.", kUnverifiedVibs},
    // What let it run
    EsxiMessage{FindingCode::kEsxiSecureBoot, "Secure Boot is off, or nothing proves it.",
                "Enable UEFI Secure Boot in the host's firmware, and boot it again.",
                "Host secure boot was disabled"},
    EsxiMessage{FindingCode::kEsxiLoader,
                "Something else started the host than the policy lists.",
                "After a patch list the new boot loader in 'esxi.loaders'; else another system may "
                "stand behind ESXi's measurements: isolate the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiLoaderUnpinned,
                "No rule says what may start the host, so another system could measure the same.",
                "List what started a good host ('quotemill host' shows it) in 'esxi.loaders', or "
                "capture a baseline and compare PCR 4 with it.",
                {}},
    EsxiMessage{FindingCode::kEsxiAuthority,
                "Secure Boot let something run by a signer that the policy does not allow.",
                "If its certificate belongs there, add it to 'esxi.authorities'; if not, isolate "
                "the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiSignerTest,
                "Modules are signed by a test key, whose private half is public.",
                "Anybody could have signed them: isolate the host.",
                {}},
    EsxiMessage{FindingCode::kEsxiSignerUnknown,
                "The policy does not know who signed modules.",
                "If it is known good, add the certificate to 'esxi.signers'.",
                {}},
    EsxiMessage{FindingCode::kEsxiExecInstalledOnly,
                "The kernel may run programs that no VIB brought.",
                "Set VMkernel.Boot.execInstalledOnly, and boot the host again.",
                {}},
    EsxiMessage{FindingCode::kEsxiCommandLine,
                "The boot loader got an option of its own.",
                "Find out who set or typed it.",
                {}},
    EsxiMessage{FindingCode::kEsxiAssetTag,
                "The host's asset tag is not one of the policy's.",
                "Look whether it is the machine that it should be.",
                {}},
    // Time
    EsxiMessage{FindingCode::kStaleNoContact,
                "The host has been silent for too long.",
                "Look whether it is up and its agent runs. This clears itself with the next "
                "attestation; nothing is to be reset by hand.",
                {}},
};

}  // namespace

std::span<const EsxiMessage> esxi_own_messages() {
  return kMessages;
}

const EsxiMessage* esxi_message_of(FindingCode code) {
  for (const auto messages : {esxi_own_messages(), esxi_platform_messages()}) {
    const auto found =
        std::find_if(messages.begin(), messages.end(),
                     [code](const EsxiMessage& message) { return message.code == code; });
    if (found != messages.end()) {
      return &*found;
    }
  }
  return nullptr;
}

}  // namespace quotemill
