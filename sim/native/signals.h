// Public signals of a Verilated model by name: wires, streams, and what is recorded of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "verilated.h"
#include "verilated_sym_props.h"
#include "verilated_syms.h"

struct Wire {
    uint8_t* data;  // little-endian, as Verilator keeps it; bits above the width are 0
    size_t bytes;

    Wire(const std::string& scope, const std::string& name) {
        const VerilatedScope* const found = Verilated::threadContextp()->scopeFind(scope.c_str());
        const VerilatedVar* const var = found ? found->varFind(name.c_str()) : nullptr;
        if (!var) throw std::runtime_error("no public signal " + name + " in " + scope);
        data = static_cast<uint8_t*>(var->datap());
        bytes = (var->entBits() + 7) / 8;
    }
    bool high() const { return *data != 0; }
    void set(bool value) { *data = value; }
    std::vector<uint8_t> value() const { return {data, data + bytes}; }
};

struct Stream {
    Wire payload, valid, ready;

    Stream(const std::string& scope, const std::string& prefix)
        : payload(scope, prefix + "__payload")
        , valid(scope, prefix + "__valid")
        , ready(scope, prefix + "__ready") {}
    bool transfers() const { return valid.high() && ready.high(); }
    std::string state() const {
        return "valid " + std::to_string(valid.high()) + ", ready " + std::to_string(ready.high());
    }
};

// A stream inside or at the edge of the design: its beats, and the rule every stream obeys.
struct Watched {
    std::string name;
    Stream stream;
    std::vector<uint8_t> beats;
    std::vector<uint64_t> cycles;
    std::vector<uint8_t> offered;  // on offer and not taken in the cycle before

    void sample(uint64_t cycle) {
        if (!offered.empty() && !stream.valid.high()) broken(cycle, "valid fell");
        if (!offered.empty() && stream.payload.value() != offered) broken(cycle, "payload changed");
        offered.clear();
        if (stream.transfers()) {
            beats.insert(beats.end(), stream.payload.data,
                         stream.payload.data + stream.payload.bytes);
            cycles.push_back(cycle);
        } else if (stream.valid.high()) {
            offered = stream.payload.value();
        }
    }

private:
    void broken(uint64_t cycle, const std::string& what) const {
        throw std::runtime_error("stream " + name + ": " + what + " before the beat was taken, cycle "
                                 + std::to_string(cycle));
    }
};

// Bit changes of a signal between clock edges, after it has settled.
struct Toggle {
    Wire wire;
    std::vector<uint8_t> last;
    uint64_t count = 0;

    void sample() {
        if (last.empty()) last = wire.value();
        for (size_t at = 0; at < wire.bytes; at += 8) {
            uint64_t before = 0, now = 0;
            const size_t size = std::min<size_t>(8, wire.bytes - at);
            std::memcpy(&before, &last[at], size);
            std::memcpy(&now, &wire.data[at], size);
            count += __builtin_popcountll(before ^ now);
            std::memcpy(&last[at], &now, size);
        }
    }
};

// A stalled cycle with a chance of `stall` in 256, by xorshift64*.
struct Chance {
    uint64_t state;

    explicit Chance(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15ull + 1) {}
    bool happens(uint64_t stall) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return ((state * 0x2545F4914F6CDD1Dull) >> 56) < stall;
    }
};

// The wire or stream of a path `scope/name`.
template <typename Signal>
Signal at(const std::string& path) {
    const size_t slash = path.rfind('/');
    return Signal(path.substr(0, slash), path.substr(slash + 1));
}
