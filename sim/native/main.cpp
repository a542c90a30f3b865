// One executable per design: driven natively by `play ...` or `talk ...`, else by cocotb.
//
// Ends when standard input does, which whoever started it holds open: it outlives nobody.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#define main cocotb_main
#include COCOTB_MAIN
#undef main

#include "player.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using Waves = VerilatedFstC;
#elif VM_TRACE
#include "verilated_vcd_c.h"
using Waves = VerilatedVcdC;
#endif

namespace {
struct Model final : PlayedModel {
    Vtop top{""};
#if VM_TRACE
    // Every signal after every recorded half of a clock cycle, in units of those.
    Waves waves;
    uint64_t halves = 0;
    void record(const std::string& path) {
        top.trace(&waves, 99);
        waves.open(path.c_str());
        if (!waves.isOpen()) throw std::runtime_error(path + " cannot be written");
    }
    void eval() override {
        top.eval();
        if (recording && waves.isOpen()) waves.dump(halves);
        ++halves;
    }
#else
    void eval() override { top.eval(); }
#endif
    ~Model() override {
        top.final();
#if VM_TRACE
        waves.close();
#endif
    }
};

// Starts what is asked for before the model runs.
void prepare(Model& model, const std::vector<std::string>& arguments) {
#if VM_TRACE
    const std::string key = "waves=";
    for (const std::string& argument : arguments)
        if (argument.rfind(key, 0) == 0) model.record(argument.substr(key.size()));
#endif
}
}  // namespace

int main(int argc, char** argv) {
    std::thread([] {
        for (char byte; read(STDIN_FILENO, &byte, 1) > 0;) {
        }
        _exit(1);
    }).detach();
    const std::string how = argc < 2 ? "" : argv[1];
    if (how != "play" && how != "talk") return cocotb_main(argc, argv);
    Verilated::commandArgs(1, argv);
    Verilated::traceEverOn(VM_TRACE);
    auto model = std::make_unique<Model>();
    const std::vector<std::string> arguments(argv + 2, argv + argc);
    try {
        prepare(*model, arguments);
        (how == "play" ? play : talk)(*model, arguments);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}
