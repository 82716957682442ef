#!/bin/sh
# Installs the build to a folder of its own, then builds and runs the tiny project in consumer/ twice: with CMake's package,
# and with pkg-config.
# usage: installed_package.sh BUILD_FOLDER CONSUMER_FOLDER COMPILER
set -eu
build=$1 consumer=$2 compiler=$3
work=$build/tests/installed_package
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"

cmake -S "$consumer" -B "$work/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
cmake --build "$work/cmake" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/cmake/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name tenon.pc)")
export PKG_CONFIG_PATH
# Each flag is a word of its own; the prefix has no spaces, or the build above had failed.
"$compiler" -std=c++20 "$consumer/main.cpp" -o "$work/by_pkg_config" $(pkg-config --cflags --libs tenon)
"$work/by_pkg_config"

"$work/prefix/bin/tenon" --version
