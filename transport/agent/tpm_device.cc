#include "transport/agent/tpm_device.h"

#include <array>
#include <cassert>
#include <utility>

#include <tss2/tss2_mu.h>

#include "engine/base/limits.h"
#include "engine/tpm/quote.h"
#include "engine/tpm/signature.h"
#include "transport/agent/esys_session.h"
#include "transport/agent/key_templates.h"
#include "transport/agent/tss_marshal.h"

namespace quotemill::agent {
namespace {

constexpr int kQuoteAttemptsMax = 5;
constexpr std::uint32_t kNvReadSizeDefault = 512;  // every PC Client TPM manages that much

template <class Sized>
Result<Sized> sized_buffer(ByteView bytes, const char* context) {
  Sized out{};
  if (bytes.size() > sizeof out.buffer) {
    return Error{ErrorCode::kTooLarge, context, 0, {}};
  }
  out.size = static_cast<UINT16>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), std::begin(out.buffer));
  return out;
}

Result<TPML_PCR_SELECTION> to_tpml(const std::vector<PcrSelection>& selections) {
  TPML_PCR_SELECTION out{};
  if (selections.size() > std::size(out.pcrSelections)) {
    return Error{ErrorCode::kTooLarge, "TPML_PCR_SELECTION", 0, {}};
  }
  for (const PcrSelection& selection : selections) {
    TPMS_PCR_SELECTION& to = out.pcrSelections[out.count++];
    to.hash = static_cast<TPMI_ALG_HASH>(selection.bank);
    to.sizeofSelect = 3;
    for (std::size_t i = 0; i < 3; ++i) {
      to.pcrSelect[i] = static_cast<BYTE>(selection.mask >> (8 * i) & 0xFFU);
    }
  }
  return out;
}

std::uint32_t mask_of(const TPMS_PCR_SELECTION& selection) {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < 3 && i < selection.sizeofSelect; ++i) {
    mask |= static_cast<std::uint32_t>(selection.pcrSelect[i]) << (8 * i);
  }
  return mask;
}

Error bank_missing(HashAlgorithm bank) {
  return {ErrorCode::kUnsupported, "TPM2_PCR_Read", 0,
          "the TPM has no " + std::string(name_of(bank)) + " bank enabled"};
}

// The next (at most eight) values of one bank; nothing read means that the bank is not there.
Result<void> read_some(EsysSession& session, PcrSelection wanted, PcrBank& bank) {
  const Result<TPML_PCR_SELECTION> selection = to_tpml({wanted});
  if (!selection) {
    return selection.error();
  }
  std::uint32_t updates = 0;
  EsysOut<TPML_PCR_SELECTION> read;
  EsysOut<TPML_DIGEST> values;
  Result<void> done = session.run("TPM2_PCR_Read", [&] {
    return Esys_PCR_Read(session.context(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &*selection,
                         &updates, read.out(), values.out());
  });
  if (!done) {
    return done;
  }
  const std::uint32_t mask = read->count == 0 ? 0 : mask_of(read->pcrSelections[0]) & wanted.mask;
  std::uint32_t next = 0;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount && next < values->count; ++pcr) {
    if ((mask >> pcr & 1U) == 0) {
      continue;
    }
    const TPM2B_DIGEST& raw = values->digests[next++];
    const auto value = Digest::from(wanted.bank, ByteView(raw.buffer, raw.size));
    if (!value) {
      return bank_missing(wanted.bank);
    }
    bank.set(pcr, *value);
  }
  return next == 0 ? Result<void>(bank_missing(wanted.bank)) : Result<void>();
}

// Who may read an NV index: itself, or the owner.
Result<ESYS_TR> nv_reader(const TPMS_NV_PUBLIC& index, ESYS_TR handle) {
  if ((index.attributes & TPMA_NV_AUTHREAD) != 0) {
    return handle;
  }
  if ((index.attributes & TPMA_NV_OWNERREAD) != 0) {
    return ESYS_TR_RH_OWNER;
  }
  return Error{ErrorCode::kDenied, "TPM2_NV_Read", 0,
               "the EK certificate's NV index may be read by the platform only"};
}

// Whether the PCR values are those that the quote covers.
Result<bool> quote_covers(const TpmQuote& quote, const std::vector<PcrSelection>& selections,
                          const std::vector<PcrBank>& pcrs) {
  const Result<Quote> decoded = decode_quote(quote.attest);
  if (!decoded) {
    return decoded.error();
  }
  const Result<SignatureView> signature = decode_signature(quote.signature);
  if (!signature) {
    return signature.error();
  }
  if (decoded->selections != selections) {
    return Error{ErrorCode::kUnsupported, "TPM2_Quote", 0,
                 "the TPM did not quote the banks and PCRs that were asked for"};
  }
  const std::optional<Digest> digest = pcr_digest(selections, pcrs, signature->hash);
  return digest && equal(digest->view(), decoded->pcr_digest);
}

}  // namespace

Result<TpmDevice> TpmDevice::open(const std::string& tcti) {
  Result<std::shared_ptr<EsysSession>> session = EsysSession::open(tcti);
  if (!session) {
    return session.error();
  }
  return TpmDevice(std::move(*session));
}

