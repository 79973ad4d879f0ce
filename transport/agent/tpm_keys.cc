// The keys of transport/agent/tpm_device.h: Endorsement Keys, Attestation Keys, credentials.
#include <utility>

#include <tss2/tss2_mu.h>

#include "transport/agent/esys_session.h"
#include "transport/agent/key_templates.h"
#include "transport/agent/tpm_device.h"
#include "transport/agent/tss_marshal.h"

namespace quotemill::agent {
namespace {

Result<Bytes> encoded_area(const TPM2B_PUBLIC& area) {
  return marshalled(area.publicArea, Tss2_MU_TPMT_PUBLIC_Marshal, "TPMT_PUBLIC");
}

// TPM2_PolicySecret for an EK of the low range, whose auth value does not serve; else its password.
Result<ESYS_TR> ek_authorisation(EsysSession& session, bool user_auth, FlushedHandle& policy) {
  if (user_auth) {
    return ESYS_TR_PASSWORD;
  }
  const Result<void> started = start_ek_policy(session, policy);
  if (!started) {
    return started.error();
  }
  return policy.get();
}

}  // namespace

TpmKey::TpmKey(TpmKey&& other) noexcept
    : session_(std::move(other.session_)),
      handle_(std::exchange(other.handle_, 0)),
      persistent_(other.persistent_),
      user_auth_(other.user_auth_),
      public_area_(std::move(other.public_area_)) {}

TpmKey& TpmKey::operator=(TpmKey&& other) noexcept {
  if (this != &other) {
    release();
    session_ = std::move(other.session_);
    handle_ = std::exchange(other.handle_, 0);
    persistent_ = other.persistent_;
    user_auth_ = other.user_auth_;
    public_area_ = std::move(other.public_area_);
  }
  return *this;
}

TpmKey::~TpmKey() {
  release();
}

void TpmKey::release() noexcept {
  if (session_ == nullptr) {
    return;
  }
  if (persistent_) {
    Esys_TR_Close(session_->context(), &handle_);
  } else {
    Esys_FlushContext(session_->context(), handle_);
  }
  session_.reset();
}

Result<TpmKey> TpmDevice::endorsement_key(EkKind kind) {
  Result<std::optional<TpmKey>> persistent = persistent_key(kind);
  if (!persistent) {
    return persistent.error();
  }
  if (persistent->has_value()) {
    return std::move(**persistent);
  }
  return created_key(kind);
}

Result<std::optional<TpmKey>> TpmDevice::persistent_key(EkKind kind) {
  const EkProfile profile = ek_profile(kind);
  const Result<bool> present = session_->has_handle(profile.persistent_handle);
  if (!present) {
    return present.error();
  }
  if (!*present) {
    return std::optional<TpmKey>();
  }
  ESYS_CONTEXT* const esys = session_->context();
  ClosedHandle handle(*session_);
  EsysOut<TPM2B_PUBLIC> found;
  const Result<void> read = session_->run("TPM2_ReadPublic", [&]() -> TSS2_RC {
    const TSS2_RC code = Esys_TR_FromTPMPublic(esys, profile.persistent_handle, ESYS_TR_NONE,
                                               ESYS_TR_NONE, ESYS_TR_NONE, handle.out());
    return code != TSS2_RC_SUCCESS ? code
                                   : Esys_ReadPublic(esys, handle.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                                     ESYS_TR_NONE, found.out(), nullptr, nullptr);
  });
  if (!read) {
    return read.error();
  }
  if (!follows_template(found->publicArea, profile.public_template.publicArea)) {
    return std::optional<TpmKey>();
  }
  Result<Bytes> area = encoded_area(*found);
  if (!area) {
    return area.error();
  }
  TpmKey key;
  key.session_ = session_;
  key.handle_ = handle.release();
  key.persistent_ = true;
  key.user_auth_ = (found->publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH) != 0;
  key.public_area_ = std::move(*area);
  return std::optional<TpmKey>(std::move(key));
}

Result<TpmKey> TpmDevice::created_key(EkKind kind) {
  const EkProfile profile = ek_profile(kind);
  const TPM2B_SENSITIVE_CREATE no_secret{};
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  FlushedHandle handle(*session_);
  EsysOut<TPM2B_PUBLIC> created;
  const Result<void> done = session_->run("TPM2_CreatePrimary", [&] {
    return Esys_CreatePrimary(session_->context(), ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
                              ESYS_TR_NONE, ESYS_TR_NONE, &no_secret, &profile.public_template,
                              &no_data, &no_pcrs, handle.out(), created.out(), nullptr, nullptr,
                              nullptr);
  });
  if (!done) {
    return done.error();
  }
  Result<Bytes> area = encoded_area(*created);
  if (!area) {
    return area.error();
  }
  TpmKey key;
  key.session_ = session_;
  key.handle_ = handle.release();
  key.user_auth_ = (created->publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH) != 0;
  key.public_area_ = std::move(*area);
  return key;
}

Result<AkBlobs> TpmDevice::create_ak(const TpmKey& ek, AkKind kind) {
  const TPM2B_PUBLIC public_template = ak_template(kind);
  const TPM2B_SENSITIVE_CREATE no_secret{};
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  FlushedHandle policy(*session_);
  const Result<ESYS_TR> authorisation = ek_authorisation(*session_, ek.user_auth_, policy);
  if (!authorisation) {
    return authorisation.error();
  }
  EsysOut<TPM2B_PRIVATE> private_part;
  EsysOut<TPM2B_PUBLIC> public_part;
  const Result<void> done = session_->run("TPM2_Create", [&] {
    return Esys_Create(session_->context(), ek.handle_, *authorisation, ESYS_TR_NONE, ESYS_TR_NONE,
                       &no_secret, &public_template, &no_data, &no_pcrs, private_part.out(),
                       public_part.out(), nullptr, nullptr, nullptr);
  });
  if (!done) {
    return done.error();
  }
  Result<Bytes> public_blob =
      marshalled(*public_part, Tss2_MU_TPM2B_PUBLIC_Marshal, "TPM2B_PUBLIC");
  Result<Bytes> private_blob =
      marshalled(*private_part, Tss2_MU_TPM2B_PRIVATE_Marshal, "TPM2B_PRIVATE");
  if (!public_blob || !private_blob) {
    return public_blob ? private_blob.error() : public_blob.error();
  }
  return AkBlobs{std::move(*public_blob), std::move(*private_blob)};
}

Result<TpmKey> TpmDevice::load_ak(const TpmKey& ek, const AkBlobs& blobs) {
  const auto public_part =
      unmarshalled<TPM2B_PUBLIC>(blobs.public_blob, Tss2_MU_TPM2B_PUBLIC_Unmarshal, "TPM2B_PUBLIC");
  if (!public_part) {
    return public_part.error();
  }
  const auto private_part = unmarshalled<TPM2B_PRIVATE>(
      blobs.private_blob, Tss2_MU_TPM2B_PRIVATE_Unmarshal, "TPM2B_PRIVATE");
  if (!private_part) {
    return private_part.error();
  }
  FlushedHandle policy(*session_);
  const Result<ESYS_TR> authorisation = ek_authorisation(*session_, ek.user_auth_, policy);
  if (!authorisation) {
    return authorisation.error();
  }
  FlushedHandle handle(*session_);
  const Result<void> done = session_->run("TPM2_Load", [&] {
    return Esys_Load(session_->context(), ek.handle_, *authorisation, ESYS_TR_NONE, ESYS_TR_NONE,
                     &*private_part, &*public_part, handle.out());
  });
  if (!done) {
    return done.error();
  }
  Result<Bytes> area = encoded_area(*public_part);
  if (!area) {
    return area.error();
  }
  TpmKey key;
  key.session_ = session_;
  key.handle_ = handle.release();
  key.public_area_ = std::move(*area);
  return key;
}

Result<Bytes> TpmDevice::activate_credential(const TpmKey& ek, const TpmKey& ak, ByteView id_object,
                                             ByteView encrypted_secret) {
  const auto credential = unmarshalled<TPM2B_ID_OBJECT>(
      id_object, Tss2_MU_TPM2B_ID_OBJECT_Unmarshal, "TPM2B_ID_OBJECT");
  if (!credential) {
    return credential.error();
  }
  const auto secret = unmarshalled<TPM2B_ENCRYPTED_SECRET>(
      encrypted_secret, Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal, "TPM2B_ENCRYPTED_SECRET");
  if (!secret) {
    return secret.error();
  }
  FlushedHandle policy(*session_);
  const Result<ESYS_TR> authorisation = ek_authorisation(*session_, ek.user_auth_, policy);
  if (!authorisation) {
    return authorisation.error();
  }
  EsysOut<TPM2B_DIGEST> released;
  const Result<void> done = session_->run("TPM2_ActivateCredential", [&] {
    return Esys_ActivateCredential(session_->context(), ak.handle_, ek.handle_, ESYS_TR_PASSWORD,
                                   *authorisation, ESYS_TR_NONE, &*credential, &*secret,
                                   released.out());
  });
  if (!done) {
    return done.error();
  }
  return Bytes(released->buffer, released->buffer + released->size);
}

Result<Bytes> TpmDevice::public_area_of(const AkBlobs& blobs) {
  const auto public_part =
      unmarshalled<TPM2B_PUBLIC>(blobs.public_blob, Tss2_MU_TPM2B_PUBLIC_Unmarshal, "TPM2B_PUBLIC");
  if (!public_part) {
    return public_part.error();
  }
  return encoded_area(*public_part);
}

}  // namespace quotemill::agent
