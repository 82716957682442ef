#!/bin/sh
# What a cross build for AArch64 links with and runs on, in one folder that nothing else knows of:
#
#   FOLDER/root          Debian's arm64 packages, unpacked; FOLDER/packages says which were asked for
#   FOLDER/qemu-aarch64  the emulator
#
# The packages are fetched with apt in a state of its own (FOLDER/apt), so that neither the system's lists nor what is
# installed change: arm64 packages of development could not be installed beside the machine's own. The emulator is that of
# bookworm-backports: one older than 8.1 does not see code that is written through another mapping than it is run from.
#
# usage: make_aarch64_sysroot.sh FOLDER
set -eu
folder=$1
backports="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main"
packages="libstdc++-12-dev libgtest-dev libboost-dev libboost-context-dev libssl-dev libnghttp2-dev libsqlite3-dev libllvm19
  libcli11-dev nlohmann-json3-dev libtomlplusplus-dev"

say() { printf '%s\n' "make_aarch64_sysroot: $*" >&2; }

# apt_state NAME ARCHITECTURE: a configuration of apt in which nothing is installed.
apt_state() {
  state=$folder/apt/$1
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  cat >"$state/apt.conf" <<CONF
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "";
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Log "$state";
CONF
  export APT_CONFIG="$state/apt.conf"
}

make_root() {
  rm -rf "$folder/root"
  apt_state libraries arm64
  apt-get update -q
  apt-get install -q -y --download-only --no-install-recommends $packages
  mkdir -p "$folder/root.new"
  for package in "$state"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root.new"; done
  # Links from the root on would lead out of the folder.
  find "$folder/root.new" -type l -lname '/*' | while read -r link; do
    ln -sfn --relative "$folder/root.new$(readlink "$link")" "$link"
  done
  mv "$folder/root.new" "$folder/root"
  echo "$packages" >"$folder/packages"
}

make_emulator() {
  apt_state emulator amd64
  printf 'Dir::Etc::sourcelist "%s/sources.list";\nDir::Etc::sourceparts "-";\n' "$state" >>"$state/apt.conf"
  echo "$backports" >"$state/sources.list"
  apt-get update -q
  (cd "$state" && apt-get download -q qemu-user)
  dpkg-deb --fsys-tarfile "$state"/qemu-user_*.deb | tar -xO ./usr/bin/qemu-aarch64 >"$folder/qemu-aarch64.new"
  chmod +x "$folder/qemu-aarch64.new"
  mv "$folder/qemu-aarch64.new" "$folder/qemu-aarch64"
}

for tool in apt-get dpkg-deb tar; do command -v "$tool" >/dev/null || { say "$tool is needed"; exit 1; }; done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[ "$(cat "$folder/packages" 2>/dev/null)" = "$packages" ] || make_root
[ -x "$folder/qemu-aarch64" ] || make_emulator
rm -rf "$folder/apt"
