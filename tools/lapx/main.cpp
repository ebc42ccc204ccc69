#include <exception>
#include <iostream>

#include "keys/init.hpp"
#include "tools/lapx/app.hpp"

int main(int argc, char** argv) {
    try {
        if (const auto ready = lapx::keys::initialize(); !ready) {
            std::cerr << "lapx: error: " << ready.error().context << "\n";
            return 1;
        }
        lapx::keys::protect_process();
        lapx::cli::Environment environment = lapx::cli::process_environment();
        return static_cast<int>(lapx::cli::run({argv + 1, argv + argc}, environment));
    } catch (const std::exception& error) {
        std::cerr << "lapx: error: " << error.what() << "\n";
        return 1;
    }
}
