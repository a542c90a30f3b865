// What a run is given and leaves: arguments `key=value`, and files in the working directory.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

class Arguments {
    std::multimap<std::string, std::string> m_values;

public:
    explicit Arguments(const std::vector<std::string>& arguments) {
        for (const std::string& argument : arguments) {
            const size_t equals = argument.find('=');
            m_values.emplace(argument.substr(0, equals), argument.substr(equals + 1));
        }
    }
    std::string text(const std::string& key) const {
        const auto found = m_values.find(key);
        if (found == m_values.end()) throw std::runtime_error("no argument " + key);
        return found->second;
    }
    uint64_t number(const std::string& key) const { return std::stoull(text(key)); }
    std::vector<std::string> all(const std::string& key) const {
        std::vector<std::string> found;
        for (auto range = m_values.equal_range(key); range.first != range.second; ++range.first)
            found.push_back(range.first->second);
        return found;
    }
};

template <typename Item>
void save(const std::string& path, const std::vector<Item>& items) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(items.data()), items.size() * sizeof(Item));
    file.close();
    if (!file) throw std::runtime_error(path + " cannot be written");
}

inline std::vector<uint8_t> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
