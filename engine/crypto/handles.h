// Scoped OpenSSL handles: the only place that names their free functions.
#pragma once

#include <memory>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace quotemill {

template <auto kFree>
struct OpensslFree {
  template <class T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

using EvpPkey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using EvpPkeyCtx = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;
using EvpMdCtx = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using EvpMd = std::unique_ptr<EVP_MD, OpensslFree<EVP_MD_free>>;
using EvpCipher = std::unique_ptr<EVP_CIPHER, OpensslFree<EVP_CIPHER_free>>;
using EvpCipherCtx = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using EvpMac = std::unique_ptr<EVP_MAC, OpensslFree<EVP_MAC_free>>;
using EvpMacCtx = std::unique_ptr<EVP_MAC_CTX, OpensslFree<EVP_MAC_CTX_free>>;
using Bignum = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using OsslParamBuild = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using OsslParams = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;
using X509Handle = std::unique_ptr<X509, OpensslFree<X509_free>>;
using X509StoreHandle = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using X509StoreCtx = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, OpensslFree<BIO_free>>;

}  // namespace quotemill
