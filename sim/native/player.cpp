// Plays one stream request on a Verilated model: beats in, beats out, stages tapped, toggles counted.
//
// Arguments are `key=value`; a PATH is `scope/name`, files lie in the working directory:
//   clock=PATH reset=PATH
//   source=PATH expect=N         the input stream; how many beats the output stream shall give
//   sink=PATH linger=N           the output stream; cycles to go on after the last expected beat
//   patience=N                   cycles without a transfer at either end that mean a deadlock
//   edges=N                      of the clock in reset
//   high=PATH                    a port that is 1 all the time (repeatable)
//   seed=N source_stall=P sink_stall=P    chance of a stalled cycle in 1/256
//   tap=PATH                     a stream inside the design to record (repeatable)
//   toggle=PATH                  a signal whose bit changes are counted (repeatable)
//   from=N until=N               waves are recorded once N beats were sent, until N are received
//   progress=N                   print the number of beats received every N of them; 0 for never
// Read: beats.bin (ceil(width / 8) bytes a beat). Written: sent.cycles, received.bin,
// received.cycles, tap<k>.bin, tap<k>.cycles, toggles.bin (cycles and counts are uint64).
#include "player.h"

#include <cstring>
#include <iostream>

#include "arguments.h"
#include "signals.h"

namespace {

// Streams of the top are in the scope TOP, which says nothing in a message.
Watched watched(const std::string& path) {
    return {path.rfind("TOP/", 0) == 0 ? path.substr(4) : path, at<Stream>(path), {}, {}, {}};
}

class Player {
    PlayedModel& m_model;
    const uint64_t m_expect, m_linger, m_patience, m_edges, m_source_stall, m_sink_stall, m_progress;
    const uint64_t m_from, m_until;
    Chance m_chance;
    Wire m_clock, m_reset;
    Stream m_source;
    Watched m_sink;
    std::vector<Watched> m_taps;
    std::vector<Toggle> m_toggles;
    const std::vector<uint8_t> m_beats;
    const size_t m_total;
    std::vector<uint64_t> m_sent;
    uint64_t m_cycle = 0, m_quiet = 0;
    bool m_taken = false;

public:
    Player(PlayedModel& model, const Arguments& arguments)
        : m_model(model)
        , m_expect(arguments.number("expect"))
        , m_linger(arguments.number("linger"))
        , m_patience(arguments.number("patience"))
        , m_edges(arguments.number("edges"))
        , m_source_stall(arguments.number("source_stall"))
        , m_sink_stall(arguments.number("sink_stall"))
        , m_progress(arguments.number("progress"))
        , m_from(arguments.number("from"))
        , m_until(arguments.number("until"))
        , m_chance(arguments.number("seed"))
        , m_clock(at<Wire>(arguments.text("clock")))
        , m_reset(at<Wire>(arguments.text("reset")))
        , m_source(at<Stream>(arguments.text("source")))
        , m_sink(watched(arguments.text("sink")))
        , m_beats(load("beats.bin"))
        , m_total(m_beats.size() / m_source.payload.bytes) {
        for (const std::string& path : arguments.all("high"))
            at<Wire>(path).set(true);
        for (const std::string& path : arguments.all("tap"))
            m_taps.push_back(watched(path));
        for (const std::string& path : arguments.all("toggle"))
            m_toggles.push_back({at<Wire>(path), {}});
    }

    void run() {
        record();
        reset();
        for (uint64_t after = 0; after <= m_linger; ++m_cycle) {
            record();
            drive();
            m_clock.set(false);
            m_model.eval();
            sample();
            m_clock.set(true);
            m_model.eval();
            if (m_sink.cycles.size() >= m_expect) ++after;
        }
    }

    void write() const {
        save("sent.cycles", m_sent);
        save("received.bin", m_sink.beats);
        save("received.cycles", m_sink.cycles);
        for (size_t k = 0; k < m_taps.size(); ++k) {
            save("tap" + std::to_string(k) + ".bin", m_taps[k].beats);
            save("tap" + std::to_string(k) + ".cycles", m_taps[k].cycles);
        }
        std::vector<uint64_t> toggles;
        for (const Toggle& toggle : m_toggles) toggles.push_back(toggle.count);
        save("toggles.bin", toggles);
    }

private:
    void record() {
        m_model.recording = m_sent.size() >= m_from && m_sink.cycles.size() < m_until;
    }

    void reset() {
        m_source.valid.set(false);
        m_sink.stream.ready.set(false);
        m_reset.set(true);
        for (uint64_t edge = 0; edge < m_edges; ++edge) {
            m_clock.set(false);
            m_model.eval();
            m_clock.set(true);
            m_model.eval();
        }
        m_reset.set(false);
    }

    // Called right after a clock edge: what stays on offer is not touched.
    void drive() {
        if (m_taken) m_source.valid.set(false);
        const bool offer = !m_chance.happens(m_source_stall);
        if (offer && !m_source.valid.high() && m_sent.size() < m_total) {
            const size_t bytes = m_source.payload.bytes;
            std::memcpy(m_source.payload.data, &m_beats[m_sent.size() * bytes], bytes);
            m_source.valid.set(true);
        }
        m_sink.stream.ready.set(!m_chance.happens(m_sink_stall));
    }

    // Called right before a clock edge, everything settled.
    void sample() {
        for (Toggle& toggle : m_toggles) toggle.sample();
        for (Watched& tap : m_taps) tap.sample(m_cycle);
        m_sink.sample(m_cycle);
        const bool gave = m_sink.stream.transfers();
        m_taken = m_source.transfers();
        if (m_taken) m_sent.push_back(m_cycle);
        if (gave && m_progress && m_sink.cycles.size() % m_progress == 0)
            std::cout << m_sink.cycles.size() << std::endl;
        m_quiet = m_taken || gave ? 0 : m_quiet + 1;
        if (m_quiet > m_patience && m_sink.cycles.size() < m_expect) give_up();
    }

    [[noreturn]] void give_up() const {
        std::string state = "no beat moved for " + std::to_string(m_patience) + " cycles, cycle "
                            + std::to_string(m_cycle) + ": " + std::to_string(m_sent.size()) + " of "
                            + std::to_string(m_total) + " beats sent (" + m_source.state() + "), "
                            + std::to_string(m_sink.cycles.size()) + " of "
                            + std::to_string(m_expect) + " received (" + m_sink.stream.state() + ")";
        for (const Watched& tap : m_taps) state += "; " + tap.name + " " + tap.stream.state();
        throw std::runtime_error(state);
    }
};

}  // namespace

void play(PlayedModel& model, const std::vector<std::string>& arguments) {
    Player player{model, Arguments(arguments)};
    player.run();
    player.write();
}
