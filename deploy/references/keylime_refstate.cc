// Keylime's measured boot reference state, as its example policy has it
// (keylime/mba/elchecking/example.py, scripts/create_mb_refstate):
//
//   {"has_secureboot": true,
//    "scrtm_and_bios": [{"scrtm": {"sha256": ["0x…"]}, "platform_firmware": [{"sha256": "0x…"}]}],
//    "pk": […], "kek": […], "db": […], "dbx": […], "mokdig": [{"sha256": "0x…"}], "mokxdig": […],
//    "kernels": [{"shim_authcode_sha256": "0x…", "grub_authcode_sha256": "0x…",
//                 "kernel_authcode_sha256": "0x…", "initrd_plain_sha256": "0x…",
//                 "kernel_cmdline": "<regex>"}]}
#include <array>

#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"

namespace quotemill::references {
namespace {

constexpr std::uint32_t kFirmwarePcr = 0;
constexpr std::uint32_t kApplicationsPcr = 4;
constexpr std::uint32_t kFilesPcr = 9;
constexpr std::uint32_t kMokPcr = 14;

struct KernelMember {
  const char* name;
  const char* what;
  std::uint32_t pcr;
};

constexpr std::array kKernelMembers = {
    KernelMember{"shim_authcode_sha256", "shim", kApplicationsPcr},
    KernelMember{"grub_authcode_sha256", "grub", kApplicationsPcr},
    KernelMember{"kernel_authcode_sha256", "kernel", kApplicationsPcr},
    KernelMember{"kernel_plain_sha256", "kernel", kFilesPcr},
    KernelMember{"initrd_plain_sha256", "initrd", kFilesPcr}};

class Refstate {
 public:
  explicit Refstate(ReferenceCollector& out) : out_(out) {}

  Result<void> add(const Json& text, const std::string& at, const char* what, std::uint32_t pcr) {
    const std::optional<Digest> digest = digest_in(text);
    if (!digest) {
      return wrong_at(at, "is no digest of a known size");
    }
    ReferenceValue value;
    value.digest = *digest;
    value.kind = ReferenceKind::kEvent;
    value.pcr = pcr;
    value.name = what;
    return add_at(out_, std::move(value), at);
  }

  // {"sha256": "0x…"} or {"sha256": ["0x…", …]}, of any algorithms.
  Result<void> add_by_algorithm(const Json& digests, const std::string& at, const char* what,
                                std::uint32_t pcr) {
    if (!digests.is_object()) {
      return wrong_at(at, "is no object of digests by algorithm");
    }
    for (const auto& [algorithm, values] : digests.items()) {
      const std::string place = at + pointer_step(algorithm);
      if (!hash_algorithm_named(algorithm)) {
        return wrong_at(place, "is no algorithm that is known here");
      }
      Result<void> added =
          values.is_array() ? add_list(values, place, what, pcr) : add(values, place, what, pcr);
      if (!added) {
        return added;
      }
    }
    return {};
  }

  // A list of objects as above.
  Result<void> add_each(const Json& file, const char* name, const char* what, std::uint32_t pcr) {
    const Json* const list = member(file, name);
    if (list == nullptr) {
      return {};
    }
    return for_each(*list, pointer_step(name), [&](const Json& item, const std::string& at) {
      return add_by_algorithm(item, at, what, pcr);
    });
  }

  template <class Visit>
  static Result<void> for_each(const Json& list, const std::string& at, Visit visit) {
    if (!list.is_array()) {
      return wrong_at(at, "is no list");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (Result<void> done = visit(list[i], at + pointer_step(i)); !done) {
        return done;
      }
    }
    return {};
  }

  Result<void> add_firmware(const Json& item, const std::string& at) {
    if (!item.is_object()) {
      return wrong_at(at, "is no object");
    }
    if (const Json* const scrtm = member(item, "scrtm")) {
      if (Result<void> added = add_by_algorithm(*scrtm, at + "/scrtm", "S-CRTM", kFirmwarePcr);
          !added) {
        return added;
      }
    }
    const Json* const blobs = member(item, "platform_firmware");
    return blobs == nullptr
               ? Result<void>()
               : for_each(*blobs, at + "/platform_firmware",
                          [this](const Json& blob, const std::string& place) {
                            return add_by_algorithm(blob, place, "platform firmware", kFirmwarePcr);
                          });
  }

  Result<void> add_kernel(const Json& item, const std::string& at) {
    if (!item.is_object()) {
      return wrong_at(at, "is no object");
    }
    for (const KernelMember& known : kKernelMembers) {
      const Json* const digest = member(item, known.name);
      if (digest == nullptr) {
        continue;
      }
      if (Result<void> added = add(*digest, at + pointer_step(known.name), known.what, known.pcr);
          !added) {
        return added;
      }
    }
    return {};
  }

 private:
  Result<void> add_list(const Json& list, const std::string& at, const char* what,
                        std::uint32_t pcr) {
    return for_each(list, at, [&](const Json& text, const std::string& place) {
      return add(text, place, what, pcr);
    });
  }

  ReferenceCollector& out_;
};

void note_left_out(const Json& file, LeftOut& left_out) {
  if (member(file, "has_secureboot") != nullptr) {
    left_out.emplace_back("/has_secureboot: the policy's [secure_boot] says it");
  }
  for (const char* const name : {"pk", "kek", "db", "dbx", "vendor_db"}) {
    const Json* const keys = member(file, name);
    if (keys != nullptr && !keys->empty()) {
      left_out.push_back("/" + std::string(name) + ": keys are the policy's to name, not digests");
    }
  }
  const Json* const kernels = member(file, "kernels");
  for (std::size_t i = 0; kernels != nullptr && i < kernels->size(); ++i) {
    const Json& kernel = (*kernels)[i];
    if (kernel.is_object() && member(kernel, "kernel_cmdline") != nullptr) {
      left_out.push_back("/kernels/" + std::to_string(i) +
                         "/kernel_cmdline: the policy's [cmdline] says it");
    }
  }
}

}  // namespace

Result<void> read_keylime_refstate(const Json& file, ReferenceCollector& out, LeftOut& left_out) {
  Refstate refstate(out);
  if (const Json* const firmware = member(file, "scrtm_and_bios")) {
    if (Result<void> added = Refstate::for_each(*firmware, "/scrtm_and_bios",
                                                [&](const Json& item, const std::string& at) {
                                                  return refstate.add_firmware(item, at);
                                                });
        !added) {
      return added;
    }
  }
  if (const Json* const kernels = member(file, "kernels")) {
    if (Result<void> added = Refstate::for_each(
            *kernels, "/kernels",
            [&](const Json& item, const std::string& at) { return refstate.add_kernel(item, at); });
        !added) {
      return added;
    }
  }
  for (const char* const name : {"mokdig", "mokxdig"}) {
    if (Result<void> added = refstate.add_each(file, name, name, kMokPcr); !added) {
      return added;
    }
  }
  note_left_out(file, left_out);
  return {};
}

}  // namespace quotemill::references
