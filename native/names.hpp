// Enumerations whose names are known when the program runs: Python names a layer, a loss or an optimizer as this code does, and no number
// has to be the same in two languages. The list of an enumeration is written once, as a macro that takes what to make of each name.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#define GLASSNET_ENUMERATOR(name) name,
#define GLASSNET_NAME(name) #name,

// Declares the enumeration, and names(Enum{}), its names in the order of its values.
#define GLASSNET_ENUM(Enum, LIST)                                               \
    enum class Enum { LIST(GLASSNET_ENUMERATOR) };                              \
    inline const std::vector<std::string>& names(Enum) {                        \
        static const std::vector<std::string> all{LIST(GLASSNET_NAME)};         \
        return all;                                                             \
    }

namespace glassnet {

// The enumerator of that name; `file` is where the list stands, for who forgot to add to it.
template <class Enum>
Enum named(const std::string& name, const char* what, const char* file) {
    const std::vector<std::string>& all = names(Enum{});
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] == name) return static_cast<Enum>(i);
    throw std::invalid_argument(std::string(file) + " lists no " + what + " named '" + name + "'");
}

// After a switch that returns for every enumerator. The compiler refuses one that leaves an enumerator out (-Werror=switch).
[[noreturn]] inline void no_such_enumerator() { throw std::logic_error("a value that its enumeration does not have, a mistake in glassnet"); }

}  // namespace glassnet
