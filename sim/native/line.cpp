// Talks to a board over its serial line (8N1), whose bits last whole clock cycles.
//
// Arguments are `key=value`; a PATH is `scope/name`, files lie in the working directory:
//   clock=PATH rx=PATH tx=PATH   the board's pins
//   divisor=N                    cycles of a bit
//   edges=N                      cycles before the first byte
//   expect=N                     bytes that the board shall send
//   high=PATH                    a port that is 1 all the time (repeatable)
//   patience=N                   cycles without a byte, either way, that mean it sends no more
// Read: line.bin, records of three uint32 and bytes: how many bytes to have received before, cycles
// of silence then, how many bytes follow. Written: received.bin.
#include <cstring>

#include "arguments.h"
#include "player.h"
#include "signals.h"

namespace {

class Line {
    PlayedModel& m_model;
    const uint64_t m_divisor, m_edges, m_expect, m_patience;
    Wire m_clock, m_rx, m_tx;
    const std::vector<uint8_t> m_records;
    std::vector<uint8_t> m_received;
    uint64_t m_quiet = 0, m_wait = 0, m_cycle = 0;
    int m_bit = -1;  // of the byte that is being received; -1 between bytes
    uint8_t m_byte = 0;

public:
    Line(PlayedModel& model, const Arguments& arguments)
        : m_model(model)
        , m_divisor(arguments.number("divisor"))
        , m_edges(arguments.number("edges"))
        , m_expect(arguments.number("expect"))
        , m_patience(arguments.number("patience"))
        , m_clock(at<Wire>(arguments.text("clock")))
        , m_rx(at<Wire>(arguments.text("rx")))
        , m_tx(at<Wire>(arguments.text("tx")))
        , m_records(load("line.bin")) {
        for (const std::string& path : arguments.all("high"))
            at<Wire>(path).set(true);
    }

    void run() {
        m_rx.set(true);
        // What the line does before reset is over is no byte.
        for (uint64_t k = 0; k < m_edges; ++k) edge();
        for (size_t at = 0; at < m_records.size();) {
            uint32_t head[3];
            std::memcpy(head, &m_records[at], sizeof head);
            at += sizeof head;
            wait_for(head[0]);
            for (uint32_t k = 0; k < head[1]; ++k) tick();
            for (uint32_t k = 0; k < head[2]; ++k) send(m_records[at++]);
            m_quiet = 0;
        }
        wait_for(m_expect);
        for (m_quiet = 0; m_quiet <= m_patience;) tick();  // a surplus byte is seen
        save("received.bin", m_received);
    }

private:
    void edge() {
        m_clock.set(false);
        m_model.eval();
        m_clock.set(true);
        m_model.eval();
        ++m_cycle;
    }

    void tick() {
        edge();
        ++m_quiet;
        if (m_bit < 0) {
            if (m_tx.high()) return;
            m_bit = 0, m_byte = 0, m_wait = m_divisor + m_divisor / 2;
        }
        if (--m_wait) return;
        m_wait = m_divisor;
        if (m_bit < 8) {
            m_byte |= m_tx.high() << m_bit++;
            return;
        }
        if (!m_tx.high())
            throw std::runtime_error("no stop bit behind byte "
                                     + std::to_string(m_received.size()));
        m_received.push_back(m_byte);
        m_bit = -1, m_quiet = 0;
    }

    void send(uint8_t byte) {
        const unsigned bits = byte << 1 | 0x200;
        for (int bit = 0; bit < 10; ++bit) {
            m_rx.set(bits >> bit & 1);
            for (uint64_t k = 0; k < m_divisor; ++k) tick();
        }
    }

    void wait_for(uint64_t bytes) {
        for (m_quiet = 0; m_received.size() < bytes;) {
            tick();
            if (m_quiet > m_patience)
                throw std::runtime_error(
                    "the board sent " + std::to_string(m_received.size()) + " bytes of "
                    + std::to_string(bytes) + ", then nothing for " + std::to_string(m_patience)
                    + " cycles, cycle " + std::to_string(m_cycle));
        }
    }
};

}  // namespace

void talk(PlayedModel& model, const std::vector<std::string>& arguments) {
    Line line{model, Arguments(arguments)};
    line.run();
}
