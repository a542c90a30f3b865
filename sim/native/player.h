// Plays requests on a Verilated model; knows no design, only names of public signals.
#pragma once

#include <string>
#include <vector>

// The model behind two calls, so that this file is compiled once for all designs.
struct PlayedModel {
    virtual ~PlayedModel() = default;
    virtual void eval() = 0;
    bool recording = true;  // the waves, in a model that has them
};

// Arguments are `key=value`, see player.cpp. Throws std::exception with a sentence.
void play(PlayedModel& model, const std::vector<std::string>& arguments);

// Likewise, see line.cpp: bytes over a serial line instead of streams.
void talk(PlayedModel& model, const std::vector<std::string>& arguments);
