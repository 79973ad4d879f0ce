#include "engine/crypto/certificate_chain.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

// OpenSSL counts the certificates between the leaf and the root.
constexpr int kDepthMax = static_cast<int>(limits::kCertificateChainMax) - 2;

// Strength of a signature in bits, as OpenSSL counts: SHA-1 has 63, MD5 has 39. STMicroelectronics
// signed EK certificates with SHA-1 until 2016. That is tolerable because only the vendor chooses
// what is signed: forging one would take a second preimage, not a collision.
constexpr int kSignatureBitsMin = 60;

struct FreeStack {
  // Frees the stack alone: the certificates are borrowed.
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

using BorrowedStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::string describe(X509* certificate, int depth) {
  std::string text = "certificate " + std::to_string(depth);
  if (certificate != nullptr) {
    text += " (" + escaped(printed_name(X509_get_subject_name(certificate))) + ")";
  }
  return text;
}

Error denied(std::string detail) {
  return {ErrorCode::kDenied, "EK certificate", 0, std::move(detail)};
}

void set_rules(X509_STORE_CTX* context, WallTime at) {
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(rules, at.ms / 1000);
  X509_VERIFY_PARAM_set_depth(rules, kDepthMax);
  // EK certificates carry their own extended key usage (2.23.133.8.1) or none.
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY);
  // Strength is judged below: a level of OpenSSL's would refuse leaves with an RSAES-OAEP key.
  X509_VERIFY_PARAM_set_auth_level(rules, 0);
}

// Whether every signature below the anchor is of a strength that can be relied on.
Result<void> check_strength(X509_STORE_CTX* context) {
  STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i + 1 < sk_X509_num(chain); ++i) {
    X509* const certificate = sk_X509_value(chain, i);
    int bits = 0;
    if (X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) != 1 ||
        bits < kSignatureBitsMin) {
      return denied(describe(certificate, i) + ": signature algorithm too weak");
    }
  }
  return {};
}

}  // namespace

struct TrustedRoots::Store {
  X509StoreHandle handle;
};

TrustedRoots::TrustedRoots(const std::vector<Certificate>& certificates) {
  auto store = std::make_shared<Store>();
  store->handle.reset(X509_STORE_new());
  for (const Certificate& certificate : certificates) {
    // An intermediate in the store only helps to build the path: without X509_V_FLAG_PARTIAL_CHAIN
    // a path must end at a self-signed certificate of the store.
    if (!certificate.is_ca() || store->handle == nullptr ||
        X509_STORE_add_cert(store->handle.get(), certificate.handle()) != 1) {
      continue;
    }
    ++(certificate.is_self_signed() ? anchors_ : intermediates_);
  }
  store_ = std::move(store);
}

Result<void> TrustedRoots::check_ek_certificate(const Certificate& ek, WallTime at,
                                                const std::vector<Certificate>& sent) const {
  // Any answer but 0 is some way of being a CA, the old ways included.
  if (X509_check_ca(ek.handle()) != 0) {
    return denied(describe(ek.handle(), 0) + ": is a CA");
  }
  const BorrowedStack helpers(sk_X509_new_null());
  for (const Certificate& certificate : sent) {
    if (helpers && certificate.is_ca()) {
      sk_X509_push(helpers.get(), certificate.handle());
    }
  }
  const X509StoreCtx context(X509_STORE_CTX_new());
  if (!helpers || !context || store_->handle == nullptr ||
      X509_STORE_CTX_init(context.get(), store_->handle.get(), ek.handle(), helpers.get()) != 1) {
    return Error{ErrorCode::kCrypto, "EK certificate"};
  }
  set_rules(context.get(), at);
  if (X509_verify_cert(context.get()) != 1) {
    return denied(describe(X509_STORE_CTX_get_current_cert(context.get()),
                           X509_STORE_CTX_get_error_depth(context.get())) +
                  ": " + X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  return check_strength(context.get());
}

}  // namespace quotemill