Result<Bytes> TpmDevice::ek_certificate(EkKind kind) {
  const std::uint32_t index = ek_profile(kind).certificate_index;
  const Result<bool> present = session_->has_handle(index);
  if (!present) {
    return present.error();
  }
  if (!*present) {
    return Error{ErrorCode::kNotFound, "EK certificate", 0,
                 "the TPM holds none for an " + std::string(name_of(kind)) + " EK"};
  }
  ESYS_CONTEXT* const esys = session_->context();
  ClosedHandle nv(*session_);
  EsysOut<TPM2B_NV_PUBLIC> nv_public;
  EsysOut<TPM2B_NAME> name;
  const Result<void> opened = session_->run("TPM2_NV_ReadPublic", [&]() -> TSS2_RC {
    const TSS2_RC code =
        Esys_TR_FromTPMPublic(esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nv.out());
    return code != TSS2_RC_SUCCESS ? code
                                   : Esys_NV_ReadPublic(esys, nv.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                                        ESYS_TR_NONE, nv_public.out(), name.out());
  });
  if (!opened) {
    return opened.error();
  }
  const std::size_t size = nv_public->nvPublic.dataSize;
  if (size > limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "EK certificate", 0, {}};
  }
  const Result<ESYS_TR> reader = nv_reader(nv_public->nvPublic, nv.get());
  if (!reader) {
    return reader.error();
  }
  const std::size_t chunk_max = session_->property(TPM2_PT_NV_BUFFER_MAX, kNvReadSizeDefault);
  Bytes certificate;
  while (certificate.size() < size) {
    EsysOut<TPM2B_MAX_NV_BUFFER> chunk;
    const auto want = static_cast<UINT16>(std::min(chunk_max, size - certificate.size()));
    const auto offset = static_cast<UINT16>(certificate.size());
    const Result<void> read = session_->run("TPM2_NV_Read", [&] {
      return Esys_NV_Read(esys, *reader, nv.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                          want, offset, chunk.out());
    });
    if (!read) {
      return read.error();
    }
    if (chunk->size == 0) {
      return Error{ErrorCode::kTruncated, "EK certificate", certificate.size(), {}};
    }
    certificate.insert(certificate.end(), chunk->buffer, chunk->buffer + chunk->size);
  }
  return certificate;
}

Result<TpmQuote> TpmDevice::quote(const TpmKey& ak, const std::vector<PcrSelection>& selections,
                                  ByteView qualifying_data) {
  const Result<TPML_PCR_SELECTION> selection = to_tpml(selections);
  if (!selection) {
    return selection.error();
  }
  const Result<TPM2B_DATA> data = sized_buffer<TPM2B_DATA>(qualifying_data, "TPM2B_DATA");
  if (!data) {
    return data.error();
  }
  TPMT_SIG_SCHEME own_scheme{};
  own_scheme.scheme = TPM2_ALG_NULL;
  EsysOut<TPM2B_ATTEST> attest;
  EsysOut<TPMT_SIGNATURE> signature;
  const Result<void> done = session_->run("TPM2_Quote", [&] {
    return Esys_Quote(session_->context(), ak.handle_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                      &*data, &own_scheme, &*selection, attest.out(), signature.out());
  });
  if (!done) {
    return done.error();
  }
  Result<Bytes> signature_bytes =
      marshalled(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal, "TPMT_SIGNATURE");
  if (!signature_bytes) {
    return signature_bytes.error();
  }
  return TpmQuote{Bytes(attest->attestationData, attest->attestationData + attest->size),
                  std::move(*signature_bytes)};
}

Result<std::vector<PcrBank>> TpmDevice::read_pcrs(const std::vector<PcrSelection>& selections) {
  std::vector<PcrBank> banks;
  for (const PcrSelection& selection : selections) {
    PcrBank bank(selection.bank);
    // Each turn reads at least one value, so there are at most 24.
    while (bank.mask() != selection.mask) {
      const PcrSelection wanted{selection.bank, selection.mask & ~bank.mask()};
      const Result<void> read = read_some(*session_, wanted, bank);
      if (!read) {
        return read.error();
      }
    }
    banks.push_back(bank);
  }
  return banks;
}

Result<TpmQuoteWithPcrs> TpmDevice::quote_with_pcrs(const TpmKey& ak,
                                                    const std::vector<PcrSelection>& selections,
                                                    ByteView qualifying_data) {
  for (int attempt = 0; attempt < kQuoteAttemptsMax; ++attempt) {
    Result<std::vector<PcrBank>> pcrs = read_pcrs(selections);
    if (!pcrs) {
      return pcrs.error();
    }
    Result<TpmQuote> quoted = quote(ak, selections, qualifying_data);
    if (!quoted) {
      return quoted.error();
    }
    const Result<bool> covered = quote_covers(*quoted, selections, *pcrs);
    if (!covered) {
      return covered.error();
    }
    if (*covered) {
      return TpmQuoteWithPcrs{std::move(*quoted), std::move(*pcrs)};
    }
  }
  return Error{ErrorCode::kBusy, "TPM2_Quote", 0,
               "PCRs were extended between reading and quoting, five times in a row"};
}

Result<void> TpmDevice::extend(std::uint32_t pcr, const std::vector<Digest>& digests) {
  TPML_DIGEST_VALUES values{};
  if (pcr >= limits::kPcrCount || digests.size() > std::size(values.digests)) {
    return Error{ErrorCode::kTooLarge, "TPM2_PCR_Extend", 0, {}};
  }
  for (const Digest& digest : digests) {
    TPMT_HA& to = values.digests[values.count++];
    to.hashAlg = static_cast<TPMI_ALG_HASH>(digest.algorithm());
    const ByteView view = digest.view();
    std::copy(view.begin(), view.end(), to.digest.sha512);
  }
  return session_->run("TPM2_PCR_Extend", [&] {
    return Esys_PCR_Extend(session_->context(), ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                           ESYS_TR_NONE, &values);
  });
}

}  // namespace quotemill::agent
