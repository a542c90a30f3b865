// One executable per design, two ways to drive it: `play ...` natively, anything else by cocotb.
//
// Ends when standard input does, which whoever started it holds open: it outlives nobody.
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#define main cocotb_main
#include COCOTB_MAIN
#undef main

#include "player.h"

namespace {
struct Model final : PlayedModel {
    Vtop top{""};
    void eval() override { top.eval(); }
    ~Model() override { top.final(); }
};
}  // namespace

int main(int argc, char** argv) {
    std::thread([] {
        for (char byte; read(STDIN_FILENO, &byte, 1) > 0;) {
        }
        _exit(1);
    }).detach();
    if (argc < 2 || std::string(argv[1]) != "play") return cocotb_main(argc, argv);
    Verilated::commandArgs(1, argv);
    auto model = std::make_unique<Model>();
    return play(*model, std::vector<std::string>(argv + 2, argv + argc));
}
