// zlib without compression, for Verilator's writer of FST, whose small tables it would compress: the
// writer keeps them as they are where this makes them no smaller. zlib has its header in no wheel.
#pragma once

using Bytef = unsigned char;
using uLong = unsigned long;
using uLongf = uLong;
constexpr int Z_OK = 0;

inline uLong compressBound(uLong size) { return size; }

// `size` bytes stay the size that compressBound gave: not smaller, so nobody reads the target.
inline int compress2(Bytef*, uLongf*, const Bytef*, uLong, int) { return Z_OK; }
