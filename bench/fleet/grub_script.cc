#include "bench/fleet/grub_script.h"

#include <array>
#include <utility>

namespace quotemill::bench {
namespace {

using Kind = GrubStep::Kind;

// The configuration as Debian generates it, executed down to the menu. '$' is the kernel's version.
constexpr std::array<std::pair<Kind, std::string_view>, 60> kSteps{{
    {Kind::kFile, "(hd0,gpt1)/EFI/debian/grub.cfg"},
    {Kind::kCommand, "grub_cmd: search.fs_label root root hd0,gpt2"},
    {Kind::kCommand, "grub_cmd: set prefix=(hd0,gpt2)/boot/grub"},
    {Kind::kCommand, "grub_cmd: configfile (hd0,gpt2)/boot/grub/grub.cfg"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/x86_64-efi/command.lst"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/x86_64-efi/fs.lst"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/x86_64-efi/crypto.lst"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/x86_64-efi/terminal.lst"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/grub.cfg"},
    {Kind::kCommand, "grub_cmd: [ -s (hd0,gpt2)/boot/grub/grubenv ]"},
    {Kind::kCommand, "grub_cmd: set have_grubenv=true"},
    {Kind::kCommand, "grub_cmd: load_env"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/grubenv"},
    {Kind::kCommand, "grub_cmd: [  ]"},
    {Kind::kCommand, "grub_cmd: set default=0"},
    {Kind::kCommand, "grub_cmd: [ xy = xy ]"},
    {Kind::kCommand, "grub_cmd: menuentry_id_option=--id"},
    {Kind::kCommand, "grub_cmd: export menuentry_id_option"},
    {Kind::kCommand, "grub_cmd: [  ]"},
    {Kind::kCommand, "grub_cmd: [ xy = xy ]"},
    {Kind::kCommand, "grub_cmd: font=unicode"},
    {Kind::kCommand, "grub_cmd: loadfont unicode"},
    {Kind::kFile, "(hd0,gpt2)/boot/grub/fonts/unicode.pf2"},
    {Kind::kCommand, "grub_cmd: set gfxmode=auto"},
    {Kind::kCommand, "grub_cmd: load_video"},
    {Kind::kCommand, "grub_cmd: [ xy = xy ]"},
    {Kind::kCommand, "grub_cmd: insmod all_video"},
    {Kind::kCommand, "grub_cmd: insmod gfxterm"},
    {Kind::kCommand, "grub_cmd: set locale_dir=(hd0,gpt2)/boot/grub/locale"},
    {Kind::kCommand, "grub_cmd: set lang=en_US"},
    {Kind::kCommand, "grub_cmd: insmod gettext"},
    {Kind::kCommand, "grub_cmd: terminal_output gfxterm"},
    {Kind::kCommand, "grub_cmd: [  = 1 ]"},
    {Kind::kCommand, "grub_cmd: [ xy = xy ]"},
    {Kind::kCommand, "grub_cmd: set timeout_style=menu"},
    {Kind::kCommand, "grub_cmd: set timeout=5"},
    {Kind::kCommand, "grub_cmd: set menu_color_normal=cyan/blue"},
    {Kind::kCommand, "grub_cmd: set menu_color_highlight=white/blue"},
    {Kind::kCommand, "grub_cmd: set gfxpayload=keep"},
    {Kind::kCommand, "grub_cmd: [ xefi = xpc ]"},
    {Kind::kCommand,
     "grub_cmd: menuentry Debian GNU/Linux --class debian --class gnu-linux "
     "--class gnu --class os {"},
    {Kind::kCommand, "grub_cmd: submenu Advanced options for Debian GNU/Linux {"},
    {Kind::kCommand, "grub_cmd: menuentry UEFI Firmware Settings --id uefi-firmware {"},
    {Kind::kCommand, "grub_cmd: [ -f (hd0,gpt2)/boot/grub/custom.cfg ]"},
    {Kind::kCommand, "grub_cmd: [ -z (hd0,gpt2)/boot/grub -a -f /custom.cfg ]"},
    {Kind::kCommand, "grub_cmd: setparams Debian GNU/Linux"},
    {Kind::kCommand, "grub_cmd: load_video"},
    {Kind::kCommand, "grub_cmd: insmod gzio"},
    {Kind::kCommand, "grub_cmd: [ xefi = xxen ]"},
    {Kind::kCommand, "grub_cmd: insmod part_gpt"},
    {Kind::kCommand, "grub_cmd: insmod ext2"},
    {Kind::kCommand, "grub_cmd: search --no-floppy --label --set=root root"},
    {Kind::kCommand, "grub_cmd: echo Loading Linux $ ..."},
    {Kind::kCommand, "grub_cmd: linux /boot/vmlinuz-$ root=LABEL=root ro quiet"},
    {Kind::kKernel, "/boot/vmlinuz-$"},
    {Kind::kCommand, "kernel_cmdline: /boot/vmlinuz-$ root=LABEL=root ro quiet"},
    {Kind::kCommand, "grub_cmd: echo Loading initial ramdisk ..."},
    {Kind::kCommand, "grub_cmd: initrd /boot/initrd.img-$"},
    {Kind::kFile, "/boot/initrd.img-$"},
    {Kind::kCommand, "grub_cmd: boot"},
}};

}  // namespace

std::vector<GrubStep> grub_script(std::string_view kernel_version) {
  std::vector<GrubStep> out;
  for (const auto& [kind, text] : kSteps) {
    std::string filled(text);
    if (const std::size_t at = filled.find('$'); at != std::string::npos) {
      filled.replace(at, 1, kernel_version);
    }
    out.push_back({kind, std::move(filled)});
  }
  return out;
}

}  // namespace quotemill::bench
