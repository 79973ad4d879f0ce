// TpmDevice: this machine's TPM 2.0, as the agent needs it.
//
// The only place that speaks to a TPM (tpm2-tss ESAPI over a TCTI). What leaves it are marshalled
// structures of the TPM specification, which engine/tpm parses like any other untrusted bytes.
//
// Keys live in the endorsement hierarchy: for others the TPM obfuscates resetCount, restartCount
// and firmwareVersion in quotes (TPM 2.0 Part 1, 36.7), and the engine could not compare them.
//
// Every transient object and session is flushed when its owner goes, on error paths too, so that
// nothing is left behind in a TPM that other programs use (a resource manager, /dev/tpmrm0 or
// tabrmd, keeps the programs apart). Commands that the TPM answers with RETRY, TESTING or YIELDED
// are sent again for about two seconds, then kBusy.
//
// Errors: kIo the TPM cannot be reached; kTpm it refused (the detail decodes its code and says what
// helps, where we know); kUnsupported it lacks an algorithm or a bank.
//
// Not for sharing between threads; a TpmDevice and its TpmKeys belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/tpm/pcr.h"

namespace quotemill::agent {

class EsysSession;  // transport/agent/esys_session.h

// The Endorsement Keys of the TCG EK Credential Profile 2.3 (Annex B): L-1 and L-2 of the low
// range; H-3, of the high range, is what newer TPMs (and swtpm) carry for P-384.
enum class EkKind : std::uint8_t { kRsa2048, kEccP256, kEccP384 };

// The Attestation Keys we make; all sign with SHA-256.
enum class AkKind : std::uint8_t { kRsassa2048, kRsapss2048, kEcdsaP256 };

// "rsa2048", "ecc_p256", "ecc_p384"; "rsassa2048", "rsapss2048", "ecdsa_p256": names in settings
// and in the state folder.
std::string_view name_of(EkKind kind);
std::string_view name_of(AkKind kind);
std::optional<EkKind> ek_kind_named(std::string_view name);
std::optional<AkKind> ak_kind_named(std::string_view name);

// An AK outside the TPM. The private half is encrypted by its parent, the EK: only the TPM that
// made it can load it, so the blobs are no secret (but are kept like one).
struct AkBlobs {
  Bytes public_blob;   // TPM2B_PUBLIC, with the length
  Bytes private_blob;  // TPM2B_PRIVATE, with the length
};

// A key loaded in the TPM; flushed when it goes. Keeps the connection to the TPM alive.
class TpmKey {
 public:
  TpmKey(TpmKey&& other) noexcept;
  TpmKey& operator=(TpmKey&& other) noexcept;
  TpmKey(const TpmKey&) = delete;
  TpmKey& operator=(const TpmKey&) = delete;
  ~TpmKey();

  // Its TPMT_PUBLIC, without a TPM2B length.
  [[nodiscard]] const Bytes& public_area() const { return public_area_; }

 private:
  friend class TpmDevice;

  TpmKey() = default;
  void release() noexcept;

  std::shared_ptr<EsysSession> session_;
  std::uint32_t handle_ = 0;  // ESYS_TR
  bool persistent_ = false;   // closed, not flushed
  bool user_auth_ = true;     // its auth value suffices; else the EK's policy is needed
  Bytes public_area_;
};

// A quote as the TPM gave it.
struct TpmQuote {
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE
};

// A quote, and PCR values that its digest covers.
struct TpmQuoteWithPcrs {
  TpmQuote quote;
  std::vector<PcrBank> pcrs;
};

class TpmDevice {
 public:
  // `tcti` as tpm2-tools take it: "device:/dev/tpmrm0", "swtpm:path=…", "swtpm:host=…,port=…",
  // "tabrmd:…". Over swtpm, which serves one client at a time and has no resource manager, objects
  // and sessions that a killed client left behind are flushed.
  static Result<TpmDevice> open(const std::string& tcti);

  // The EK certificate as it lies in NV: perhaps with a header or padding, which
  // Certificate::from_nv() knows. kNotFound if the TPM has none for this kind of EK.
  Result<Bytes> ek_certificate(EkKind kind);

  // The persistent EK (0x81010001, 0x81010002, 0x81010016) if there is one of the default template,
  // else one created from it, which takes a hardware TPM some seconds.
  Result<TpmKey> endorsement_key(EkKind kind);

  // A new AK under the EK: restricted, sign, fixedTPM, fixedParent, sensitiveDataOrigin,
  // userWithAuth, noDA, with an empty auth value.
  Result<AkBlobs> create_ak(const TpmKey& ek, AkKind kind);

  // kTpm if another TPM or another EK made the blobs.
  Result<TpmKey> load_ak(const TpmKey& ek, const AkBlobs& blobs);

  // The secret of a credential made for this EK and this AK's Name. The arguments are
  // TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET, with their lengths; kTpm if they were made for
  // another EK or AK.
  Result<Bytes> activate_credential(const TpmKey& ek, const TpmKey& ak, ByteView id_object,
                                    ByteView encrypted_secret);

  // `qualifying_data` is at most limits::kQualifyingDataSizeMax bytes.
  Result<TpmQuote> quote(const TpmKey& ak, const std::vector<PcrSelection>& selections,
                         ByteView qualifying_data);

  // One bank per selection, in its order. kUnsupported if the TPM does not have the bank enabled.
  // Values of several reads (the TPM gives eight at a time) may be of different moments.
  Result<std::vector<PcrBank>> read_pcrs(const std::vector<PcrSelection>& selections);

  // Reads and quotes until the values read are those quoted, five times at most, then kBusy: PCRs
  // may be extended at any time (PCR 10 by IMA).
  Result<TpmQuoteWithPcrs> quote_with_pcrs(const TpmKey& ak,
                                           const std::vector<PcrSelection>& selections,
                                           ByteView qualifying_data);

  // Extends `pcr` with one digest for each bank named. Banks that are not named stay as they are.
  Result<void> extend(std::uint32_t pcr, const std::vector<Digest>& digests);

  // TPMT_PUBLIC of blobs, without loading them.
  static Result<Bytes> public_area_of(const AkBlobs& blobs);

 private:
  explicit TpmDevice(std::shared_ptr<EsysSession> session) : session_(std::move(session)) {}

  Result<std::optional<TpmKey>> persistent_key(EkKind kind);
  Result<TpmKey> created_key(EkKind kind);

  std::shared_ptr<EsysSession> session_;
};

}  // namespace quotemill::agent
