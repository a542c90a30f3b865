// LZ4 blocks, as far as Verilator's writer of FST asks for them: liblz4 has its header in no wheel.
//
// A greedy search with a table of the last place of every four bytes, by the format's description
// (lz4_Block_format.md of github.com/lz4/lz4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace lz4 {
constexpr int LEAST = 4, FAR = 65535, TAIL = 12, BITS = 14;  // a block's last TAIL bytes are no copy

inline void length(uint8_t*& to, int rest) {
    for (; rest >= 255; rest -= 255) *to++ = 255;
    *to++ = static_cast<uint8_t>(rest);
}

// Bytes as they are, then, if there is one, a copy of what is `back` bytes before.
inline void sequence(uint8_t*& to, const uint8_t* plain, int count, int back, int copied) {
    const int more = back ? copied - LEAST : 0;
    *to++ = static_cast<uint8_t>(std::min(count, 15) << 4 | std::min(more, 15));
    if (count >= 15) length(to, count - 15);
    std::memcpy(to, plain, count);
    to += count;
    if (!back) return;
    *to++ = static_cast<uint8_t>(back);
    *to++ = static_cast<uint8_t>(back >> 8);
    if (more >= 15) length(to, more - 15);
}
}  // namespace lz4

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

// `capacity` is at least LZ4_compressBound(size).
inline int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
    using namespace lz4;
    const uint8_t* const from = reinterpret_cast<const uint8_t*>(source);
    uint8_t* to = reinterpret_cast<uint8_t*>(target);
    std::vector<int> places(1 << BITS, -1);
    int plain = 0, at = 0;
    while (at < size - TAIL) {
        uint32_t four;
        std::memcpy(&four, from + at, LEAST);
        int& place = places[four * 2654435761u >> (32 - BITS)];
        const int before = place;
        place = at;
        if (before < 0 || at - before > FAR || std::memcmp(from + before, from + at, LEAST)) {
            ++at;
            continue;
        }
        int copied = LEAST;
        while (at + copied < size - 5 && from[before + copied] == from[at + copied]) ++copied;
        sequence(to, from + plain, at - plain, at - before, copied);
        plain = at += copied;
    }
    sequence(to, from + plain, size - plain, 0, 0);
    return static_cast<int>(to - reinterpret_cast<uint8_t*>(target));
}
