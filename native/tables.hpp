// Tables of rows with a name each: Python names a layer, a loss or an optimizer as its row here
// does.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace glassnet {

// `what` is no std::string, which would be made for each row and index that is checked.
inline void require(bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(what);
}

template <class Table>
std::vector<std::string> names_of(const Table& table) {
    std::vector<std::string> names;
    for (const auto& row : table) names.push_back(row.name);
    return names;
}

// The row of that name; `file` is where the table is, for whoever forgot to add a row to it.
template <class Table>
const auto& row_named(const Table& table, const std::string& name, const char* what,
                      const char* file) {
    for (const auto& row : table)
        if (name == row.name) return row;
    throw std::invalid_argument(std::string(file) + " lists no " + what + " named '" + name + "'");
}

}  // namespace glassnet
